using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Steps on attributes, extended attributes and listings in a scratch directory.</summary>
internal sealed class AttributeSteps(StepContext context, Scratch scratch, NamePicker picker)
{
    /// <summary>Permissions that leave reading and writing to the owner.</summary>
    public static readonly IReadOnlyList<uint> Modes = [
        FileModes.Octal600, FileModes.Octal644, FileModes.Octal666,
        FileModes.Octal700, FileModes.Octal755, FileModes.Octal777,
    ];

    /// <summary>As many owners and groups are given out.</summary>
    private const int Owners = 4;

    private readonly SplitMix64 _random = context.Random;
    private readonly CallLog _log = context.Log;
    private readonly Calls _calls = context.Calls;
    private readonly byte[] _buffer = new byte[65536];
    private readonly uint _uid = Credentials.EffectiveUserId;

    /// <summary>Compares an object's attributes with its shadow's.</summary>
    public void Compare(
        string call, FileDescriptor dir, ReadOnlySpan<byte> name, string path, ShadowNode node)
    {
        Errno errno = _calls.Statx(dir, name, out Statx statx);
        if (!_log.Expect($"statx after {call}", path, Errno.None, errno))
            return;
        _log.Check($"{call} type", path, TypeOf(node.Kind), statx.Mode & FileModes.TypeMask);
        _log.Check($"{call} uid", path, node.Owner?.Uid ?? _uid, statx.Uid);
        if (node.Owner is { } owner)
            _log.Check($"{call} gid", path, owner.Gid, statx.Gid);
        if (node.Kind != ShadowKind.Symlink)
            _log.Check($"{call} mode", path, node.Permissions, statx.Mode & 0x1FFu);
        if (!node.IsDirectory)
        {
            _log.Check($"{call} nlink", path, node.NLink, (int)statx.NLink);
            _log.Check($"{call} size", path, (ulong)node.SizeBytes, statx.SizeBytes);
        }

        if (node.Ino == 0)
            node.Ino = statx.Ino;
        _log.Check($"{call} ino", path, node.Ino, statx.Ino);
    }

    public void Stat()
    {
        ShadowName name = picker.TakenOrFree(_ => true);
        if (name.Node is { } node)
        {
            Compare("statx", scratch.Directory, name.PathBytes, name.Path, node);
            return;
        }

        Errno errno = _calls.Statx(scratch.Directory, name.PathBytes, out Statx _);
        _log.Expect("statx", name.Path, Errno.ENOENT, errno);
    }

    public void ChangeMode()
    {
        if (OpenPath(node => node.Kind != ShadowKind.Symlink) is not var (name, fd))
            return;
        using (fd)
        {
            ShadowNode node = name.Node!;
            uint mode = _random.PickFrom(Modes) | (node.IsDirectory ? 0x1C0u : 0);
            Errno errno = _calls.ChangeMode(fd, mode);
            if (_log.Expect("fchmod", name.Path, Errno.None, errno))
                node.Permissions = mode;
            Compare("fchmod", scratch.Directory, name.PathBytes, name.Path, node);
        }
    }

    /// <summary>Who may give files away, which is asked for before, may go on to use them.
    /// </summary>
    public void ChangeOwner()
    {
        if (!context.Abilities.Has(Abilities.ChangeOwner)
            || OpenPath(_ => true) is not var (name, fd))
        {
            return;
        }

        using (fd)
        {
            ShadowNode node = name.Node!;
            (uint uid, uint gid) = ((uint)_random.Below(Owners), (uint)_random.Below(Owners));
            Errno errno = _calls.ChangeOwner(fd, uid, gid);
            if (_log.Expect("fchownat", name.Path, Errno.None, errno))
                node.Owner = (uid, gid);
            Compare("fchownat", scratch.Directory, name.PathBytes, name.Path, node);
        }
    }

    public void SetTimes()
    {
        if (OpenPath(_ => true) is not var (name, fd))
            return;
        using (fd)
        {
            bool fine = context.Abilities.Has(Abilities.Nanoseconds);
            TimeSpec time = new(
                1_000_000_000 + _random.Below(1_000_000_000),
                fine ? _random.Below(1_000_000_000) : 0);
            Errno errno = _calls.SetTimes(fd, TimeSpec.Omit, time);
            if (!_log.Expect("utimensat", name.Path, Errno.None, errno))
                return;
            errno = _calls.Statx(scratch.Directory, name.PathBytes, out Statx statx);
            if (!_log.Expect("statx", name.Path, Errno.None, errno))
                return;
            StatxTime got = statx.ModifyTime;
            _log.Check("utimensat mtime", name.Path, time,
                new TimeSpec(got.Seconds, got.Nanoseconds));
        }
    }

    public void SetXattr()
    {
        if (OpenXattrOwner() is not var (name, fd))
            return;
        using (fd)
        {
            ShadowNode node = name.Node!;
            string key = XattrName();
            bool isThere = node.Xattrs.ContainsKey(key);
            int flags = _random.Below(4) switch
            {
                0 => XattrFlags.Create,
                1 => XattrFlags.Replace,
                _ => 0,
            };
            byte[] value = _random.Bytes(_random.Below(65));
            Errno errno = _calls.SetXattr(fd, BytePath.ToBytes(key), value, flags);
            Errno expected = flags == XattrFlags.Create && isThere ? Errno.EEXIST
                : flags == XattrFlags.Replace && !isThere ? Errno.ENODATA
                : Errno.None;
            if (_log.Expect("setxattr", name.Path, expected, errno))
                node.Xattrs[key] = value;
        }
    }

