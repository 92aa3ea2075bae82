using System.Buffers;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Sessions;

/// <summary>
/// What the server tells the kernel unasked (rule R12). Never call it from inside an operation:
/// the kernel may take the lock that the operation's caller holds.
/// </summary>
public sealed class Notifier(IChannelPort port)
{
    /// <summary>Nodeids the kernel takes in one PRUNE (batches of 512, PROPOSALS.md).</summary>
    public const int PruneBatch = 512;

    /// <summary>
    /// Attributes and (with offset >= 0) cached pages of an inode are no longer valid.
    /// </summary>
    public Errno InvalInode(ulong nodeid, long offset = -1, long lengthBytes = 0) =>
        Send(FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE, new fuse_notify_inval_inode_out
        {
            ino = nodeid,
            off = offset,
            len = lengthBytes,
        });

    /// <summary>A dentry is no longer valid.</summary>
    /// <param name="parent">Nodeid of the directory.</param>
    /// <param name="name">The name, without NUL.</param>
    /// <param name="expireOnly">Only its time is over; it is not dropped.</param>
    public Errno InvalEntry(ulong parent, ReadOnlySpan<byte> name, bool expireOnly = false) =>
        Send(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
            new fuse_notify_inval_entry_out
            {
                parent = parent,
                namelen = (uint)name.Length,
                flags = expireOnly ? FuseConstants.FUSE_EXPIRE_ONLY : 0,
            },
            name,
            nulBytes: 1);

    /// <summary>A name was deleted behind the kernel's back.</summary>
    public Errno Delete(ulong parent, ulong child, ReadOnlySpan<byte> name) =>
        Send(
            FuseNotifyCode.FUSE_NOTIFY_DELETE,
            new fuse_notify_delete_out
            {
                parent = parent,
                child = child,
                namelen = (uint)name.Length,
            },
            name,
            nulBytes: 1);

    /// <summary>
    /// Drops the unused dentries of up to <see cref="PruneBatch"/> nodeids (7.45 on).
    /// </summary>
    public Errno Prune(ReadOnlySpan<ulong> nodeids) =>
        Send(
            FuseNotifyCode.FUSE_NOTIFY_PRUNE,
            new fuse_notify_prune_out { count = (uint)nodeids.Length },
            MemoryMarshal.AsBytes(nodeids));

    /// <summary>All dentries of older epochs are invalid from now on.</summary>
    public Errno IncEpoch() => Send(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH);

    /// <summary>Every request read but not answered is to be sent again.</summary>
    public Errno Resend() => Send(FuseNotifyCode.FUSE_NOTIFY_RESEND);

    private Errno Send(FuseNotifyCode code) => port.Send(MessageBuilder.Notification(code));

    private Errno Send<T>(
        FuseNotifyCode code, in T fixedPart, ReadOnlySpan<byte> tail = default, int nulBytes = 0)
        where T : unmanaged
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(
            MessageBuilder.NotificationBytes<T>(tail.Length + nulBytes));
        try
        {
            int bytes = MessageBuilder.WriteNotification(
                message, code, fixedPart, tail, nulBytes);
            return port.Send(message.AsSpan(0, bytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }
}
