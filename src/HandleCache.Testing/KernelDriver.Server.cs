using System.Buffers.Binary;
using HandleCache.Protocol.Abi;

namespace HandleCache.Testing;

/// <summary>What happens to time, memory, replies and the server.</summary>
public sealed partial class KernelDriver
{
    private const int UniqueAt = 8;

    private readonly Queue<byte[]> _delayed = new();

    /// <summary>What becomes of the next reply; then it is None again.</summary>
    public ReplyFault NextReply { get; set; }

    /// <summary>Replies that wait for <see cref="DeliverDelayed"/>.</summary>
    public int DelayedCount => _delayed.Count;

    /// <summary>The virtual clock goes on.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Kernel.NowNs += time.Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>Memory pressure: what nobody uses is forgotten; FORGETs wait to be read.</summary>
    public void DropMemory() => Kernel.Shrink();

    /// <summary>The oldest reply that was delayed comes; the errno of the server's write.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public int DeliverDelayed() => Kernel.WriteReply(_delayed.Dequeue());

    /// <summary>
    /// The server dies, and another reads from the same connection: delayed replies are lost, and
    /// requests that were read and not answered come again, marked
    /// (<see cref="FuseConstants.FUSE_UNIQUE_RESEND"/>), oldest first. The errno of the write of
    /// FUSE_NOTIFY_RESEND.
    /// </summary>
    public int CrashAndRestart()
    {
        _delayed.Clear();
        return Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
    }

    /// <summary>
    /// The server dies and nobody takes its place: every call under way ends with ECONNABORTED.
    /// </summary>
    public void CrashForGood()
    {
        _delayed.Clear();
        Kernel.Unmount();
    }

    private int Deliver(byte[] message)
    {
        ReplyFault fault = NextReply;
        NextReply = ReplyFault.None;
        switch (fault)
        {
            case ReplyFault.Lost:
                return 0;
            case ReplyFault.Delayed:
                _delayed.Enqueue(message);
                return 0;
            case ReplyFault.Twice:
                Kernel.WriteReply(message);
                return Kernel.WriteReply(message);
            case ReplyFault.Truncated:
                return Kernel.WriteReply(OfLength(message, message.Length - 1));
            case ReplyFault.Extended:
                return Kernel.WriteReply(OfLength(message, message.Length + 1));
            case ReplyFault.WrongLength:
                BinaryPrimitives.WriteInt32LittleEndian(message, message.Length + 1);
                return Kernel.WriteReply(message);
            case ReplyFault.WrongUnique:
                message[UniqueAt + sizeof(int)] ^= 0xff;
                return Kernel.WriteReply(message);
            default:
                return Kernel.WriteReply(message);
        }
    }

    private static byte[] OfLength(byte[] message, int bytes)
    {
        Array.Resize(ref message, bytes);
        BinaryPrimitives.WriteInt32LittleEndian(message, bytes);
        return message;
    }
}
