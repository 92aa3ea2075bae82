using System.IO.Hashing;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Steps on the tree that nobody changes: each object must be as it was found.</summary>
internal sealed class ReadSteps(StepContext context)
{
    private const int HashedBytes = 16384;

    private readonly byte[] _buffer = new byte[65536];
    private readonly CallLog _log = context.Log;
    private readonly Calls _calls = context.Calls;

    public void Stat()
    {
        if (context.Any(context.Tree.Objects) is not { } found)
            return;
        Errno errno = _calls.Statx(context.Root, found.PathBytes, out Statx statx);
        if (_log.Expect("statx", found.Path, Errno.None, errno))
            Compare("statx", found, statx);
    }

    public void StatMissing()
    {
        if (context.Any(context.Tree.Objects) is not { } found)
            return;
        string path = BytePath.Join(found.Path, "hc-not-there");
        Errno errno = _calls.Statx(context.Root, BytePath.ToBytes(path), out Statx _);
        if (found.IsSymlink)
            return;
        Errno expected = found.IsDirectory ? Errno.ENOENT : Errno.ENOTDIR;
        _log.Expect("statx", path, expected, errno);
    }

    public void OpenAndRead()
    {
        if (context.Tree.Regulars.Count == 0)
            return;
        if (context.Any(context.Tree.Regulars) is not { } found)
            return;
        using FileDescriptor? fd = Open(found, 0);
        if (fd is null)
            return;
        SysResult got = _calls.ReadAt(fd, _buffer.AsSpan(0, HashedBytes), 0);
        if (!_log.Expect("pread64", found.Path, Errno.None, got.Errno))
            return;
        byte[] hash = XxHash128.Hash(_buffer.AsSpan(0, (int)got.Value));
        found.ContentHash ??= hash;
        _log.Require(hash.AsSpan().SequenceEqual(found.ContentHash), "pread64", found.Path,
            "the bytes of the read before", "other bytes");
        _log.Check("pread64", found.Path,
            (long)Math.Min(found.Found.SizeBytes, HashedBytes), got.Value);
        Errno errno = _calls.Statx(fd, out Statx statx);
        if (_log.Expect("statx", found.Path, Errno.None, errno))
            Compare("statx", found, statx);
    }

    public void ListWhole()
    {
        if (context.Any(context.Tree.Directories) is not { } found)
            return;
        using FileDescriptor? fd = Open(found, OpenFlags.Directory);
        if (fd is null)
            return;
        Listing listing = new(_calls, fd, _buffer);
        Errno errno = listing.ReadToEnd();
        if (_log.Expect("getdents64", found.Path, Errno.None, errno))
            CompareNames(found, listing.Names);
    }

    /// <summary>Some records, then on from the cookie of one of them.</summary>
    public void ListInParts()
    {
        if (context.Any(context.Tree.Directories) is not { } found)
            return;
        using FileDescriptor? fd = Open(found, OpenFlags.Directory);
        if (fd is null)
            return;
        Listing listing = new(_calls, fd, _buffer);
        Errno errno = listing.ReadInParts(context.Random);
        if (_log.Expect("getdents64", found.Path, Errno.None, errno))
            CompareNames(found, listing.Names);
    }

    public void ReadLink()
    {
        bool isSymlink = context.Tree.Symlinks.Count > 0 && context.Random.Chance(80);
        if (context.Any(isSymlink ? context.Tree.Symlinks : context.Tree.Objects)
                is not { Path.Length: > 0 } found)
        {
            return;
        }

        SysResult got = _calls.ReadLink(context.Root, found.PathBytes, _buffer);
        Errno expected = found.IsSymlink ? Errno.None : Errno.EINVAL;
        if (_log.Expect("readlinkat", found.Path, expected, got.Errno))
            _log.Check("readlinkat", found.Path, (long)found.Found.SizeBytes, got.Value);
    }

    public void Xattrs()
    {
        if (context.Any(context.Tree.Objects) is not { } found)
            return;
        using FileDescriptor? fd = Open(found, OpenFlags.Path);
        if (fd is null)
            return;
        SysResult listed = _calls.ListXattr(fd, _buffer);
        if (listed.Errno is Errno.EOPNOTSUPP)
            return;
        if (!_log.Expect("listxattr", found.Path, Errno.None, listed.Errno) || listed.Value == 0)
            return;
        byte[] name = [.. _buffer.AsSpan(0, _buffer.AsSpan().IndexOf((byte)0) + 1)];
        SysResult size = _calls.GetXattr(fd, name, []);
        SysResult value = _calls.GetXattr(fd, name, _buffer);
        _log.Check("getxattr", found.Path, size.Errno, value.Errno);
        _log.Check("getxattr", found.Path, size.Value, value.Value);
    }

    public void Access()
    {
        const int ReadOk = 4;
        if (context.Any(context.Tree.Objects) is not { } found)
            return;
        if (found.Path.Length == 0)
            return;
        _log.Expect("faccessat2", found.Path, Errno.None,
            _calls.Access(context.Root, found.PathBytes, 0));
        if (context.ReadsAll)
        {
            _log.Expect("faccessat2", found.Path, Errno.None,
                _calls.Access(context.Root, found.PathBytes, ReadOk));
        }
    }

    public void StatFs()
    {
        Errno errno = _calls.StatFs(context.Root, out StatFs statfs);
        if (_log.Expect("fstatfs", "", Errno.None, errno))
        {
            _log.Require(statfs.NameLengthMax > 0, "fstatfs", "", "a name length above 0",
                $"{statfs.NameLengthMax}");
        }
    }

    private FileDescriptor? Open(SharedObject found, int flags)
    {
        // NonBlock: should a fifo have taken the place of a file, no open may hang on it.
        ReadOnlySpan<byte> name = found.Path.Length == 0 ? ".\0"u8 : found.PathBytes;
        int safe = flags | OpenFlags.NoFollow | OpenFlags.NonBlock;
        FileDescriptor? fd = _calls.Open(context.Root, name, safe, 0, out Errno errno);
        if (errno != Errno.EACCES || context.ReadsAll)
            _log.Expect("openat", found.Path, Errno.None, errno);
        return fd;
    }

    private void Compare(string call, SharedObject found, in Statx now)
    {
        _log.Check($"{call} ino", found.Path, found.Found.Ino, now.Ino);
        _log.Check($"{call} mode", found.Path, found.Found.Mode, now.Mode);

        // The root and its own size and links change with the scratch directories.
        if (found.Path.Length == 0)
            return;
        _log.Check($"{call} size", found.Path, found.Found.SizeBytes, now.SizeBytes);
        _log.Check($"{call} nlink", found.Path, found.Found.NLink, now.NLink);
        _log.Check($"{call} mtime", found.Path, found.Found.ModifyTime, now.ModifyTime);
    }

    private void CompareNames(SharedObject found, List<string> names)
    {
        List<string> sorted = SharedTree.Sorted(names);
        _log.Require(sorted.SequenceEqual(found.Names!), "getdents64", found.Path,
            Listing.Describe(found.Names!), Listing.Describe(sorted));
    }
}
