namespace HandleCache.Model.Kernel.Vfs;

/// <summary>Which system call is which method.</summary>
internal sealed class SystemCalls
{
    private readonly Stat _stat;
    private readonly OpenCalls _open;
    private readonly ReadWrite _readWrite;
    private readonly ReadDir _readDir;
    private readonly NameiCreate _create;
    private readonly NameiRemove _remove;
    private readonly NameiRename _rename;
    private readonly Attr _attr;
    private readonly Xattr _xattr;
    private readonly FHandle _handles;

    /// <param name="sb">What is mounted.</param>
    /// <param name="faults">What is to be done wrong.</param>
    /// <param name="current">Who calls.</param>
    /// <param name="options">Which kernel, and its sysctls.</param>
    public SystemCalls(
        SuperBlock sb, KernelFaults faults, Current current, ModelKernelOptions options)
    {
        DentryCache dcache = sb.Dcache;
        IInodeOperations iops = sb.InodeOperations;
        IFileOperations fops = sb.FileOperations;
        Files = new(dcache, fops);
        NameiPermission permission = new(iops, current, options.ProtectedHardlinks);
        NameiLookup lookup = new(sb, dcache, iops);
        Namei namei = new(sb, dcache, iops, lookup, faults);
        NameiRetry retry = new(dcache, namei);
        _attr = new(iops, retry, current);
        Open open = new(fops, _attr, faults);
        NameiOpen nameiOpen = new(sb, dcache, iops, namei, lookup, permission, open);
        _readDir = new(
            fops, Files, current,
            heedsSignals: VersionRule.ListingInterruptible.AppliesTo(options.Version)
                || faults.Has(KernelFault.ListingHeedsSignal));
        _stat = new(sb, dcache, iops, namei, retry, Files);
        _open = new(
            iops, sb.DataOperations, retry, nameiOpen, Files, _attr, faults, current,
            allocatesByFlags: VersionRule.AllocateModesAreFlags.AppliesTo(options.Version),
            knowsWriteZeroes: !VersionRule.WriteZeroesUnknown.AppliesTo(options.Version));
        _readWrite = new(sb.DataOperations, Files);
        _create = new(
            dcache, iops, namei, lookup, permission, current,
            isSlashExclusive: !VersionRule.SlashNotExclusive.AppliesTo(options.Version));
        _remove = new(dcache, iops, namei, lookup, permission);
        _rename = new(dcache, iops, namei, lookup, permission);
        _xattr = new(
            iops, sb.XattrOperations, retry,
            ofSockets: !VersionRule.SocketsWithoutXattr.AppliesTo(options.Version));
        ExportFs exportFs = new(sb, dcache, iops, sb.ExportOperations, lookup, open, _readDir);
        _handles = new(
            dcache, sb.ExportOperations, namei, nameiOpen, Files, exportFs,
            knowsConnectable: !VersionRule.ConnectableUnknown.AppliesTo(options.Version),
            knowsFid: !VersionRule.FidUnknown.AppliesTo(options.Version));
    }

    /// <summary>The caller's open files.</summary>
    public FileTable Files { get; }

    /// <summary>Takes what a caller of another kernel holds: open files and handles.</summary>
    public void CopyFrom(
        SystemCalls original, IReadOnlyDictionary<Dentry, Dentry> dentries,
        Func<object, object> copyPrivate)
    {
        Files.CopyFrom(original.Files, dentries, copyPrivate);
        _handles.CopyFrom(original._handles);
    }

    /// <exception cref="ArgumentException">
    /// A call that only the driver of a script can make.
    /// </exception>
    public KernelTask<VfsResult> CallAsync(VfsCall call) => call.Kind switch
    {
        VfsCallKind.Stat => _stat.StatAsync(call),
        VfsCallKind.StatAt => _stat.StatAtAsync(call),
        VfsCallKind.FStat => _stat.FStatAsync(call),
        VfsCallKind.Access => _open.AccessAsync(call),
        VfsCallKind.Open => _open.OpenAsync(call),
        VfsCallKind.Close => Files.CloseAsync(call.Slot),
        VfsCallKind.Read => _readWrite.ReadAsync(call),
        VfsCallKind.Write => _readWrite.WriteAsync(call),
        VfsCallKind.ReadDir => _readDir.ReadDirAsync(call, once: false),
        VfsCallKind.ReadDirOnce => _readDir.ReadDirAsync(call, once: true),
        VfsCallKind.MkDir => _create.MkDirAsync(call),
        VfsCallKind.MkNod => _create.MkNodAsync(call),
        VfsCallKind.Symlink => _create.SymlinkAsync(call),
        VfsCallKind.Link => _create.LinkAsync(call),
        VfsCallKind.Unlink => _remove.UnlinkAsync(call),
        VfsCallKind.RmDir => _remove.RmDirAsync(call),
        VfsCallKind.Rename => _rename.RenameAsync(call),
        VfsCallKind.ChMod => _open.ChModAsync(call),
        VfsCallKind.ChOwn => _open.ChOwnAsync(call),
        VfsCallKind.Truncate => _open.TruncateAsync(call),
        VfsCallKind.FTruncate => _open.FTruncateAsync(call),
        VfsCallKind.FAllocate => _open.FAllocateAsync(call),
        VfsCallKind.UTimes => _attr.UTimesAsync(call),
        VfsCallKind.GetXattr => _xattr.GetAsync(call),
        VfsCallKind.SetXattr => _xattr.SetAsync(call),
        VfsCallKind.ListXattr => _xattr.ListAsync(call),
        VfsCallKind.RemoveXattr => _xattr.RemoveAsync(call),
        VfsCallKind.ReadLink => _stat.ReadLinkAsync(call),
        VfsCallKind.StatFs => _stat.StatFsAsync(call),
        VfsCallKind.FSync => _readWrite.FSyncAsync(call),
        VfsCallKind.NameToHandle => _handles.NameToHandleAsync(call),
        VfsCallKind.OpenByHandle => _handles.OpenByHandleAsync(call),
        _ => throw new ArgumentException($"{call.Kind} is not a system call", nameof(call)),
    };
}
