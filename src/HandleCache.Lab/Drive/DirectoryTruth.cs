using System.Text;
using HandleCache.Lab.Differential;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>
/// The directory that a server serves, seen by direct system calls: what the modelled kernel's
/// callers were told is compared with it.
/// </summary>
internal sealed class DirectoryTruth : IDisposable
{
    /// <summary>Of a file no more is compared, bytes.</summary>
    private const int MostBytes = 1 << 16;

    /// <summary>Objects of one comparison; a server of a whole disk is compared in part.</summary>
    private const int MostObjects = 200;

    private const int Slot = 0;

    /// <summary>More than a script sets, bytes.</summary>
    private const int MostXattrBytes = 256;

    private readonly FileDescriptor _root;
    private readonly byte[] _buffer = new byte[MostBytes];

    /// <exception cref="BadInputException">There is no such directory.</exception>
    public DirectoryTruth(string path)
    {
        try
        {
            _root = Files.Open(path, OpenFlags.Path | OpenFlags.Directory);
        }
        catch (LinuxException e)
        {
            throw new BadInputException($"--root: {path}: {e.Errno}", e);
        }
    }

    public void Dispose() => _root.Dispose();

    /// <summary>A stat's outcome, and the type it brought.</summary>
    public void CompareStat(DriveRig rig, VfsCall call, VfsResult result)
    {
        Errno errno = Metadata.Statx(
            _root, NameOf(call.Path), call.Flags & AtFlags.SymlinkNoFollow,
            StatxMask.BasicStats, out Statx direct);
        rig.Check.Hold(DriveRule.SameOutcome);
        if ((int)errno != result.Errno)
        {
            rig.Check.Report(
                DriveRule.SameOutcome,
                $"stat of {call.Path} gives {(Errno)result.Errno}; of the directory served, "
                + $"{errno}");
        }

        uint type = (uint)direct.Mode & FileModes.TypeMask;
        if (result.Stat is { } stat && (stat.Mode & FileModes.TypeMask) != type)
        {
            rig.Check.Report(
                DriveRule.SameOutcome,
                $"stat of {call.Path} gives type 0x{stat.Mode & FileModes.TypeMask:x}; of the "
                + $"directory served, 0x{type:x}");
        }
    }

    /// <summary>Everything below a directory; "" for the root.</summary>
    public void CompareTree(DriveRig rig, string directory)
    {
        int left = MostObjects;
        Compare(rig, directory, ref left);
    }

    private void Compare(DriveRig rig, string path, ref int left)
    {
        if (left-- <= 0)
            return;
        Errno errno = Metadata.Statx(
            _root, NameOf(path), AtFlags.SymlinkNoFollow, StatxMask.BasicStats,
            out Statx direct);
        if (errno != Errno.None)
            return;
        if (path.Length > 0)
            CompareStat(rig, path, direct);
        if (((uint)direct.Mode & FileModes.TypeMask) is FileModes.Directory or FileModes.Regular)
            CompareXattrs(rig, path);
        switch ((uint)direct.Mode & FileModes.TypeMask)
        {
            case FileModes.Directory:
                foreach (string name in CompareNames(rig, path))
                    Compare(rig, path.Length == 0 ? name : $"{path}/{name}", ref left);
                break;
            case FileModes.Symlink:
                CompareLink(rig, path);
                break;
            case FileModes.Regular when direct.SizeBytes is > 0 and <= MostBytes:
                CompareData(rig, path, (int)direct.SizeBytes);
                break;
            default:
                break;
        }
    }

    private static void CompareStat(DriveRig rig, string path, in Statx direct)
    {
        VfsResult result = rig.Run(new VfsCall(VfsCallKind.Stat)
        {
            Path = path,
            Flags = AtFlags.SymlinkNoFollow,
            Mode = StatxMask.BasicStats,
        });
        bool isDirectory = ((uint)direct.Mode & FileModes.TypeMask) == FileModes.Directory;
        string expected = Words(
            direct.Mode, isDirectory ? 0 : direct.NLink, direct.Uid, direct.Gid,
            isDirectory ? 0 : direct.SizeBytes,
            new((ulong)direct.ModifyTime.Seconds, direct.ModifyTime.Nanoseconds));
        string found = result.Stat is { } stat
            ? Words(
                stat.Mode, isDirectory ? 0 : stat.NLink, stat.Uid, stat.Gid,
                isDirectory ? 0 : stat.Size, stat.MTime)
            : $"{(Errno)result.Errno}";
        Same(rig, $"stat of {path}", expected, found);
    }

    /// <summary>The attributes that scripts set; not of a server that has none.</summary>
    private void CompareXattrs(DriveRig rig, string path)
    {
        using FileDescriptor? file = Files.OpenAt(
            _root, NameOf(path), OpenFlags.Path | OpenFlags.NoFollow, 0, out _);
        foreach (string name in ScriptGenerator.XattrNames)
        {
            if (file is null)
                return;
            VfsResult result = rig.Run(new VfsCall(VfsCallKind.GetXattr)
            {
                Path = path.Length == 0 ? "." : path,
                Path2 = name,
                Size = MostXattrBytes,
            });
            SysResult direct = Xattrs.Get(
                file, CStringOf(name), _buffer.AsSpan(0, MostXattrBytes));
            if (result.Errno == (int)Errno.EOPNOTSUPP || direct.Errno == Errno.EOPNOTSUPP)
                return;
            Same(
                rig, $"{name} of {path}",
                direct.Failed
                    ? $"{direct.Errno}"
                    : Convert.ToHexStringLower(_buffer.AsSpan(0, (int)direct.Value)),
                result.Errno == 0 ? result.Data : $"{(Errno)result.Errno}");
        }
    }

