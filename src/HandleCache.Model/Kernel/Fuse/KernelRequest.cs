using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;

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
