using System.Text;
using HandleCache.Lab.Workload;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Validate;

/// <summary>Makes the kernel evict inodes that nobody uses.</summary>
internal sealed class Evictor(IEvictedMount mount, EvictionMethod method)
{
    private static readonly TimeSpan EvictPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RoundPatience = TimeSpan.FromMilliseconds(50);

    /// <summary>Rounds without progress after which the rest is held to stay.</summary>
    private const int StuckRounds = 10;

    /// <summary>First minor with FUSE_NOTIFY_PRUNE.</summary>
    private const uint PruneMinor = 45;

    private readonly bool _prune = method == EvictionMethod.Prune
        || (method == EvictionMethod.Auto && mount.Minor >= PruneMinor);

    /// <summary>What is used, for the notes.</summary>
    public string Means => _prune ? "FUSE_NOTIFY_PRUNE" : "FUSE_NOTIFY_INVAL_ENTRY";

    /// <summary>
    /// Evicts these nodeids; true when the model has seen a FORGET for all of them.
    /// </summary>
    /// <param name="nodeids">Not used by anybody now.</param>
    /// <param name="names">Parent and name of each, for INVAL_ENTRY.</param>
    public bool Evict(ulong[] nodeids, IReadOnlyList<EvictName> names)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (_prune)
                Prune(nodeids);
            if (!_prune || attempt > 0)
                Invalidate(names);
            if (Stage.WaitFor(
                () => Array.TrueForAll(nodeids, n => mount.Held(n) == 0), EvictPatience))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Evicts everything but the root: a directory goes only after its children, so this takes as
    /// many rounds as the tree is deep. The nodeids that stayed, none when all went.
    /// </summary>
    /// <remarks>
    /// PRUNE finds inodes by nodeid and drops their unused dentries; a directory below which
    /// a negative dentry hangs is in use, and no nodeid leads to that (seen on 6.18). What PRUNE
    /// leaves is evicted by INVAL_ENTRY, which drops a dentry with all below it.
    /// </remarks>
    /// <param name="topNames">The entries of the root directory.</param>
    public ulong[] EvictAll(IEnumerable<string> topNames)
    {
        EvictName[] names = [.. topNames.Select(
            name => new EvictName(FuseConstants.FUSE_ROOT_ID, name))];
        ulong[] left = mount.HeldNodeIds();
        int stuck = 0;
        while (left.Length > 0 && stuck < StuckRounds)
        {
            if (_prune)
                Prune(left);
            if (!_prune || stuck > 0)
                Invalidate(names);
            int before = left.Length;
            Stage.WaitFor(() => mount.HeldNodeIds().Length == 0, RoundPatience);
            left = mount.HeldNodeIds();
            stuck = left.Length == before ? stuck + 1 : 0;
        }

        return left;
    }

    private void Invalidate(IReadOnlyList<EvictName> names)
    {
        // ENOENT: there is no such dentry now, which is what is wanted.
        foreach (EvictName one in names)
            mount.Notifier.InvalEntry(one.Parent, Encoding.Latin1.GetBytes(one.Name));
    }

    private void Prune(ulong[] nodeids)
    {
        Notifier notifier = mount.Notifier;
        for (int at = 0; at < nodeids.Length; at += Notifier.PruneBatch)
        {
            Errno errno = notifier.Prune(nodeids.AsSpan(
                at, Math.Min(Notifier.PruneBatch, nodeids.Length - at)));
            if (errno != Errno.None)
                throw new WorkloadException($"the kernel refused FUSE_NOTIFY_PRUNE: {errno}");
        }
    }
}

/// <summary>A directory entry by the nodeid of its directory.</summary>
/// <param name="Parent">Nodeid of the directory.</param>
/// <param name="Name">One character a byte.</param>
internal readonly record struct EvictName(ulong Parent, string Name);

/// <summary>A mount whose inodes can be made to go.</summary>
internal interface IEvictedMount
{
    /// <summary>Tells its kernel what is no longer valid.</summary>
    Notifier Notifier { get; }

    /// <summary>Of the protocol agreed on.</summary>
    uint Minor { get; }

    /// <summary>Every nodeid that the model says the kernel has, but the root's.</summary>
    ulong[] HeldNodeIds();

    /// <summary>The lookups of a nodeid that the model says the kernel holds.</summary>
    ulong Held(ulong nodeId);
}
