using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Makes a script's calls as real system calls below a root directory.</summary>
public sealed partial class ScriptClient : IDisposable
{
    private readonly FileDescriptor _root;
    private readonly FileDescriptor?[] _files = new FileDescriptor?[ModelKernel.FileSlots];
    private readonly FileHandleBuffer?[] _handles = new FileHandleBuffer?[ModelKernel.HandleSlots];
    private readonly byte[] _buffer = new byte[1 << 16];

    /// <param name="root">The mount's root, opened with O_PATH so that nobody is asked.</param>
    public ScriptClient(string root)
    {
        ArgumentNullException.ThrowIfNull(root);

        // The modelled kernel's caller has none; what a umask takes away is the caller's affair.
        Credentials.Umask(0);
        _root = Files.Open(root, OpenFlags.Path | OpenFlags.Directory);
    }

    /// <exception cref="BadInputException">A call that is the server's to make.</exception>
    public VfsResult Run(VfsCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Uid == 0)
            return RunAsCaller(call);
        using FileSystemIdentity caller = FileSystemIdentity.Assume(call.Uid, call.Uid, []);
        return RunAsCaller(call);
    }

    private VfsResult RunAsCaller(VfsCall call) =>
        call.Kind switch
        {
            VfsCallKind.Stat => Stat(_root, Name(call.Path), call.Flags, call.Mode),
            VfsCallKind.StatAt => OnFile(
                call, fd => Stat(fd, Name(call.Path), call.Flags, call.Mode)),
            VfsCallKind.FStat => OnFile(
                call, fd => Stat(
                    fd, CString.Empty, AtFlags.EmptyPath | call.Flags, call.Mode)),
            VfsCallKind.Access => Status(
                Names.Access(_root, Name(call.Path), (int)call.Mode, call.Flags)),
            VfsCallKind.Open => Open(call),
            VfsCallKind.Close => Close(call.Slot),
            VfsCallKind.Read => OnFile(call, fd => Read(fd, call)),
            VfsCallKind.Write => OnFile(call, fd => Count(Files.WriteAt(
                fd, ModelKernel.Pattern(call.Size, call.Offset), call.Offset))),
            VfsCallKind.ReadDir => OnFile(call, fd => ReadDir(fd, call, once: false)),
            VfsCallKind.ReadDirOnce => OnFile(call, fd => ReadDir(fd, call, once: true)),
            VfsCallKind.MkDir => Status(Names.MakeDirectory(_root, Name(call.Path), call.Mode)),
            VfsCallKind.MkNod => Status(
                Names.MakeNode(_root, Name(call.Path), call.Mode, (ulong)call.Size)),
            VfsCallKind.Symlink => Status(
                Names.MakeSymlink(Name(call.Path2), _root, Name(call.Path))),
            VfsCallKind.Link => Status(
                Names.Link(_root, Name(call.Path), _root, Name(call.Path2), 0)),
            VfsCallKind.Unlink => Status(Names.Unlink(_root, Name(call.Path), 0)),
            VfsCallKind.RmDir => Status(
                Names.Unlink(_root, Name(call.Path), AtFlags.RemoveDir)),
            VfsCallKind.Rename => Status(Names.Rename(
                _root, Name(call.Path), _root, Name(call.Path2), (uint)call.Flags)),
            VfsCallKind.FTruncate => OnFile(
                call, fd => Status(Files.Truncate(fd, call.Size))),
            VfsCallKind.FAllocate => OnFile(call, fd => Status(
                Files.Allocate(fd, call.Flags, call.Offset, call.Size))),
            VfsCallKind.FSync => OnFile(
                call, fd => Status(Files.Sync(fd, (call.Flags & 1) != 0))),
            VfsCallKind.ReadLink => ReadLink(call),
            VfsCallKind.NameToHandle => NameToHandle(call),
            VfsCallKind.OpenByHandle => OpenByHandle(call),
            VfsCallKind.Sleep => Sleep(call),
            _ => OnObject(call),
        };

    public void Dispose()
    {
        foreach (FileDescriptor? file in _files)
            file?.Dispose();
        _root.Dispose();
    }

    private static byte[] Name(string path) =>
        [.. System.Text.Encoding.Latin1.GetBytes(path), 0];

    private static VfsResult Status(Errno errno) => new((int)errno);

    private static VfsResult Count(SysResult result) =>
        new((int)result.Errno, result.Value);

    private static VfsResult Sleep(VfsCall call)
    {
        Thread.Sleep((int)(call.Offset / 1_000_000));
        return new VfsResult(0);
    }

    private VfsResult OnFile(VfsCall call, Func<FileDescriptor, VfsResult> operation) =>
        _files[call.Slot] is { } fd ? operation(fd) : Status(Errno.EBADF);

    private static VfsResult Stat(FileDescriptor dir, byte[] name, int flags, uint mask)
    {
        Errno errno = Metadata.Statx(dir, name, flags, mask, out Statx stat);
        if (errno != Errno.None)
            return Status(errno);
        return new VfsResult(0)
        {
            Stat = new(
                stat.Ino, stat.Mode, stat.NLink, stat.Uid, stat.Gid,
                DeviceNumber.ToWire(stat.RdevMajor, stat.RdevMinor), stat.SizeBytes,
                stat.Blocks512, Time(stat.AccessTime), Time(stat.ModifyTime),
                Time(stat.ChangeTime)),
        };
    }

    private static VfsResult Stat(
        FileDescriptor fd, ReadOnlySpan<byte> name, int flags, uint mask) =>
        Stat(fd, name.ToArray(), flags, mask);

    private static KernelTime Time(StatxTime time) =>
        new((ulong)time.Seconds, time.Nanoseconds);

    private VfsResult Open(VfsCall call)
    {
        Close(call.Slot);
        _files[call.Slot] = Files.OpenAt(
            _root, Name(call.Path), call.Flags, call.Mode, out Errno errno);
        return Status(errno);
    }

    private VfsResult Close(int slot)
    {
        if (_files[slot] is not { } fd)
            return Status(Errno.EBADF);
        _files[slot] = null;
        fd.Dispose();
        return Status(Errno.None);
    }

    private VfsResult Read(FileDescriptor fd, VfsCall call)
    {
        SysResult read = Files.ReadAt(fd, _buffer.AsSpan(0, call.Size), call.Offset);
        return Count(read) with
        {
            Data = Convert.ToHexStringLower(_buffer.AsSpan(0, (int)read.Value)),
        };
    }

    private VfsResult ReadDir(FileDescriptor fd, VfsCall call, bool once)
    {
        List<string> names = [];
        long bytes = 0;
        if (!once && Files.Seek(fd, 0, 0) is { Failed: true } failed
            && failed.Errno != Errno.ESPIPE)
            return Status(failed.Errno);
        while (true)
        {
            SysResult filled = DirectoryReader.Fill(fd, _buffer.AsSpan(0, call.Size));
            if (filled.Failed || filled.Value == 0)
                return new VfsResult((int)filled.Errno, bytes) { Names = names };
            DirectoryReader reader = new(_buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                string name = System.Text.Encoding.Latin1.GetString(entry.Name);
                names.Add(FormattableString.Invariant($"{name} {entry.Ino} {entry.Type}"));
            }

            bytes += filled.Value;
            if (once)
                return new VfsResult(0, bytes) { Names = names };
        }
    }

    private VfsResult ReadLink(VfsCall call)
    {
        SysResult read = Names.ReadLink(_root, Name(call.Path), _buffer);
        return Count(read) with
        {
            Data = Convert.ToHexStringLower(_buffer.AsSpan(0, (int)read.Value)),
        };
    }

    private VfsResult NameToHandle(VfsCall call)
    {
        Errno errno = FileHandles.Get(
            _root, Name(call.Path), call.Flags, out FileHandleBuffer handle, out _);
        if (errno != Errno.None)
            return Status(errno);
        _handles[call.Slot] = handle;
        return new VfsResult(0, handle.Type)
        {
            Data = Convert.ToHexStringLower(handle.Bytes),
        };
    }

    private VfsResult OpenByHandle(VfsCall call)
    {
        int slot = (int)call.Mode;
        Close(slot);
        if (_files[ModelKernel.MountSlot] is not { } mount)
            return Status(Errno.EBADF);
        if (_handles[call.Slot] is not { } handle)
            return Status(Errno.EINVAL);
        _files[slot] = FileHandles.OpenOnce(mount, handle, call.Flags, out Errno errno);
        return Status(errno);
    }
}
