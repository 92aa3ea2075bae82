using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Requests in the dialect that INIT agreed on (models fuse_simple_request(), fs/fuse/dev.c, v6.18,
/// and what the proposals make of it).
/// </summary>
internal sealed class Requests(
    KernelFaults faults, ModelKernelOptions options, Connection conn, Device device,
    FuseInodeCache cache)
{
    /// <summary>
    /// What a request is about: an inode, or a nodeid that no inode is cached of, with the handle
    /// an entry or an exported handle brought.
    /// </summary>
    public readonly record struct Subject(
        FuseInode? Inode, ulong NodeId, StoredHandle Handle)
    {
        public static implicit operator Subject(FuseInode inode) =>
            new(inode, inode.NodeId, default);
    }

    public Dialect Spoken => device.Handles.Dialect;

    /// <summary>The handle that goes into a request about the inode.</summary>
    public FileHandle HandleOf(FuseInode inode) =>
        Spoken.CarriesHandles ? cache.Get(inode.Index).Handle : default;

    /// <summary>Sends a request about an inode.</summary>
    public KernelTask<KernelAnswer> SendAsync(
        FuseOpcode opcode, FuseInode about, byte[] body, ReplyRoom room) =>
        device.AskAsync(opcode, about.NodeId, about.Index, HandleOf(about), body, room);

    /// <summary>Sends an operation that the server may not know: ENOSYS is remembered.</summary>
    public async KernelTask<KernelAnswer> AskAsync(
        FuseOpcode opcode, FuseInode about, byte[] body, ReplyRoom room)
    {
        KernelAnswer answer = await SendAsync(opcode, about, body, room);
        if (answer.Errno == (int)Errno.ENOSYS && !faults.Has(KernelFault.NotKnownForgotten))
            conn.Unsupported.Add(opcode);
        return answer;
    }

    public KernelTask<KernelAnswer> SendAsync(
        FuseOpcode opcode, in Subject about, byte[] body, ReplyRoom room, bool bringsHandle)
    {
        InodeIndex index = about.Inode?.Index ?? InodeIndex.None;
        FileHandle handle = !bringsHandle || !Spoken.CarriesHandles
            ? default
            : about.Inode is { } inode
                ? HandleOf(inode)
                : about.Handle.AsHandle();
        return device.AskAsync(opcode, about.NodeId, index, handle, body, room);
    }

    /// <summary>
    /// An operation that returns one entry: the request, and STATX behind it where the dialect's
    /// entry, or a server without compounds, leaves the attributes to that. The entry's handle
    /// goes into the STATX: no inode is cached yet.
    /// </summary>
    public async KernelTask<KernelAnswer> AskEntryAsync(
        FuseOpcode opcode, Subject about, byte[] body, ReplyRoom room, bool bringsHandle = true)
    {
        KernelAnswer answer = await SendAsync(opcode, about, body, room, bringsHandle);
        if (answer is { Errno: not 0, Entry: { NodeId: not 0 } lost })
            ForgetWithoutAttributes(lost.NodeId);
        bool isWhole = answer.Errno != 0 || answer.Entry is { PartsLeft: 0 } or { NodeId: 0 };
        if (isWhole || answer.Entry is not { } entry)
            return answer;
        Subject made = new(null, entry.NodeId, entry.Handle);
        KernelAnswer stat = await SendAsync(
            FuseOpcode.FUSE_STATX, made,
            FuseArgs.Bytes(new fuse_statx_in { sx_mask = StatxMask.BasicStats }),
            ReplyRoom.Of<fuse_statx_out>(),
            bringsHandle: true);
        if (stat.Errno != 0)
        {
            ForgetWithoutAttributes(entry.NodeId);
            return KernelAnswer.Failure(stat.Errno);
        }

        fuse_entry_out whole = entry.Entry;
        StatxAttributes.Fill(
            ref whole, MemoryMarshal.Read<fuse_statx_out>(stat.Body));
        return answer with
        {
            Entry = entry with { Entry = whole, PartsLeft = entry.PartsLeft - 1 },
        };
    }

    /// <summary>
    /// Whether a LOOKUP brings its parent's handle: not where that is what is tried out, and not
    /// in a revalidation of the posted v3.
    /// </summary>
    public bool LookupBringsHandle(bool isRevalidation) => !options.NoParentHandle
        && !(isRevalidation && Spoken.Has(DialectDefect.V3RevalidateWithoutParent));

    /// <summary>
    /// Takes back the lookup of an entry that is of no use. Where an inode has one lookup for its
    /// life (fusex), a cached inode may need it: then there is nothing to take back.
    /// </summary>
    public void ForgetEntry(ulong nodeId)
    {
        if (!KeepsItsLookup(nodeId))
            QueueForget(nodeId, 1);
    }

    /// <summary>
    /// The entry's attributes cannot be had; fusex with compounds leaves its lookup to the server.
    /// </summary>
    private void ForgetWithoutAttributes(ulong nodeId)
    {
        if (!KeepsItsLookup(nodeId)
            && !Spoken.Has(DialectDefect.FusexStatxFailureKeepsLookup))
        {
            QueueForget(nodeId, 1);
        }
    }

    public bool KeepsItsLookup(ulong nodeId)
    {
        bool keeps = Spoken.ForgetsOne && !cache.Find(nodeId).IsNone;
        if (keeps)
            options.Entries?.Uncounted(nodeId);
        return keeps;
    }

    /// <summary>A reply counted a lookup of a cached inode outside iget.</summary>
    public void CountLookup(FuseInode inode)
    {
        if (Spoken.ForgetsOne)
            options.Entries?.Uncounted(inode.NodeId);
        else
            cache.AddLookup(inode.Index);
    }

    private void QueueForget(ulong nodeId, ulong nlookup) =>
        cache.Forgets.Enqueue(nodeId, nlookup);
}
