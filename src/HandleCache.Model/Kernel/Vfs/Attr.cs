namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Attributes are changed: notify_change() (models fs/attr.c, v6.18), and the call of fs/utimes.c.
/// </summary>
internal sealed class Attr(IInodeOperations iops, NameiRetry retry)
{
    /// <summary>notify_change(), with the inode's lock held around it.</summary>
    public async KernelTask<int> ChangeAsync(Dentry dentry, Iattr changes)
    {
        KernelLock held = dentry.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        try
        {
            return await iops.SetAttrAsync(dentry, changes);
        }
        finally
        {
            held.Release(exclusive: true);
        }
    }

    /// <summary>utimensat(): both times, in whole seconds.</summary>
    public KernelTask<VfsResult> UTimesAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry => new VfsResult(await ChangeAsync(
            dentry,
            new()
            {
                Valid = AttrFlags.ATime | AttrFlags.MTime,
                ATime = new((ulong)call.Size, 0),
                MTime = new((ulong)call.Size, 0),
            })));
}
