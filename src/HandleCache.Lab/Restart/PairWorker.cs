using System.Globalization;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>
/// One thread of the client, in a directory of its own: seeded operations on names, attributes
/// and data, files that stay open from one operation to the next.
/// </summary>
internal sealed class PairWorker : IDisposable
{
    private const int MaxDirectories = 24;
    private const int MaxFiles = 160;
    private const int MaxOpen = 12;
    private const int MaxFileBytes = 256 * 1024;

    private readonly TreePair _pair;
    private readonly SplitMix64 _random;
    private readonly RestartWorkload _kind;
    private readonly List<string> _directories;
    private readonly List<string> _files = [];
    private readonly List<PairFile> _open = [];
    private int _made;

    public PairWorker(TreePair pair, string directory, int seed, RestartWorkload kind)
    {
        _pair = pair;
        _random = new SplitMix64((ulong)seed);
        _kind = kind;
        _directories = [directory];
        byte[] name = BytePath.ToBytes(directory);
        pair.Both($"mkdir {directory}", root =>
            Names.MakeDirectory(root, name, FileModes.Octal755), directory);
    }

    /// <summary>One operation, drawn by the kind's weights.</summary>
    public void Step()
    {
        int draw = _random.Below(100);
        bool data = _kind switch
        {
            RestartWorkload.Write => draw < 90,
            RestartWorkload.Metadata => draw < 5,
            _ => draw < 40,
        };
        if (_files.Count < 4)
            Create();
        else if (data)
            DataStep(_random.Below(10));
        else
            NameStep(_random.Below(15));
    }

    public void Dispose()
    {
        while (_open.Count > 0)
            Close(_open[0]);
    }

    private void DataStep(int what)
    {
        switch (what)
        {
            case 0:
                Create();
                break;
            case 1 or 2 when _open.Count < MaxOpen:
                Open(_files[_random.Below(_files.Count)], append: what == 2);
                break;
            case 3 when _open.Count > 0:
                Close(_open[_random.Below(_open.Count)]);
                break;
            case 4 when _open.Count > 0:
                Truncate(_open[_random.Below(_open.Count)]);
                break;
            case < 8 when _open.Count > 0:
                Write(_open[_random.Below(_open.Count)]);
                break;
            default:
                if (_open.Count > 0)
                    Read(_open[_random.Below(_open.Count)]);
                else
                    Open(_files[_random.Below(_files.Count)], append: false);
                break;
        }
    }

    private void NameStep(int what)
    {
        string file = _files[_random.Below(_files.Count)];
        string directory = _directories[_random.Below(_directories.Count)];
        switch (what)
        {
            case 0 or 1:
                Create();
                break;
            case 2:
                MakeDirectory(directory);
                break;
            case 3:
                RemoveDirectory(directory);
                break;
            case 4 or 5:
                Rename(file, directory);
                break;
            case 6:
                RenameDirectory(directory);
                break;
            case 7:
                Link(file, directory);
                break;
            case 8:
                Symlink(directory);
                break;
            case 9 or 10:
                Unlink(file);
                break;
            case 11:
                UnlinkOpen();
                break;
            case 12:
                Xattr(file);
                break;
            case 13:
                _pair.CompareNames(directory);
                break;
            default:
                _pair.CompareStat(file);
                break;
        }
    }

    private string NewName(string directory) => string.Create(
        CultureInfo.InvariantCulture, $"{directory}/n{_made++}");

    private void Create()
    {
        if (_files.Count >= MaxFiles)
        {
            Unlink(_files[0]);
            return;
        }

        string path = NewName(_directories[_random.Below(_directories.Count)]);
        PairFile? pair = OpenBoth(path,
            OpenFlags.ReadWrite | OpenFlags.Create
            | (_random.Below(2) == 0 ? OpenFlags.Exclusive : 0));
        _files.Add(path);
        if (pair is null)
            return;
        Write(pair);
        if (_open.Count > MaxOpen)
            Close(pair);
    }

    private void Open(string path, bool append) =>
        OpenBoth(path, OpenFlags.ReadWrite | (append ? OpenFlags.Append : 0));

    private PairFile? OpenBoth(string path, int flags)
    {
        byte[] name = BytePath.ToBytes(path);
        _pair.Result.Operations++;
        FileDescriptor? mounted =
            Files.OpenAt(_pair.Mount, name, flags, FileModes.Octal644, out Errno got);
        if (_pair.IsRefused(got, path))
        {
            _pair.Result.Error($"open {path} {flags:x}: {got}, and nothing done");
            return null;
        }

        FileDescriptor? shadowed =
            Files.OpenAt(_pair.Shadow, name, flags, FileModes.Octal644, out Errno want);
        if (got != want)
            _pair.Result.Error($"open {path} {flags:x}: {got} instead of {want}");
        if (mounted is null || shadowed is null)
        {
            mounted?.Dispose();
            shadowed?.Dispose();
            return null;
        }

        PairFile pair = new(
            path, new OpenDescriptor(mounted), new OpenDescriptor(shadowed), _pair.Result,
            _pair.LosesReadErrors);
        _open.Add(pair);
        return pair;
    }

