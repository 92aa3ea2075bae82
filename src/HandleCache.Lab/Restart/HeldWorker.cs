using System.Globalization;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>
/// One thread of the client of a held mount, in a directory of its own: seeded changes of names and
/// whole files, on the mount and in the shadow.
/// </summary>
/// <remarks>
/// The written rule: nothing of a dead server's open files and nodeids is known to the next one.
/// What hits that says ESTALE, has done nothing, and is tried again. A change that was made before
/// the death, whose reply was lost, is tried again by the kernel, and says what it says then
/// (EEXIST, ENOENT): both trees are alike after it.
/// <para>
/// Kernels from 6.19 on lose what the server said of a page (<see cref="PairFile"/>): EIO of a
/// read is ESTALE where the server, asked for that file's attributes, says so.
/// </para>
/// </remarks>
internal sealed class HeldWorker
{
    private const int MaxFiles = 60;
    private const int MaxDirectories = 12;
    private const int MaxFileBytes = 16 * 1024;

    /// <summary>Of one operation: one is for each death that it meets.</summary>
    private const int MostTries = 20;

    private readonly TreePair _pair;
    private readonly SplitMix64 _random;
    private readonly List<string> _directories;
    private readonly List<string> _files = [];
    private int _made;

    public HeldWorker(TreePair pair, string directory, int seed)
    {
        _pair = pair;
        _random = new SplitMix64((ulong)seed);
        _directories = [directory];
        byte[] name = BytePath.ToBytes(directory);
        Change($"mkdir {directory}", root =>
            Names.MakeDirectory(root, name, FileModes.Octal755), directory);
    }

    private ClientResult Result => _pair.Result;

    /// <summary>One operation.</summary>
    public void Step()
    {
        string directory = _random.PickFrom(_directories);
        if (_files.Count < 4)
        {
            Make(directory);
            return;
        }

        string file = _random.PickFrom(_files);
        switch (_random.Below(14))
        {
            case 0 or 1: Make(directory); break;
            case 2: Rewrite(file); break;
            case 3 or 4: CompareContent(file); break;
            case 5 or 6: CompareStat(file); break;
            case 7: CompareNames(directory); break;
            case 8: MakeDirectory(directory); break;
            case 9: RemoveDirectory(directory); break;
            case 10: Rename(file, NewName(directory)); break;
            case 11: Link(file, NewName(directory)); break;
            case 12: Unlink(file); break;
            default: ChangeMode(file); break;
        }
    }

    private string NewName(string directory) => string.Create(
        CultureInfo.InvariantCulture, $"{directory}/n{_made++}");

    private void Make(string directory)
    {
        if (_files.Count >= MaxFiles)
        {
            Unlink(_files[0]);
            return;
        }

        string path = NewName(directory);
        Rewrite(path);
        _files.Add(path);
    }

    private void MakeDirectory(string parent)
    {
        if (_directories.Count >= MaxDirectories)
            return;
        string path = NewName(parent);
        byte[] name = BytePath.ToBytes(path);
        if (Change($"mkdir {path}", root =>
            Names.MakeDirectory(root, name, FileModes.Octal755), path) == Errno.None)
        {
            _directories.Add(path);
        }
    }

    private void RemoveDirectory(string path)
    {
        if (path == _directories[0])
            return;
        byte[] name = BytePath.ToBytes(path);
        if (Change($"rmdir {path}", root =>
            Names.Unlink(root, name, AtFlags.RemoveDir), path) == Errno.None)
        {
            _directories.Remove(path);
        }
    }

    private void Rename(string path, string target)
    {
        byte[] from = BytePath.ToBytes(path);
        byte[] to = BytePath.ToBytes(target);
        if (Change($"rename {path} {target}", root =>
            Names.Rename(root, from, root, to, 0), path, target) != Errno.None)
        {
            return;
        }

        _files.Remove(path);
        _files.Add(target);
    }

    private void Link(string path, string target)
    {
        if (_files.Count >= MaxFiles)
            return;
        byte[] from = BytePath.ToBytes(path);
        byte[] to = BytePath.ToBytes(target);
        if (Change($"link {path} {target}", root =>
            Names.Link(root, from, root, to, 0), path, target) == Errno.None)
        {
            _files.Add(target);
        }
    }

    private void Unlink(string path)
    {
        byte[] name = BytePath.ToBytes(path);
        if (Change($"unlink {path}", root => Names.Unlink(root, name, 0), path) == Errno.None)
            _files.Remove(path);
    }

    private void ChangeMode(string path)
    {
        byte[] name = BytePath.ToBytes(path);
        uint mode = (uint)_random.Below(0x200) | 0x180;
        Change($"chmod {path}", root =>
        {
            using FileDescriptor? file =
                Files.OpenAt(root, name, OpenFlags.Path, 0, out Errno errno);
            return file is null ? errno : Metadata.ChangeMode(file, mode);
        }, path);
    }

