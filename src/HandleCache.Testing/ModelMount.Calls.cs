using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Testing;

/// <summary>
/// The usual system calls. Paths are relative to the root of the mount, "" is the root; a result
/// has the errno, 0 for success. Each ends with a
/// <see cref="Server.Driving.RuleBrokenException"/> where the server breaks a rule.
/// </summary>
public sealed partial class ModelMount
{
    /// <summary>statx(2) of a path, of a link itself; what is cached is taken.</summary>
    public VfsResult Stat(string path) => Run(new VfsCall(VfsCallKind.Stat)
    {
        Path = path,
        Flags = AtFlags.SymlinkNoFollow,
        Mode = StatxMask.BasicStats,
    });

    /// <summary>statx(2) of an open file; the server is asked whatever is cached.</summary>
    public VfsResult StatOpen(int slot) => Run(new VfsCall(VfsCallKind.FStat)
    {
        Slot = slot,
        Flags = AtFlags.StatxForceSync,
        Mode = StatxMask.BasicStats,
    });

    /// <summary>mkdir(2), mode 0755.</summary>
    public VfsResult CreateDirectory(string path) => Run(new VfsCall(VfsCallKind.MkDir)
    {
        Path = path,
        Mode = FileModes.Octal755,
    });

    /// <summary>mknod(2) of a regular file, mode 0644.</summary>
    public VfsResult CreateFile(string path) => Run(new VfsCall(VfsCallKind.MkNod)
    {
        Path = path,
        Mode = FileModes.Regular644,
    });

    /// <summary>symlink(2).</summary>
    public VfsResult CreateSymbolicLink(string path, string target) => Run(
        new VfsCall(VfsCallKind.Symlink) { Path = path, Path2 = target });

    /// <summary>link(2): another name of a file.</summary>
    public VfsResult CreateHardLink(string path, string newPath) => Run(
        new VfsCall(VfsCallKind.Link) { Path = path, Path2 = newPath });

    /// <summary>readlink(2); the target in <see cref="VfsResult.Data"/>, hex.</summary>
    public VfsResult ReadSymbolicLink(string path) => Run(
        new VfsCall(VfsCallKind.ReadLink) { Path = path });

    /// <summary>unlink(2).</summary>
    public VfsResult DeleteFile(string path) => Run(
        new VfsCall(VfsCallKind.Unlink) { Path = path });

    /// <summary>rmdir(2).</summary>
    public VfsResult DeleteDirectory(string path) => Run(
        new VfsCall(VfsCallKind.RmDir) { Path = path });

    /// <summary>renameat2(2).</summary>
    /// <param name="path">Of what is moved.</param>
    /// <param name="newPath">To where.</param>
    /// <param name="flags">RENAME_ flags.</param>
    public VfsResult Move(string path, string newPath, int flags = 0) => Run(
        new VfsCall(VfsCallKind.Rename) { Path = path, Path2 = newPath, Flags = flags });

    /// <summary>open(2) into a slot, closing what was there.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="slot">0 to <see cref="ModelKernel.FileSlots"/> - 1.</param>
    /// <param name="flags">O_ flags; O_CREAT makes a file of mode 0644.</param>
    public VfsResult Open(string path, int slot, int flags = OpenFlags.ReadOnly) => Run(
        new VfsCall(VfsCallKind.Open)
        {
            Path = path,
            Slot = slot,
            Flags = flags,
            Mode = FileModes.Regular644 & FileModes.PermissionMask,
        });

    /// <summary>close(2).</summary>
    public VfsResult Close(int slot) => Run(new VfsCall(VfsCallKind.Close) { Slot = slot });

    /// <summary>pread(2); how many bytes, in <see cref="VfsResult.Value"/>.</summary>
    public VfsResult Read(int slot, int sizeBytes, long offset) => Run(
        new VfsCall(VfsCallKind.Read) { Slot = slot, Size = sizeBytes, Offset = offset });

    /// <summary>pwrite(2) of <see cref="ModelKernel.Pattern"/>.</summary>
    public VfsResult Write(int slot, int sizeBytes, long offset) => Run(
        new VfsCall(VfsCallKind.Write) { Slot = slot, Size = sizeBytes, Offset = offset });

    /// <summary>
    /// getdents64(2) of an open directory to its end; "name ino type" in
    /// <see cref="VfsResult.Names"/>.
    /// </summary>
    public VfsResult ReadDirectory(int slot) => Run(
        new VfsCall(VfsCallKind.ReadDir) { Slot = slot, Size = 1 << 15 });

    /// <summary>truncate(2).</summary>
    public VfsResult Truncate(string path, int sizeBytes) => Run(
        new VfsCall(VfsCallKind.Truncate) { Path = path, Size = sizeBytes });

    /// <summary>chmod(2).</summary>
    public VfsResult ChangeMode(string path, uint mode) => Run(
        new VfsCall(VfsCallKind.ChMod) { Path = path, Mode = mode });

    /// <summary>name_to_handle_at(2) into a handle slot.</summary>
    public VfsResult NameToHandle(string path, int handleSlot) => Run(
        new VfsCall(VfsCallKind.NameToHandle) { Path = path, Slot = handleSlot });
}
