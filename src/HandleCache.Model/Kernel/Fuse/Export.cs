using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Handles of exportfs: fuse_encode_fh(), fuse_get_dentry(), fuse_get_parent() (R14; models the
/// export part of fs/fuse/inode.c, v6.18).
/// </summary>
internal sealed class Export(
    DentryCache dcache, KernelFaults faults, Connection conn, Requests requests, InodeGet inodes,
    DirLookup lookups)
    : IExportOperations
{
    /// <summary>One node of an exported handle, as a task keeps it.</summary>
    private sealed record Exported(ulong NodeId, uint Generation, StoredHandle Handle)
    {
        public static Exported Of(in ExportedNode node) => new(
            node.NodeId, node.Generation, new(node.Handle));
    }

    /// <summary>Not with FUSE_NO_EXPORT_SUPPORT (fuse_export_fid_operations).</summary>
    public bool CanDecode => !conn.NoExport;

    /// <summary>fuse_encode_fh() in the dialect's form; false where it is too long.</summary>
    public bool TryEncode(Dentry dentry, bool withParent, out uint type, out byte[] bytes)
    {
        Span<byte> room = stackalloc byte[FuseConstants.MAX_HANDLE_SZ];
        ExportedNode node = NodeOf(dentry.FuseInode!);
        bool fits = requests.Spoken.Export.TryWrite(
            room, node, withParent, withParent ? NodeOf(dentry.Parent.FuseInode!) : default,
            out int fidType, out int written);
        type = (uint)fidType;
        bytes = fits ? room[..written].ToArray() : [];
        return fits;
    }

    private ExportedNode NodeOf(FuseInode inode)
    {
        FileHandle handle = requests.HandleOf(inode);
        return new(inode.NodeId, inode.Generation, handle);
    }

    /// <summary>fuse_fh_to_dentry().</summary>
    public KernelTask<(Dentry? Dentry, int Errno)> FhToDentryAsync(int type, byte[] bytes) =>
        DecodeOneAsync(Decode(type, bytes)?.Node);

    /// <summary>fuse_fh_to_parent().</summary>
    public KernelTask<(Dentry? Dentry, int Errno)> FhToParentAsync(int type, byte[] bytes) =>
        DecodeOneAsync(Decode(type, bytes)?.Parent);

    /// <summary>The node and, where there is one, the parent; null for another type.</summary>
    private (Exported Node, Exported Parent)? Decode(int type, byte[] bytes) =>
        requests.Spoken.Export.TryRead(bytes, type, out ExportedNode node, out ExportedNode parent)
            ? (Exported.Of(node), Exported.Of(parent))
            : null;

    /// <summary>Models fuse_get_dentry().</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> DecodeOneAsync(Exported? exported)
    {
        // A handle alone names its inode where inodes are found by it.
        bool isByHandle = exported is { NodeId: 0, Handle.IsNone: false }
            && requests.Spoken.Identity.FoundByHandle;
        if (exported is null || (exported.NodeId == 0 && !isByHandle))
            return (null, (int)Errno.ESTALE);
        ulong nodeId = exported.NodeId;
        FuseInode? inode = isByHandle
            ? inodes.FindInode(exported.Handle.AsHandle())
            : inodes.FindInode(nodeId);
        int epoch = conn.Epoch;
        bool isAsked = false;
        if (inode is not null && IsAskedAnew(inode))
        {
            inode.Put();
            inode = null;
        }

        if (inode is null)
        {
            isAsked = requests.Spoken.Export.HasHandle;
            if (!conn.ExportSupport)
                return (null, (int)Errno.ESTALE);
            DirLookup.Found found = await lookups.LookupNameAsync(
                new(null, nodeId, exported.Handle), ".");
            if (found.Errno is not (0 or (int)Errno.ENOENT))
                return (null, found.Errno);
            inode = found.Inode;
            if (inode is null)
                return (null, (int)Errno.ESTALE);
            if (inode.NodeId != nodeId && !isByHandle && !IsKnownBy(inode, exported)
                && !faults.Has(KernelFault.ExportTakesAnother))
            {
                inode.Put();
                return (null, (int)Errno.EIO);
            }
        }

        bool isOther = (inode.Generation != exported.Generation && inode.NodeId == nodeId
                && !isByHandle && !faults.Has(KernelFault.ExportSkipsGeneration))
            || IsAnotherHandle(inode, exported);
        if (isOther)
        {
            inode.Put();
            return (null, (int)Errno.ESTALE);
        }

        Dentry alias = ObtainAlias(inode);
        if (isAsked)
            alias.Epoch = epoch;
        return (alias, 0);
    }

    /// <summary>
    /// <see cref="Protocol.Dialects.WireDesign.ExportAsksAnew"/>: no name of a cached inode was
    /// looked up in this epoch.
    /// </summary>
    private bool IsAskedAnew(FuseInode inode) => requests.Spoken.Export.AsksAnew
        && conn.ExportSupport && conn.Epoch > 1
        && inode.NodeId != FuseConstants.FUSE_ROOT_ID
        && inode.Aliases.All(alias => alias.Epoch < conn.Epoch);

    /// <summary>
    /// Where the server is asked anew, another life of it may have given the object another
    /// nodeid: the handle says that it is the same.
    /// </summary>
    private bool IsKnownBy(FuseInode inode, Exported exported) =>
        requests.Spoken.Export.AsksAnew && !exported.Handle.IsNone
        && requests.HandleOf(inode) == exported.Handle.AsHandle();

    private bool IsAnotherHandle(FuseInode inode, Exported exported)
    {
        FileHandle held = requests.HandleOf(inode);
        return !exported.Handle.IsNone && !held.IsNone
            && held != exported.Handle.AsHandle();
    }

    /// <summary>d_obtain_alias(), and whatever was found is to be asked for again.</summary>
    private Dentry ObtainAlias(FuseInode inode)
    {
        Dentry dentry = dcache.ObtainAlias(inode);
        if (inode.NodeId != FuseConstants.FUSE_ROOT_ID)
            dentry.ExpiryNs = 0;
        return dentry;
    }

    /// <summary>Models fuse_get_parent().</summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> GetParentAsync(Inode child)
    {
        if (!conn.ExportSupport)
            return (null, (int)Errno.ESTALE);
        DirLookup.Found found = await lookups.LookupNameAsync((FuseInode)child, "..");
        if (found.Errno != 0 || found.Inode is null)
        {
            bool isGone = found.Errno is 0 or (int)Errno.ENOENT;
            return (null, isGone ? (int)Errno.ESTALE : found.Errno);
        }

        return (ObtainAlias(found.Inode), 0);
    }
}