    public void GetXattr()
    {
        if (OpenXattrOwner() is not var (name, fd))
            return;
        using (fd)
        {
            string key = XattrName();
            bool isThere = name.Node!.Xattrs.TryGetValue(key, out byte[]? value);
            SysResult got = _calls.GetXattr(fd, BytePath.ToBytes(key), _buffer);
            Errno expected = isThere ? Errno.None : Errno.ENODATA;
            if (!_log.Expect("getxattr", name.Path, expected, got.Errno))
                return;
            _log.Require(_buffer.AsSpan(0, (int)got.Value).SequenceEqual(value), "getxattr",
                name.Path, "the bytes that were set", "other bytes");
            _log.Check("getxattr size", name.Path, (long)value!.Length,
                _calls.GetXattr(fd, BytePath.ToBytes(key), []).Value);
        }
    }

    public void ListXattr()
    {
        if (OpenXattrOwner() is not var (name, fd))
            return;
        using (fd)
        {
            SysResult got = _calls.ListXattr(fd, _buffer);
            if (!_log.Expect("listxattr", name.Path, Errno.None, got.Errno))
                return;
            List<string> keys = [.. BytePath.FromBytes(_buffer.AsSpan(0, (int)got.Value))
                .Split('\0').Where(key => key.StartsWith("user.", StringComparison.Ordinal))];
            keys.Sort(StringComparer.Ordinal);
            string expected = string.Join(' ', name.Node!.Xattrs.Keys);
            _log.Check("listxattr", name.Path, expected, string.Join(' ', keys));
        }
    }

    public void RemoveXattr()
    {
        if (OpenXattrOwner() is not var (name, fd))
            return;
        using (fd)
        {
            string key = XattrName();
            bool isThere = name.Node!.Xattrs.Remove(key);
            Errno errno = _calls.RemoveXattr(fd, BytePath.ToBytes(key));
            Errno expected = isThere ? Errno.None : Errno.ENODATA;
            _log.Expect("removexattr", name.Path, expected, errno);
        }
    }

    public void ReadLink()
    {
        ShadowName name = picker.TakenOrFree(
            node => node.Kind == ShadowKind.Symlink || _random.Chance(5));
        SysResult got = _calls.ReadLink(scratch.Directory, name.PathBytes, _buffer);
        Errno expected = name.Node is null ? Errno.ENOENT
            : name.Node.Kind != ShadowKind.Symlink ? Errno.EINVAL
            : Errno.None;
        if (!_log.Expect("readlinkat", name.Path, expected, got.Errno))
            return;
        _log.Require(_buffer.AsSpan(0, (int)got.Value).SequenceEqual(name.Node!.Target),
            "readlinkat", name.Path, "the target that was set", "another target");
    }

    public void List()
    {
        ShadowNode directory = picker.Directory();
        string path = Scratch.PathOf(directory);
        byte[] name = path.Length == 0 ? [.. ".\0"u8] : BytePath.ToBytes(path);
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        using FileDescriptor? fd = _calls.Open(scratch.Directory, name, flags, 0, out Errno errno);
        if (!_log.Expect("openat", path, Errno.None, errno))
            return;
        Listing listing = new(_calls, fd!, _buffer);
        errno = _random.Chance(50) ? listing.ReadToEnd() : listing.ReadInParts(_random);
        if (!_log.Expect("getdents64", path, Errno.None, errno))
            return;
        List<string> sorted = [.. listing.Names];
        sorted.Sort(StringComparer.Ordinal);
        _log.Require(sorted.SequenceEqual(directory.Children.Keys), "getdents64", path,
            Listing.Describe([.. directory.Children.Keys]), Listing.Describe(sorted));
        for (int i = 0; i < listing.Names.Count; i++)
        {
            ShadowNode? node = directory.Children.GetValueOrDefault(listing.Names[i]);
            if (node is not null && listing.Types[i] != 0)
                _log.Check("d_type", path, TypeOf(node.Kind) >> 12, (uint)listing.Types[i]);
        }
    }

    private static uint TypeOf(ShadowKind kind) => kind switch
    {
        ShadowKind.Directory => FileModes.Directory,
        ShadowKind.Symlink => FileModes.Symlink,
        ShadowKind.Fifo => FileModes.Fifo,
        _ => FileModes.Regular,
    };

    private string XattrName() => $"user.hc{_random.Below(4)}";

    /// <summary>user.* belongs to files and directories only (xattr_permission()).</summary>
    private (ShadowName Name, FileDescriptor Fd)? OpenXattrOwner() =>
        context.Abilities.Has(Abilities.Xattr)
            ? OpenPath(node => node.Kind is ShadowKind.Regular or ShadowKind.Directory)
            : null;

    private (ShadowName Name, FileDescriptor Fd)? OpenPath(Func<ShadowNode, bool> fits)
    {
        if (picker.Taken(fits) is not { } name)
            return null;
        int flags = OpenFlags.Path | OpenFlags.NoFollow;
        FileDescriptor? fd = _calls.Open(
            scratch.Directory, name.PathBytes, flags, 0, out Errno errno);
        _log.Expect("openat O_PATH", name.Path, Errno.None, errno);
        return fd is null ? null : (name, fd);
    }
}
