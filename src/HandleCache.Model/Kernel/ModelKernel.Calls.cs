using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Which system call is which method.</summary>
public sealed partial class ModelKernel
{
    /// <summary>
    /// Memory pressure: every dentry nobody uses is freed, and with it its inode.
    /// </summary>
    public void Shrink()
    {
        if (_root is not null)
            _dcache.ShrinkBelow(_root);
    }

    /// <exception cref="ArgumentException">
    /// A call that only the driver of a script can make.
    /// </exception>
    private KernelTask<VfsResult> CallAsync(VfsCall call) => call.Kind switch
    {
        VfsCallKind.Stat => StatAsync(call),
        VfsCallKind.StatAt => StatAtAsync(call),
        VfsCallKind.FStat => FStatAsync(call),
        VfsCallKind.Access => AccessAsync(call),
        VfsCallKind.Open => OpenCallAsync(call),
        VfsCallKind.Close => CloseAsync(call.Slot),
        VfsCallKind.Read => ReadAsync(call),
        VfsCallKind.Write => WriteAsync(call),
        VfsCallKind.ReadDir => ReadDirAsync(call, once: false),
        VfsCallKind.ReadDirOnce => ReadDirAsync(call, once: true),
        VfsCallKind.MkDir => MkDirAsync(call),
        VfsCallKind.MkNod => MkNodAsync(call),
        VfsCallKind.Symlink => SymlinkAsync(call),
        VfsCallKind.Link => LinkAsync(call),
        VfsCallKind.Unlink => UnlinkAsync(call),
        VfsCallKind.RmDir => RmDirAsync(call),
        VfsCallKind.Rename => RenameAsync(call),
        VfsCallKind.ChMod => ChModAsync(call),
        VfsCallKind.ChGrp => ChGrpAsync(call),
        VfsCallKind.Truncate => TruncateAsync(call),
        VfsCallKind.FTruncate => FTruncateAsync(call),
        VfsCallKind.UTimes => UTimesAsync(call),
        VfsCallKind.GetXattr => GetXattrAsync(call),
        VfsCallKind.SetXattr => SetXattrAsync(call),
        VfsCallKind.ListXattr => ListXattrAsync(call),
        VfsCallKind.RemoveXattr => RemoveXattrAsync(call),
        VfsCallKind.ReadLink => ReadLinkAsync(call),
        VfsCallKind.StatFs => StatFsAsync(call),
        VfsCallKind.FSync => FSyncAsync(call),
        VfsCallKind.NameToHandle => NameToHandleAsync(call),
        VfsCallKind.OpenByHandle => OpenByHandleAsync(call),
        _ => throw new ArgumentException($"{call.Kind} is not a system call", nameof(call)),
    };

    private async KernelTask<VfsResult> FStatAsync(VfsCall call) =>
        FileAt(call.Slot) is { } file
            ? await StatInodeAsync(file.Dentry.Inode!, call.Mode, call.Flags)
            : VfsResult.Failure((int)Errno.EBADF);
}
