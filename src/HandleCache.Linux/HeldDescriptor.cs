namespace HandleCache.Linux;

/// <summary>
/// A descriptor that its user keeps open by other means for as long as he uses this: calls on it
/// do without the count of <see cref="FileDescriptor"/>, whose memory all threads that use one
/// file would share.
/// </summary>
public readonly ref struct HeldDescriptor
{
    /// <param name="descriptor">Not closed before the last use of this.</param>
    public HeldDescriptor(FileDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Number = descriptor.Number;
    }

    internal int Number { get; }
}
