using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The memory that a keeper shares with its server, one layout for both: head, a slot a worker,
/// the ring of log records, a receive buffer a worker. The server writes, the keeper reads; after
/// kill -9 all that was written is still here.
/// </summary>
/// <remarks>
/// A request is read straight into its worker's receive buffer, so that a FORGET which the dying
/// server had read, and of which the kernel keeps nothing, is found there by the keeper.
/// </remarks>
internal sealed class KeeperMemory : IDisposable
{
    public const int MaxWorkers = 8;

    /// <summary>Slots of the ring, a power of two.</summary>
    public const int Records = 8192;

    private const int WordBytes = 8;
    private const int HeadAt = 0;
    private const int TailAt = 64;
    private const int AnsweredAt = 128;
    private const int AskedAt = 192;
    private const int WorkersAt = 1024;
    private const int WorkerBytes = 64;
    private const int RingAt = 4096;

    private static readonly int BuffersAt = RingAt + (Records * Unsafe.SizeOf<LogRecord>());

    private readonly SharedMemory _memory;

    private KeeperMemory(SharedMemory memory, int bufferBytes)
    {
        _memory = memory;
        BufferBytes = bufferBytes;
    }

    public FileDescriptor Descriptor => _memory.Descriptor;

    /// <summary>Size of one receive buffer, bytes.</summary>
    public int BufferBytes { get; }

    /// <summary>Next sequence number of the log; taken by Interlocked.Increment.</summary>
    public ref ulong Head => ref Word(HeadAt);

    /// <summary>First record that the keeper has not taken.</summary>
    public ref ulong Tail => ref Word(TailAt);

    /// <summary>Replies written in this server's life.</summary>
    public ref ulong Answered => ref Word(AnsweredAt);

    /// <summary>Not 0 when this server has read a request that wants a reply.</summary>
    public ref ulong Asked => ref Word(AskedAt);

    public static KeeperMemory Create(int bufferBytes) =>
        new(SharedMemory.Create("handlecache-keeper", TotalBytes(bufferBytes)), bufferBytes);

    public static KeeperMemory Map(FileDescriptor descriptor, int bufferBytes) =>
        new(SharedMemory.Map(descriptor, TotalBytes(bufferBytes)), bufferBytes);

    /// <summary>Number of the receive a worker began last.</summary>
    public ref ulong Received(int worker) => ref Word(WorkersAt + (worker * WorkerBytes));

    /// <summary>Number of the receive whose FORGETs are all in the log.</summary>
    public ref ulong Logged(int worker) =>
        ref Word(WorkersAt + (worker * WorkerBytes) + WordBytes);

    /// <summary>
    /// Unique of the last reply that the kernel is known to have taken or refused.
    /// </summary>
    public ref ulong Confirmed(int worker) =>
        ref Word(WorkersAt + (worker * WorkerBytes) + (2 * WordBytes));

    public ref LogRecord Record(ulong sequence)
    {
        int at = RingAt + ((int)(sequence % Records) * Unsafe.SizeOf<LogRecord>());
        return ref MemoryMarshal.AsRef<LogRecord>(_memory.Bytes[at..]);
    }

    public Span<byte> Buffer(int worker) =>
        _memory.Bytes.Slice(BuffersAt + (worker * BufferBytes), BufferBytes);

    /// <summary>
    /// Called by a server before its workers read. Where a reader is killed while the kernel
    /// copies a request to a page that is not mapped, the kernel cannot map it any more and
    /// answers the request itself, with EIO (fuse_dev_do_read(), fs/fuse/dev.c).
    /// </summary>
    public void HoldBuffers(int workers) => _memory.Hold(BuffersAt, workers * BufferBytes);

    public void Dispose() => _memory.Dispose();

    private static int TotalBytes(int bufferBytes) => BuffersAt + (MaxWorkers * bufferBytes);

    private ref ulong Word(int at) => ref MemoryMarshal.AsRef<ulong>(_memory.Bytes[at..]);
}
