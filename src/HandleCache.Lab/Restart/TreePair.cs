using HandleCache.Lab.Kernels;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>
/// Two trees that are treated alike: one on the mount, one outside, its shadow. An operation is
/// done on both; whatever differs is an error.
/// </summary>
internal sealed class TreePair(FileDescriptor mount, FileDescriptor shadow, ClientResult result)
{
    public FileDescriptor Mount { get; } = mount;

    public FileDescriptor Shadow { get; } = shadow;

    public ClientResult Result { get; } = result;

    /// <summary>This kernel does not tell what the server said of a page it refused.</summary>
    public bool LosesReadErrors { get; } =
        VersionRule.ReadErrorLost.AppliesTo(RunningKernel.Version);

    /// <summary>
    /// Does it on the mount, then on the shadow; the shadow's errno, or ESTALE where the mount
    /// lost the object and did nothing: that is an error, but the trees stay alike, so that
    /// nothing later is taken for another object.
    /// </summary>
    /// <param name="what">The operation in words, for the message.</param>
    /// <param name="operation">What is done below a root.</param>
    /// <param name="names">Every name that it can make, remove or change.</param>
    public Errno Both(
        string what, Func<FileDescriptor, Errno> operation, params ReadOnlySpan<string> names)
    {
        Result.Operations++;
        Errno mounted = operation(Mount);
        if (IsRefused(mounted, names))
        {
            Result.Error($"{what}: {mounted}, and nothing done");
            return mounted;
        }

        Errno shadowed = operation(Shadow);
        if (mounted != shadowed)
            Result.Error($"{what}: {mounted} instead of {shadowed}");
        return shadowed;
    }

    /// <summary>
    /// The mount lost the object and left every name as it is in the shadow, which has not done
    /// the operation yet. A reply lost with its server may say ESTALE of what was done: then a
    /// name differs.
    /// </summary>
    public bool IsRefused(Errno mounted, params ReadOnlySpan<string> names)
    {
        if (mounted != Errno.ESTALE)
            return false;
        foreach (string name in names)
        {
            Errno there = Stat(Mount, name, out Statx got);
            if (there != Stat(Shadow, name, out Statx want)
                || (there == Errno.None && Differs(got, want) is not null))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Attributes of a name are the shadow's; gives the inode number on the mount.
    /// </summary>
    public ulong CompareStat(string path)
    {
        Result.Operations++;
        Errno mounted = Stat(Mount, path, out Statx got);
        Errno shadowed = Stat(Shadow, path, out Statx want);
        if (mounted != shadowed)
            Result.Error($"stat {path}: {mounted} instead of {shadowed}");
        else if (mounted == Errno.None && Differs(got, want) is { } what)
            Result.Wrong($"stat {path}: {what}");
        return got.Ino;
    }

    /// <summary>The names of a directory are the shadow's.</summary>
    public List<string> CompareNames(string path)
    {
        Result.Operations++;
        List<string> got = Names(Mount, path, out Errno mounted);
        List<string> want = Names(Shadow, path, out Errno shadowed);
        if (mounted != shadowed)
            Result.Error($"readdir {path}: {mounted} instead of {shadowed}");
        else if (!got.SequenceEqual(want))
            Result.Error($"readdir {path}: {got.Count} names instead of {want.Count}");
        return want;
    }

    public static Errno Stat(FileDescriptor root, string path, out Statx statx) =>
        Metadata.Statx(
            root, BytePath.ToBytes(path), AtFlags.SymlinkNoFollow, StatxMask.BasicStats,
            out statx);

    /// <summary>In what two stats differ; null for nothing that matters.</summary>
    public static string? Differs(in Statx got, in Statx want)
    {
        if (got.Mode != want.Mode)
            return $"mode {got.Mode:x} instead of {want.Mode:x}";
        bool isDirectory = FileModes.IsDirectory(got.Mode);
        if (!isDirectory && got.SizeBytes != want.SizeBytes)
            return $"size {got.SizeBytes} instead of {want.SizeBytes}";
        return got.NLink != want.NLink ? $"{got.NLink} links instead of {want.NLink}" : null;
    }

    /// <summary>Names of a directory, sorted; what was read before an error.</summary>
    public static List<string> Names(FileDescriptor root, string path, out Errno errno)
    {
        List<string> names = [];
        using FileDescriptor? directory = Files.OpenAt(
            root, BytePath.ToBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out errno);
        if (directory is null)
            return names;
        byte[] buffer = new byte[32768];
        while (true)
        {
            SysResult filled = DirectoryReader.Fill(directory, buffer);
            errno = filled.Errno;
            if (filled.Failed || filled.Value == 0)
                break;
            DirectoryReader reader = new(buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                if (!entry.IsDotOrDotDot)
                    names.Add(BytePath.FromBytes(entry.Name));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
