using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

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