    /// <summary>A change of names, on the mount until it is done, then in the shadow.</summary>
    private Errno Change(
        string what, Func<FileDescriptor, Errno> operation, params ReadOnlySpan<string> names)
    {
        Errno got = Errno.ESTALE;
        bool isUndone = true;
        for (int tries = 0; got == Errno.ESTALE && isUndone && tries < MostTries; tries++)
        {
            Result.Operations++;
            Result.Stale += tries > 0 ? 1 : 0;
            got = operation(_pair.Mount);
            isUndone = AreAlike(names);
        }

        Errno want = operation(_pair.Shadow);
        if (got == want)
            return want;
        if (want == Errno.None && AreAlike(names))
            Result.Repeated++;
        else
            Result.Error($"{what}: {got} instead of {want}");
        return want;
    }

    /// <summary>The names are in both trees what they are in the other.</summary>
    private bool AreAlike(ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            Errno there = Steadily(
                () => (TreePair.Stat(_pair.Mount, name, out Statx found), found), out Statx got);
            if (there != TreePair.Stat(_pair.Shadow, name, out Statx want)
                || (there == Errno.None && TreePair.Differs(got, want) is not null))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Asks until the answer is not ESTALE.</summary>
    private Errno Steadily<T>(Func<(Errno Errno, T Found)> ask, out T found)
    {
        Errno errno;
        int tries = 0;
        do
        {
            Result.Stale += tries > 0 ? 1 : 0;
            (errno, found) = ask();
        }
        while (errno == Errno.ESTALE && ++tries < MostTries);
        return errno;
    }

    private void Rewrite(string path)
    {
        byte[] data = new byte[1 + _random.Below(MaxFileBytes)];
        _random.Fill(data);
        Result.Operations++;
        Errno got = Steadily(() => (WriteAll(_pair.Mount, path, data), 0), out _);
        Errno want = WriteAll(_pair.Shadow, path, data);
        if (got != want)
            Result.Error($"write {path}: {got} instead of {want}");
    }

    private void CompareContent(string path)
    {
        Result.Operations++;
        Errno got = Steadily(
            () => (ReadAll(_pair.Mount, path, out byte[] data), data), out byte[] mounted);
        Errno want = ReadAll(_pair.Shadow, path, out byte[] shadowed);
        if (got != want)
            Result.Error($"read {path}: {got} instead of {want}");
        else if (!mounted.AsSpan().SequenceEqual(shadowed))
            Result.Wrong($"read {path}: {mounted.Length} bytes that differ from {shadowed.Length}");
    }

    private void CompareStat(string path)
    {
        Result.Operations++;
        Errno got = Steadily(
            () => (TreePair.Stat(_pair.Mount, path, out Statx found), found), out Statx mounted);
        Errno want = TreePair.Stat(_pair.Shadow, path, out Statx shadowed);
        if (got != want)
            Result.Error($"stat {path}: {got} instead of {want}");
        else if (got == Errno.None && TreePair.Differs(mounted, shadowed) is { } what)
            Result.Wrong($"stat {path}: {what}");
    }

    private void CompareNames(string path)
    {
        Result.Operations++;
        Errno got = Steadily(
            () =>
            {
                List<string> names = TreePair.Names(_pair.Mount, path, out Errno errno);
                return (errno, names);
            },
            out List<string> mounted);
        List<string> shadowed = TreePair.Names(_pair.Shadow, path, out Errno want);
        if (got != want || !mounted.SequenceEqual(shadowed))
        {
            Result.Error(
                $"readdir {path}: {got}, {mounted.Count} names instead of {shadowed.Count}");
        }
    }

    private static Errno WriteAll(FileDescriptor root, string path, byte[] data)
    {
        int flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate;
        using FileDescriptor? file = Files.OpenAt(
            root, BytePath.ToBytes(path), flags, FileModes.Octal644, out Errno errno);
        int done = 0;
        while (file is not null && errno == Errno.None && done < data.Length)
        {
            SysResult written = Files.WriteAt(file, data.AsSpan(done), done);
            errno = written.Errno;
            done += (int)written.Value;
        }

        return errno;
    }

    private Errno ReadAll(FileDescriptor root, string path, out byte[] data)
    {
        byte[] buffer = new byte[MaxFileBytes + 1];
        int done = 0;
        using FileDescriptor? file = Files.OpenAt(
            root, BytePath.ToBytes(path), OpenFlags.ReadOnly, 0, out Errno errno);
        while (file is not null && done < buffer.Length)
        {
            SysResult read = Files.ReadAt(file, buffer.AsSpan(done), done);
            errno = read.Errno;
            if (read.Failed || read.Value == 0)
                break;
            done += (int)read.Value;
        }

        if (file is not null && errno == Errno.EIO && _pair.LosesReadErrors
            && OpenDescriptor.Ask(file) == Errno.ESTALE)
        {
            errno = Errno.ESTALE;
        }

        data = buffer[..done];
        return errno;
    }
}
