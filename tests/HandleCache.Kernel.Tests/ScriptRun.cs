using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;

namespace HandleCache.Kernel.Tests;

/// <summary>One script on the modelled kernel alone, with everything that came of it.</summary>
internal sealed record ScriptRun(
    string Transcript, IReadOnlyList<string> Results, IReadOnlyList<string> HeldByServer,
    IReadOnlyList<string> HeldByKernel, IReadOnlyList<ValidationError> Errors)
{
    public static ScriptRun Of(Script script, FuseInodeCacheOptions inodes)
    {
        using ModelSide side = new(script, new ModelKernelOptions { Inodes = inodes });
        List<string> results = [];
        foreach (VfsCall call in script.Calls)
        {
            bool isNotification = call.Kind >= VfsCallKind.NotifyInvalInode;
            VfsResult result = isNotification
                ? ScriptNotifications.Send(side, call)
                : side.Run(call);
            if (isNotification)
                side.Settle();
            results.Add(result.ToString());
        }

        IReadOnlyList<string> server = side.Server.Ledger.Held();
        List<string> kernel = [];
        SortedSet<ulong> nodeIds = [];
        FuseInodeCache cache = side.Kernel.Inodes;
        for (InodeIndex at = cache.Next(InodeIndex.None); !at.IsNone; at = cache.Next(at))
            nodeIds.Add(cache.Get(at).NodeId);
        foreach (ulong nodeId in nodeIds)
        {
            if (cache.Held(nodeId) is > 0 and ulong held)
                kernel.Add($"{nodeId} {held}");
        }

        return new(side.Transcript, results, server, kernel, cache.Validate());
    }

    /// <summary>Whether two runs cannot be told apart from outside.</summary>
    public bool LooksLike(ScriptRun other) =>
        Transcript == other.Transcript && Results.SequenceEqual(other.Results)
        && HeldByKernel.SequenceEqual(other.HeldByKernel);
}
