using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;

namespace HandleCache.Kernel.Tests;

/// <summary>One script on the modelled kernel alone, with everything that came of it.</summary>
internal sealed record ScriptRun(
    string Transcript, IReadOnlyList<string> Results, IReadOnlyList<string> HeldByServer,
    IReadOnlyList<string> HeldByKernel, IReadOnlyList<ValidationError> Errors,
    IReadOnlyList<string> Strays)
{
    /// <summary>The first thing the kernel did that none may do; null for none.</summary>
    public string? FirstStray => Strays.Count > 0 ? Strays[0] : null;

    /// <param name="script">What to do.</param>
    /// <param name="inodes">How inodes are kept.</param>
    /// <param name="afterCall">Told of every call and its result, between calls.</param>
    public static ScriptRun Of(
        Script script, FuseInodeCacheOptions? inodes = null,
        Action<ModelSide, VfsCall, VfsResult>? afterCall = null, KernelVersion? version = null)
    {
        ModelKernelOptions options = new();
        using ModelSide side = new(script, options with
        {
            Inodes = inodes ?? options.Inodes,
            Version = version ?? options.Version,
        });
        List<string> results = [];
        foreach (VfsCall call in script.Calls)
        {
            VfsResult result = Make(side, call);
            results.Add(result.ToString());
            if (side.Errors.Count > 0 && inodes is not { Faults.Any: true })
                throw new InvalidOperationException($"after {call}: {side.Errors[0]}");
            afterCall?.Invoke(side, call, result);
        }

        return new(
            side.Transcript, results, side.Server.Ledger.Held(), HeldIn(side.Kernel.Inodes),
            side.Errors, side.Server.Ledger.Strays);
    }

    /// <summary>One call or notification, with all that follows from it.</summary>
    public static VfsResult Make(ModelSide side, VfsCall call)
    {
        if (call.Kind < VfsCallKind.NotifyInvalInode)
            return side.Run(call);
        VfsResult result = ScriptNotifications.Send(side, call);
        side.Settle();
        return result;
    }

    /// <summary>Every inode of a cache.</summary>
    public static IEnumerable<InodeIndex> InodesOf(FuseInodeCache cache)
    {
        for (InodeIndex at = cache.Next(InodeIndex.None); !at.IsNone; at = cache.Next(at))
            yield return at;
    }

    /// <summary>Nodeids and lookups that the kernel holds.</summary>
    public static IReadOnlyList<string> HeldIn(FuseInodeCache cache)
    {
        SortedSet<ulong> nodeIds = [.. InodesOf(cache).Select(at => cache.Get(at).NodeId)];
        List<string> held = [];
        foreach (ulong nodeId in nodeIds)
        {
            if (cache.Held(nodeId) is > 0 and ulong count)
                held.Add($"{nodeId} {count}");
        }

        return held;
    }

    /// <summary>Whether two runs cannot be told apart from outside.</summary>
    public bool LooksLike(ScriptRun other) =>
        Transcript == other.Transcript && Results.SequenceEqual(other.Results)
        && HeldByKernel.SequenceEqual(other.HeldByKernel);
}
