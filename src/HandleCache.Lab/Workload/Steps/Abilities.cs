using System.Globalization;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// Calls that a file system may refuse by its nature; each is tried once before the work, and
/// those refused are left out of it.
/// </summary>
internal sealed class Abilities
{
    public const string Xattr = "setxattr user.*";
    public const string TmpFile = "openat O_TMPFILE";
    public const string Link = "linkat";
    public const string Exchange = "renameat2 EXCHANGE";
    public const string NoReplace = "renameat2 NOREPLACE";
    public const string CopyRange = "copy_file_range";
    public const string Handle = "name_to_handle_at";
    public const string OpenHandle = "open_by_handle_at";
    public const string ChangeOwner = "fchownat to others";
    public const string Nanoseconds = "utimensat nanoseconds";

    private const int ProbeBytes = 16;

    private readonly SortedDictionary<string, Errno> _refused = new(StringComparer.Ordinal);

    /// <summary>"call: errno" of each that is not offered.</summary>
    public IReadOnlyList<string> Unsupported =>
        [.. _refused.Select(refused => $"{refused.Key}: {refused.Value}")];

    public bool Has(string ability) => !_refused.ContainsKey(ability);

    public static string Allocate(int mode) =>
        string.Create(CultureInfo.InvariantCulture, $"fallocate mode {mode}");

    /// <summary>What can be tried without changing anything.</summary>
    public void TryReading(FileDescriptor root)
    {
        Errno errno = FileHandles.Get(root, out FileHandleBuffer handle);
        Note(Handle, errno);
        if (errno != Errno.None)
        {
            Note(OpenHandle, errno);
            return;
        }

        using FileDescriptor? opened = FileHandles.Open(
            root, handle, OpenFlags.Path, out errno);
        Note(OpenHandle, errno == Errno.ESTALE ? Errno.None : errno);
    }

    /// <summary>What needs a directory to try in; it is empty before and after.</summary>
    public void TryWriting(FileDescriptor directory)
    {
        ReadOnlySpan<byte> first = "first\0"u8;
        ReadOnlySpan<byte> second = "second\0"u8;
        using (FileDescriptor? one = Create(directory, first))
        using (FileDescriptor? two = Create(directory, second))
        {
            if (one is not null && two is not null)
                TryOnFiles(one, two);
        }

        Note(Exchange, Names.Rename(directory, first, directory, second, RenameFlags.Exchange));
        Note(NoReplace, Names.Rename(
            directory, first, directory, "third\0"u8, RenameFlags.NoReplace));
        Note(Link, Names.Link(directory, second, directory, "fourth\0"u8, 0));
        int flags = OpenFlags.TmpFile | OpenFlags.ReadWrite;
        using (FileDescriptor? unnamed = Files.OpenAt(
            directory, ".\0"u8, flags, 0x180, out Errno errno))
            Note(TmpFile, errno);
        Names.Unlink(directory, first, 0);
        Names.Unlink(directory, second, 0);
        Names.Unlink(directory, "third\0"u8, 0);
        Names.Unlink(directory, "fourth\0"u8, 0);
    }

    private static FileDescriptor? Create(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        int flags = OpenFlags.Create | OpenFlags.ReadWrite;
        return Files.OpenAt(directory, name, flags, 0x180, out _);
    }

    private void TryOnFiles(FileDescriptor one, FileDescriptor two)
    {
        Note(Xattr, Xattrs.Set(one, "user.hc-probe\0"u8, "1"u8, 0));
        foreach (int mode in FileSteps.AllocateModes)
            Note(Allocate(mode), Files.Allocate(one, mode, 0, ProbeBytes));
        Files.WriteAt(one, new byte[ProbeBytes], 0);
        Note(CopyRange, Files.CopyRange(one, 0, two, 0, ProbeBytes, 0).Errno);
        Note(ChangeOwner, Metadata.ChangeOwner(one, 1, 1));
        TimeSpec time = new(1_000_000_000, 123_456_789);
        Metadata.SetTimes(one, time, time);
        bool isKept = Metadata.Statx(one, StatxMask.BasicStats, out Statx statx) == Errno.None
            && statx.ModifyTime.Nanoseconds == time.Nanoseconds;
        Note(Nanoseconds, isKept ? Errno.None : Errno.EOPNOTSUPP);
    }

    private void Note(string ability, Errno errno)
    {
        if (errno != Errno.None)
            _refused[ability] = errno;
    }
}
