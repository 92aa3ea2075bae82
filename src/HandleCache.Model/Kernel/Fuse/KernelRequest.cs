using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>One request between the task that sent it and the server's reply.</summary>
internal sealed class KernelRequest
{
    /// <summary>Marked when the request is sent again (FUSE_UNIQUE_RESEND).</summary>
    public required ulong Unique { get; set; }

    /// <summary>Today's opcode, whatever the dialect makes of it.</summary>
    public required FuseOpcode Opcode { get; init; }

    /// <summary>The whole message, its unique included.</summary>
    public required byte[] Message { get; init; }

    public required ReplyRoom Room { get; init; }

    /// <summary>Null: nobody waits and the server does not reply (a forced FORGET).</summary>
    public required KernelTask<KernelAnswer>? Answer { get; init; }

    /// <summary>Who made it.</summary>
    public required Caller Caller { get; init; }

    /// <summary>FR_INTERRUPTED: a signal has ended the wait that any signal ends.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>
    /// Whether a task waits for the reply in request_wait_answer(). None does for a RELEASE, and
    /// none there for a READ of the page cache: that is readahead's, in the background.
    /// </summary>
    public bool IsWaitedFor => Answer is not null && Opcode switch
    {
        FuseOpcode.FUSE_RELEASE or FuseOpcode.FUSE_RELEASEDIR or FuseOpcode.FUSE_INIT => false,
        FuseOpcode.FUSE_READ => HasLockOwner,
        _ => true,
    };

    /// <summary>fuse_direct_io() names an owner of locks, the page cache none.</summary>
    private bool HasLockOwner => (MemoryMarshal.Read<fuse_read_in>(
        Message.AsSpan(FuseRequest.HeaderBytes)).read_flags & FuseConstants.FUSE_READ_LOCKOWNER)
        != 0;

    /// <summary>Order in which requests were made.</summary>
    public required long Age { get; init; }

    /// <summary>What was agreed on when it was sent, by which its reply is read.</summary>
    public required HandleAgreement Handles { get; init; }

    /// <summary>The inode it is about; none where only its nodeid is known.</summary>
    public InodeIndex About { get; init; }

    /// <summary>What the message was made of, where the server may refuse its form.</summary>
    public byte[] Classic { get; init; } = [];

    /// <summary>The handle that went into the message, where it may be refused.</summary>
    public StoredHandle Handle { get; init; }
}

/// <summary>How a request ended for the task that sent it.</summary>
/// <param name="Errno">0, or the server's errno, or EIO for a reply of the wrong shape.</param>
/// <param name="Body">What followed the reply's head.</param>
/// <param name="Entry">The one entry of the reply, where the operation returns one.</param>
internal readonly record struct KernelAnswer(int Errno, byte[] Body, EntryIn? Entry = null)
{
    public static KernelAnswer Failure(int errno) => new(errno, []);
}