    private static string Words(
        uint mode, uint links, uint uid, uint gid, ulong size, KernelTime time) =>
        FormattableString.Invariant(
            $"mode 0x{mode:x} links {links} uid {uid} gid {gid} size {size} ")
        + FormattableString.Invariant($"mtime {(long)time.Seconds}.{time.Nanoseconds:d9}");

    private string[] CompareNames(DriveRig rig, string path)
    {
        string[] expected = NamesOf(path);
        VfsResult opened = rig.Run(new VfsCall(VfsCallKind.Open)
        {
            Path = path.Length == 0 ? "." : path,
            Slot = Slot,
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        });
        VfsResult read = opened.Errno != 0
            ? opened
            : rig.Run(new VfsCall(VfsCallKind.ReadDir) { Slot = Slot, Size = MostBytes });
        rig.Run(new VfsCall(VfsCallKind.Close) { Slot = Slot });
        if (opened.Errno == (int)Errno.EACCES)
            return [];
        string found = read.Errno != 0
            ? $"{(Errno)read.Errno}"
            : Listed(NamesIn(read).Order(StringComparer.Ordinal));
        Same(rig, $"names in {path}", Listed(expected), found);
        return expected;
    }

    /// <summary>The names of a listing, "." and ".." left out.</summary>
    public static IEnumerable<string> NamesIn(VfsResult listing) => listing.Names
        .Select(record => record[..record.LastIndexOf(' ', record.LastIndexOf(' ') - 1)])
        .Where(name => name is not ("." or ".."));

    private static string Listed(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";

    private void CompareLink(DriveRig rig, string path)
    {
        SysResult direct = Names.ReadLink(_root, NameOf(path), _buffer);
        if (direct.Failed)
            return;
        VfsResult result = rig.Run(new VfsCall(VfsCallKind.ReadLink) { Path = path });
        Same(
            rig, $"target of {path}",
            Convert.ToHexStringLower(_buffer.AsSpan(0, (int)direct.Value)),
            result.Errno == 0 ? result.Data : $"{(Errno)result.Errno}");
    }

    private void CompareData(DriveRig rig, string path, int size)
    {
        using FileDescriptor? file = Files.OpenAt(
            _root, NameOf(path), OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out Errno errno);
        VfsResult opened = rig.Run(new VfsCall(VfsCallKind.Open) { Path = path, Slot = Slot });
        rig.Check.Hold(DriveRule.SameOutcome);
        if ((int)errno != opened.Errno)
        {
            rig.Check.Report(
                DriveRule.SameOutcome,
                $"open of {path} gives {(Errno)opened.Errno}; of the directory served, {errno}");
        }

        if (file is null || opened.Errno != 0)
            return;
        rig.Reads.Clear();
        VfsResult read = rig.Run(new VfsCall(VfsCallKind.Read) { Slot = Slot, Size = size });
        if (rig.Reads.Count == 0 && read.Errno == 0)
        {
            // In the page cache already, by another name of the same file.
            rig.Run(new VfsCall(VfsCallKind.Close) { Slot = Slot });
            return;
        }

        byte[] came = new byte[size];
        foreach ((long offset, byte[] data) in rig.Reads)
        {
            if (offset < size)
            {
                data.AsSpan(0, (int)Math.Min(data.Length, size - offset))
                    .CopyTo(came.AsSpan((int)offset));
            }
        }

        rig.Run(new VfsCall(VfsCallKind.Close) { Slot = Slot });
        SysResult direct = Files.ReadAt(file, _buffer.AsSpan(0, size), 0);
        if (direct.Failed)
            return;
        Same(
            rig, $"contents of {path}",
            Convert.ToHexStringLower(_buffer.AsSpan(0, (int)direct.Value)),
            read.Errno == 0 ? Convert.ToHexStringLower(came) : $"{(Errno)read.Errno}");
    }

    private static void Same(DriveRig rig, string what, string expected, string found)
    {
        rig.Check.Hold(DriveRule.SameObject);
        if (expected != found)
        {
            rig.Check.Report(
                DriveRule.SameObject,
                $"{what} is {Cut(found)}; of the directory served, {Cut(expected)}");
        }
    }

    private static string Cut(string words) =>
        words.Length <= 160 ? words : $"{words[..160]}... ({words.Length} characters)";

    private string[] NamesOf(string path)
    {
        List<string> names = [];
        using FileDescriptor? directory = Files.OpenAt(
            _root, NameOf(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out _);
        while (directory is not null)
        {
            SysResult filled = DirectoryReader.Fill(directory, _buffer);
            if (filled.Failed || filled.Value == 0)
                break;
            DirectoryReader reader = new(_buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                if (!entry.IsDotOrDotDot)
                    names.Add(Encoding.Latin1.GetString(entry.Name));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }

    private static byte[] NameOf(string path) => CStringOf(path.Length == 0 ? "." : path);

    private static byte[] CStringOf(string text) => [.. Encoding.Latin1.GetBytes(text), 0];
}
