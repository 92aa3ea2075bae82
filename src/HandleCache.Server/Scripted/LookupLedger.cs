using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Scripted;

/// <summary>
/// The server's side of the lookup counts: what it gave and what was forgotten. Safe from any
/// thread.
/// </summary>
public sealed class LookupLedger
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, long> _counts = [];
    private readonly List<(ulong NodeId, ulong Count)> _forgets = [];
    private readonly List<string> _strays = [];

    public void Give(ulong nodeId)
    {
        lock (_lock)
            _counts[nodeId] = _counts.GetValueOrDefault(nodeId) + 1;
    }

    /// <summary>A lookup that was given in a reply which the kernel did not take.</summary>
    public void TakeBack(ulong nodeId)
    {
        lock (_lock)
            _counts[nodeId] = _counts.GetValueOrDefault(nodeId) - 1;
    }

    public void Forget(ulong nodeId, ulong count)
    {
        lock (_lock)
        {
            long left = _counts.GetValueOrDefault(nodeId) - (long)count;
            _counts[nodeId] = left;
            _forgets.Add((nodeId, count));
            if (left < 0)
            {
                _strays.Add(FormattableString.Invariant(
                    $"FORGET {nodeId} {count} takes {-left} more than were given"));
            }
        }
    }

    /// <summary>
    /// A request for a nodeid: the kernel must hold a lookup of it, or it is the root.
    /// </summary>
    public void Ask(FuseOpcode opcode, ulong nodeId)
    {
        if (nodeId == FuseConstants.FUSE_ROOT_ID)
            return;
        lock (_lock)
        {
            if (_counts.GetValueOrDefault(nodeId) <= 0)
                _strays.Add(FormattableString.Invariant($"{opcode} {nodeId} is forgotten"));
        }
    }

    /// <summary>
    /// What no kernel may do: forgets of more than was given, requests for what was forgotten.
    /// </summary>
    public IReadOnlyList<string> Strays
    {
        get
        {
            lock (_lock)
                return [.. _strays];
        }
    }

    /// <summary>
    /// Lookups of a nodeid given and not forgotten; negative where more came back.
    /// </summary>
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
