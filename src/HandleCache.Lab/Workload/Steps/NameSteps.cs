using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Steps that make, link, rename and remove names in a thread's own directory.</summary>
internal sealed class NameSteps(
    StepContext context, Scratch scratch, NamePicker picker, AttributeSteps attributes)
{
    private const int MaxDirectories = 8;
    private const int MaxNames = 80;

    private readonly SplitMix64 _random = context.Random;
    private readonly CallLog _log = context.Log;
    private readonly Calls _calls = context.Calls;

    /// <summary>True when something has to go before more is made.</summary>
    public bool IsFull => scratch.NameCount >= MaxNames;

    public void Create()
    {
        ShadowName name = picker.FreeOrTaken();
        uint mode = _random.PickFrom(AttributeSteps.Modes);
        int flags = OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.ReadWrite;
        FileDescriptor? fd = _calls.Open(
            scratch.Directory, name.PathBytes, flags, mode, out Errno errno);
        Errno expected = name.Node is null ? Errno.None : Errno.EEXIST;
        if (!_log.Expect("openat O_CREAT|O_EXCL", name.Path, expected, errno))
        {
            fd?.Dispose();
            return;
        }

        ShadowNode node = new(ShadowKind.Regular, mode & ~context.Umask);
        scratch.Add(name, node);
        attributes.Compare("openat O_CREAT", fd!, CString.Empty, name.Path, node);
        OpenFile file = new(fd!, node, name.Path, OpenFlags.ReadWrite);
        scratch.Keep(file);
        if (_random.Chance(50))
            scratch.Close(file);
    }

    public void MakeDirectory()
    {
        ShadowName name = picker.FreeOrTaken();
        if (scratch.Directories.Count >= MaxDirectories)
            name = picker.Taken(_ => true) ?? name;
        if (scratch.Directories.Count >= MaxDirectories && name.Node is null)
            return;
        uint mode = _random.PickFrom(AttributeSteps.Modes) | 0x1C0;
        Errno errno = _calls.MakeDirectory(scratch.Directory, name.PathBytes, mode);
        Made("mkdirat", name, new ShadowNode(ShadowKind.Directory, mode & ~context.Umask), errno);
    }

    public void MakeSymlink()
    {
        ShadowName name = picker.FreeOrTaken();
        byte[] target =
        [
            .. _random.Bytes(1 + _random.Below(200)).Select(b => b == 0 ? (byte)1 : b),
        ];
        Errno errno = _calls.MakeSymlink([.. target, 0], scratch.Directory, name.PathBytes);
        ShadowNode node = new(ShadowKind.Symlink, FileModes.Octal777) { Target = target };
        Made("symlinkat", name, node, errno);
    }

    public void MakeFifo()
    {
        ShadowName name = picker.FreeOrTaken();
        uint mode = _random.PickFrom(AttributeSteps.Modes);
        Errno errno = _calls.MakeFifo(scratch.Directory, name.PathBytes, mode);
        Made("mknodat", name, new ShadowNode(ShadowKind.Fifo, mode & ~context.Umask), errno);
    }

    public void Link()
    {
        if (!context.Abilities.Has(Abilities.Link))
            return;
        ShadowName from = picker.TakenOrFree(node => !node.IsDirectory || _random.Chance(5));
        ShadowName to = picker.FreeOrTaken();
        Errno errno = _calls.Link(scratch.Directory, from.PathBytes, to.PathBytes);

        // filename_linkat(): the old name, then the new one, then vfs_link().
        Errno expected = from.Node is null ? Errno.ENOENT
            : to.Node is not null ? Errno.EEXIST
            : from.Node.IsDirectory ? Errno.EPERM
            : Errno.None;
        if (!_log.Expect("linkat", $"{from.Path} {to.Path}", expected, errno))
            return;
        from.Node!.NLink++;
        scratch.Add(to, from.Node);
        attributes.Compare("linkat", scratch.Directory, to.PathBytes, to.Path, from.Node);
    }

    public void Unlink()
    {
        ShadowName name = picker.TakenOrFree(node => !node.IsDirectory || _random.Chance(5));
        string path = name.Path;
        Errno expected = name.Node is null ? Errno.ENOENT
            : name.Node.IsDirectory ? Errno.EISDIR
            : Errno.None;
        bool keepsOpen = name.Node is { Kind: ShadowKind.Regular } && _random.Chance(30);
        FileDescriptor? fd = keepsOpen
            ? _calls.Open(scratch.Directory, name.PathBytes, OpenFlags.ReadWrite, 0, out Errno _)
            : null;
        Errno errno = _calls.Unlink(scratch.Directory, name.PathBytes, 0);
        if (!_log.Expect("unlinkat", path, expected, errno))
        {
            fd?.Dispose();
            return;
        }

        ShadowNode node = name.Node!;
        scratch.Remove(name);
        if (fd is not null)
        {
            scratch.Keep(new OpenFile(fd, node, path, OpenFlags.ReadWrite));
            attributes.Compare("unlinkat", fd, CString.Empty, path, node);
        }
    }

    public void RemoveDirectory()
    {
        ShadowName name = picker.TakenOrFree(node => node.IsDirectory || _random.Chance(5));
        Errno expected = name.Node is null ? Errno.ENOENT
            : !name.Node.IsDirectory ? Errno.ENOTDIR
            : name.Node.Children.Count > 0 ? Errno.ENOTEMPTY
            : Errno.None;
        Errno errno = _calls.Unlink(scratch.Directory, name.PathBytes, AtFlags.RemoveDir);
        if (_log.Expect("unlinkat AT_REMOVEDIR", name.Path, expected, errno))
            scratch.Remove(name);
    }

    public void Rename()
    {
        uint flags = _random.Below(4) switch
        {
            0 when context.Abilities.Has(Abilities.Exchange) => RenameFlags.Exchange,
            1 when context.Abilities.Has(Abilities.NoReplace) => RenameFlags.NoReplace,
            _ => 0,
        };
        bool wantsTarget = flags == RenameFlags.Exchange || _random.Chance(40);
        ShadowName from = picker.TakenOrFree(_ => true);
        ShadowName to = wantsTarget ? picker.TakenOrFree(_ => true) : picker.Free();
        string paths = $"{from.Path} {to.Path} flags {flags}";
        Errno expected = RenameRules.Expected(from, to, flags);
        ShadowNode? replaced = to.Node;
        Errno errno = _calls.Rename(scratch.Directory, from.PathBytes, to.PathBytes, flags);
        if (!_log.Expect("renameat2", paths, expected, errno))
            return;
        RenameRules.Apply(scratch, from, to, flags);
        attributes.Compare("renameat2", scratch.Directory, to.PathBytes, to.Path, to.Node!);
        if (replaced is not null && scratch.OpenFiles.Find(f => f.Node == replaced) is { } open)
            attributes.Compare("renameat2 over", open.Fd, CString.Empty, to.Path, replaced);
    }

    public void MakeUnnamed()
    {
        if (!context.Abilities.Has(Abilities.TmpFile))
            return;
        ShadowName name = picker.FreeOrTaken();
        string directory = Scratch.PathOf(name.Directory);
        byte[] path = directory.Length == 0 ? [.. ".\0"u8] : BytePath.ToBytes(directory);
        uint mode = _random.PickFrom(AttributeSteps.Modes);
        int flags = OpenFlags.TmpFile | OpenFlags.ReadWrite;
        FileDescriptor? fd = _calls.Open(scratch.Directory, path, flags, mode, out Errno errno);
        if (!_log.Expect("openat O_TMPFILE", directory, Errno.None, errno))
            return;
        ShadowNode node = new(ShadowKind.Regular, mode & ~context.Umask) { NLink = 0 };
        scratch.Keep(new OpenFile(fd!, node, name.Path, OpenFlags.ReadWrite));
        attributes.Compare("openat O_TMPFILE", fd!, CString.Empty, name.Path, node);
        if (!_random.Chance(70))
            return;
        errno = _calls.LinkDescriptor(fd!, scratch.Directory, name.PathBytes);
        Errno expected = name.Node is null ? Errno.None : Errno.EEXIST;
        if (!_log.Expect("linkat of O_TMPFILE", name.Path, expected, errno))
            return;
        node.NLink = 1;
        scratch.Add(name, node);
        attributes.Compare("linkat", scratch.Directory, name.PathBytes, name.Path, node);
    }

    public void NameTooLong()
    {
        const int OverlongBytes = 256;
        byte[] name = [.. Enumerable.Repeat((byte)'y', OverlongBytes), 0];
        Errno errno = _calls.MakeDirectory(scratch.Directory, name, 0x1C0);
        _log.Expect("mkdirat", "256 times y", Errno.ENAMETOOLONG, errno);
    }

    private void Made(string call, ShadowName name, ShadowNode node, Errno errno)
    {
        Errno expected = name.Node is null ? Errno.None : Errno.EEXIST;
        if (!_log.Expect(call, name.Path, expected, errno))
            return;
        scratch.Add(name, node);
        attributes.Compare(call, scratch.Directory, name.PathBytes, name.Path, node);
    }
}
