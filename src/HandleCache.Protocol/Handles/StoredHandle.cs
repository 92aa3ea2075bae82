namespace HandleCache.Protocol.Handles;

/// <summary>
/// A file handle that may be kept: a copy of a <see cref="FileHandle"/> with bytes of its own, the
/// same by value, so that it can be a key. The default value is no handle, as that of
/// <see cref="FileHandle"/>.
/// </summary>
public readonly struct StoredHandle : IEquatable<StoredHandle>
{
    private readonly byte[]? _bytes;

    /// <summary>Copies the bytes.</summary>
    public StoredHandle(scoped in FileHandle handle)
    {
        Type = handle.Type;
        _bytes = handle.Bytes.IsEmpty ? null : handle.Bytes.ToArray();
    }

    /// <summary>All 32 bits of the type.</summary>
    public uint Type { get; }

    public int Length => _bytes?.Length ?? 0;

    public bool IsNone => AsHandle().IsNone;

    public static bool operator ==(StoredHandle left, StoredHandle right) => left.Equals(right);

    public static bool operator !=(StoredHandle left, StoredHandle right) => !left.Equals(right);

    /// <summary>The handle, on the bytes that are stored here.</summary>
    public FileHandle AsHandle() => new(Type, _bytes);

    public bool Equals(StoredHandle other) => AsHandle() == other.AsHandle();

    public override bool Equals(object? obj) => obj is StoredHandle other && Equals(other);

    public override int GetHashCode() => AsHandle().GetHashCode();
}
