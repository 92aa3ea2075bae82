using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux.Rings;

/// <summary>
/// A small io_uring with 128-byte submissions, used by the one thread that makes it
/// (IORING_SETUP_SINGLE_ISSUER): what is submitted and what has completed is exchanged with the
/// kernel in <see cref="SubmitAndWait"/> and nowhere else.
/// </summary>
internal sealed unsafe class IoRing : IDisposable
{
    private const uint Sqe128 = 1 << 10;
    private const uint SingleIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13;
    private const uint SingleMapping = 1;
    private const uint GetEvents = 1;
    private const uint RegisterFiles = 2;
    private const long OffsetOfSubmissions = 0x1000_0000;

    private readonly RingMapping _ring;
    private readonly RingMapping _submissions;
    private readonly RingParameters _parameters;

    /// <exception cref="LinuxException">io_uring is disabled, or older than 6.1.</exception>
    public IoRing(uint entries)
    {
        RingParameters parameters = new() { Flags = Sqe128 | SingleIssuer | DeferTaskRun };
        // SAFETY: the kernel reads and fills the struct of its size.
        long number = LibC.syscall(LibC.SYS_io_uring_setup, entries, &parameters);
        Sys.Require(number, "io_uring_setup");
        Descriptor = FileDescriptor.Own((int)number);
        _parameters = parameters;
        try
        {
            if ((parameters.Features & SingleMapping) == 0)
                throw new LinuxException(Errno.ENOSYS, "io_uring: one mapping for both rings");
            _ring = new RingMapping(Descriptor, RingBytes(parameters), 0);
            _submissions = new RingMapping(
                Descriptor, parameters.SqEntries * (nuint)sizeof(SubmissionEntry),
                OffsetOfSubmissions);
        }
        catch (LinuxException)
        {
            _ring?.Dispose();
            Descriptor.Dispose();
            throw;
        }

        // Entry i of the array is submission i, for good.
        uint* array = (uint*)(_ring.Address + parameters.Sq.Array);
        for (uint i = 0; i < parameters.SqEntries; i++)
            array[i] = i;
    }

    public FileDescriptor Descriptor { get; }

    /// <summary>
    /// Registers the one file that submissions with <see cref="SubmissionEntry.FixedFile"/> and
    /// descriptor 0 mean: the kernel then needs no count on it for each, which all processors
    /// would share.
    /// </summary>
    public Errno Register(FileDescriptor file)
    {
        using DescriptorScope scope = new(file);
        int number = file.Number;
        // SAFETY: an array of one descriptor, read during the call.
        return Sys.Status(LibC.syscall(
            LibC.SYS_io_uring_register, Descriptor, RegisterFiles, &number, 1));
    }

    /// <summary>
    /// The next submission, all zero; it goes to the kernel with the next
    /// <see cref="SubmitAndWait"/>. False when as many wait already as there is room for.
    /// </summary>
    public bool TryPush(in SubmissionEntry entry)
    {
        ref uint tail = ref Counter(_parameters.Sq.Tail);
        if (tail - Volatile.Read(ref Counter(_parameters.Sq.Head)) == _parameters.SqEntries)
            return false;
        // SAFETY: the index is below SqEntries, which is a power of two.
        uint at = tail & (_parameters.SqEntries - 1);
        ((SubmissionEntry*)_submissions.Address)[at] = entry;
        Volatile.Write(ref tail, tail + 1);
        return true;
    }

    /// <summary>Submits what was pushed and waits for a completion. EINTR: try again.</summary>
    public Errno SubmitAndWait()
    {
        uint waiting = Counter(_parameters.Sq.Tail)
            - Volatile.Read(ref Counter(_parameters.Sq.Head));
        // SAFETY: no argument struct.
        return Sys.Status(LibC.syscall(
            LibC.SYS_io_uring_enter, Descriptor, waiting, 1, GetEvents, null, 0));
    }

    /// <summary>Takes one completion, if one is there.</summary>
    public bool TryTake(out CompletionEntry completion)
    {
        ref uint head = ref Counter(_parameters.Cq.Head);
        if (head == Volatile.Read(ref Counter(_parameters.Cq.Tail)))
        {
            completion = default;
            return false;
        }

        // SAFETY: the index is below CqEntries, which is a power of two.
        CompletionEntry* entries = (CompletionEntry*)(_ring.Address + _parameters.Cq.Entries);
        completion = entries[head & (_parameters.CqEntries - 1)];
        Volatile.Write(ref head, head + 1);
        return true;
    }

    /// <summary>Cancels what is under way and closes the ring.</summary>
    public void Dispose()
    {
        _submissions.Dispose();
        _ring.Dispose();
        Descriptor.Dispose();
    }

    [SuppressMessage("Performance", "CA1859", Justification = "A counter shared with the kernel.")]
    private ref uint Counter(uint offset) =>
        // SAFETY: an offset that the kernel gave for this mapping.
        ref Unsafe.AsRef<uint>(_ring.Address + offset);

    private static nuint RingBytes(in RingParameters parameters)
    {
        nuint submissions = parameters.Sq.Array + (parameters.SqEntries * sizeof(uint));
        nuint completions =
            parameters.Cq.Entries + (parameters.CqEntries * (nuint)sizeof(CompletionEntry));
        return Math.Max(submissions, completions);
    }
}
