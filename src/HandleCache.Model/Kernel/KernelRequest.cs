namespace HandleCache.Model.Kernel;

/// <summary>One request between the task that sent it and the server's reply.</summary>
internal sealed class KernelRequest(
    ulong unique, byte[] message, ReplyRoom room, KernelTask<KernelAnswer>? answer, long age)
{
    /// <summary>Marked when the request is sent again (FUSE_UNIQUE_RESEND).</summary>
    public ulong Unique { get; set; } = unique;

    /// <summary>The whole message, its unique included.</summary>
    public byte[] Message { get; } = message;

    public ReplyRoom Room { get; } = room;

    /// <summary>Null: nobody waits and the server does not reply (a forced FORGET).</summary>
    public KernelTask<KernelAnswer>? Answer { get; } = answer;

    /// <summary>Order in which requests were made.</summary>
    public long Age { get; } = age;
}
