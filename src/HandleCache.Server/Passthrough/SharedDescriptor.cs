using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// A descriptor that its owner and any number of requests hold at once; the last one to let go
/// closes it. So an owner may drop it while another thread is in the middle of a request.
/// </summary>
internal sealed class SharedDescriptor(FileDescriptor descriptor)
{
    private int _holders = 1;

    public FileDescriptor Descriptor { get; } = descriptor;

    /// <summary>One more holder; false when the last one has gone already.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>
    /// Lets go of the owner's hold and closes, if nobody else holds it; false when somebody does.
    /// </summary>
    public bool TryEnd()
    {
        if (Interlocked.CompareExchange(ref _holders, 0, 1) != 1)
            return false;
        Descriptor.Dispose();
        return true;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Descriptor.Dispose();
    }
}

/// <summary>A hold on a descriptor for the length of one request.</summary>
internal readonly ref struct DescriptorLease
{
    private readonly SharedDescriptor? _shared;

    /// <summary>Takes over a hold that the caller has on <paramref name="shared"/>.</summary>
    public DescriptorLease(SharedDescriptor shared) => _shared = shared;

    /// <summary>Nothing: the object could not be reached.</summary>
    public bool IsNone => _shared is null;

    public FileDescriptor Descriptor =>
        _shared?.Descriptor ?? throw new InvalidOperationException("a lease of nothing");

    /// <summary>The same for calls made while the lease lasts.</summary>
    public HeldDescriptor Held => new(Descriptor);

    public void Dispose() => _shared?.Release();
}
