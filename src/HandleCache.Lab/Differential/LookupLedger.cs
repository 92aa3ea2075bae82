namespace HandleCache.Lab.Differential;

/// <summary>
/// The server's side of the lookup counts: what it gave and what was forgotten. Safe from any
/// thread.
/// </summary>
public sealed class LookupLedger
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, long> _counts = [];
    private readonly List<(ulong NodeId, ulong Count)> _forgets = [];

    public void Give(ulong nodeId)
    {
        lock (_lock)
            _counts[nodeId] = _counts.GetValueOrDefault(nodeId) + 1;
    }

    public void Forget(ulong nodeId, ulong count)
    {
        lock (_lock)
        {
            _counts[nodeId] = _counts.GetValueOrDefault(nodeId) - (long)count;
            _forgets.Add((nodeId, count));
        }
    }

    /// <summary>Lookups of a nodeid given and not forgotten; negative where more came back.</summary>
    public long CountOf(ulong nodeId)
    {
        lock (_lock)
            return _counts.GetValueOrDefault(nodeId);
    }

    /// <summary>How many forgets came so far.</summary>
    public int ForgetCount
    {
        get
        {
            lock (_lock)
                return _forgets.Count;
        }
    }

    /// <summary>The forgets from a number on, sorted: their order is the kernel's affair.</summary>
    public IReadOnlyList<string> ForgetsFrom(int first)
    {
        lock (_lock)
        {
            return [.. _forgets.Skip(first).Order()
                .Select(f => FormattableString.Invariant($"FORGET {f.NodeId} {f.Count}"))];
        }
    }

    /// <summary>Nodeids whose count is not 0, as "nodeid count".</summary>
    public IReadOnlyList<string> Held()
    {
        lock (_lock)
        {
            return [.. _counts.Where(pair => pair.Value != 0)
                .Select(pair => FormattableString.Invariant($"{pair.Key} {pair.Value}"))];
        }
    }
}