    private void Close(PairFile pair)
    {
        _open.Remove(pair);
        pair.CompareInode();
        pair.Dispose();
    }

    private void Write(PairFile pair)
    {
        byte[] data = new byte[1 + _random.Below(16383)];
        _random.Fill(data);
        pair.Write(data, _random.Below(MaxFileBytes));
    }

    private void Read(PairFile pair) =>
        pair.Compare(_random.Below(MaxFileBytes), 1 + _random.Below(65535));

    private void Truncate(PairFile pair) => pair.Truncate(_random.Below(MaxFileBytes));

    private void MakeDirectory(string parent)
    {
        if (_directories.Count >= MaxDirectories)
            return;
        string path = NewName(parent);
        byte[] name = BytePath.ToBytes(path);
        if (_pair.Both($"mkdir {path}", root =>
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
        if (_pair.Both($"rmdir {path}", root =>
            Names.Unlink(root, name, AtFlags.RemoveDir), path) == Errno.None)
        {
            _directories.Remove(path);
        }
    }

    private void Rename(string path, string directory)
    {
        string target = _random.Below(3) == 0
            ? _files[_random.Below(_files.Count)] : NewName(directory);
        uint flags = _random.Below(4) == 0 ? RenameFlags.NoReplace : 0;
        if (target == path)
            return;
        CloseAllOf(target);
        if (Move(path, target, flags) != Errno.None)
            return;
        _files.Remove(path);
        _files.Remove(target);
        _files.Add(target);
    }

    private void RenameDirectory(string path)
    {
        if (path == _directories[0])
            return;
        string target = NewName(_directories[0]);
        if (Move(path, target, 0) != Errno.None)
            return;
        Replace(_directories, path, target);
        Replace(_files, path, target);
    }

    private Errno Move(string path, string target, uint flags)
    {
        byte[] from = BytePath.ToBytes(path);
        byte[] to = BytePath.ToBytes(target);
        return _pair.Both($"rename {path} {target} {flags}", root =>
            Names.Rename(root, from, root, to, flags), path, target);
    }

    private void Link(string path, string directory)
    {
        if (_files.Count >= MaxFiles)
            return;
        string target = NewName(directory);
        byte[] from = BytePath.ToBytes(path);
        byte[] to = BytePath.ToBytes(target);
        if (_pair.Both($"link {path} {target}", root =>
            Names.Link(root, from, root, to, 0), path, target) == Errno.None)
        {
            _files.Add(target);
        }
    }

    private void Symlink(string directory)
    {
        string path = NewName(directory);
        byte[] name = BytePath.ToBytes(path);
        byte[] target = BytePath.ToBytes($"to-{path}");
        _pair.Both($"symlink {path}", root => Names.MakeSymlink(target, root, name), path);
        RemoveName(path);
    }

    private void Unlink(string path)
    {
        CloseAllOf(path);
        _files.Remove(path);
        if (RemoveName(path) == Errno.ESTALE)
            _files.Add(path);
    }

    private Errno RemoveName(string path)
    {
        byte[] name = BytePath.ToBytes(path);
        return _pair.Both($"unlink {path}", root => Names.Unlink(root, name, 0), path);
    }

    /// <summary>
    /// A file open without a name reads as before, or, after a restart, says ESTALE: the object
    /// went with the server that had it open.
    /// </summary>
    private void UnlinkOpen()
    {
        string path = NewName(_directories[0]);
        if (OpenBoth(path, OpenFlags.ReadWrite | OpenFlags.Create) is not { } pair)
            return;
        Write(pair);
        RemoveName(path);
        pair.Compare(0, 4096);
        Close(pair);
    }

    private void Xattr(string path)
    {
        byte[] name = BytePath.ToBytes(path);
        byte[] value = new byte[8];
        _random.Fill(value);
        uint mode = (uint)_random.Below(0x200) | 0x180;
        Change("chmod", file => Metadata.ChangeMode(file, mode));
        Change("setxattr", file => Xattrs.Set(file, "user.k\0"u8, value, 0));

        void Change(string what, Func<FileDescriptor, Errno> change) =>
            _pair.Both($"{what} {path}", root =>
            {
                using FileDescriptor? file =
                    Files.OpenAt(root, name, OpenFlags.Path, 0, out Errno errno);
                return file is null ? errno : change(file);
            }, path);
    }

    private void CloseAllOf(string path)
    {
        foreach (PairFile pair in _open.Where(pair => pair.Path == path).ToList())
            Close(pair);
    }

    private static void Replace(List<string> paths, string from, string to)
    {
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i] == from || paths[i].StartsWith(from + "/", StringComparison.Ordinal))
                paths[i] = to + paths[i][from.Length..];
        }
    }
}
