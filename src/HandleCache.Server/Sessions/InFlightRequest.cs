namespace HandleCache.Server.Sessions;

/// <summary>
/// The one request a worker is busy with; the worker sets it, any thread may mark it.
/// </summary>
internal sealed class InFlightRequest
{
    private ulong _unique;
    private ulong _interrupted;

    /// <summary>Whether the request at hand has been interrupted.</summary>
    public bool IsInterrupted
    {
        get
        {
            ulong unique = Volatile.Read(ref _unique);
            return unique != 0 && Volatile.Read(ref _interrupted) == unique;
        }
    }

    public void Begin(ulong unique) => Volatile.Write(ref _unique, unique);

    public void End() => Volatile.Write(ref _unique, 0);

    /// <summary>Marks the request if it is the one at hand.</summary>
    public bool TryInterrupt(ulong unique)
    {
        if (Volatile.Read(ref _unique) != unique)
            return false;
        Volatile.Write(ref _interrupted, unique);
        return true;
    }
}
