using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Traffic;

/// <summary>Entries: each counts a lookup, and must be of the inode that the kernel has.</summary>
public sealed partial class TrafficCheck
{
    /// <summary>
    /// Counts the lookup of an entry (R4, R5, R7, R8, R11); entries for which the kernel counts
    /// none do not come here.
    /// </summary>
    public void Entry(in TrafficEntry entry, scoped in FileHandle handle)
    {
        FuseInodeCache cache = Cache;
        Count(cache, entry, handle, cache.IGet(
            entry.NodeId, entry.Generation, entry.Mode, handle));
    }

    /// <summary>As above, with what a search ahead has found.</summary>
    public void Entry(in TrafficEntry entry, scoped in FileHandle handle, InodeIndex found)
    {
        FuseInodeCache cache = Cache;
        Count(cache, entry, handle, cache.IGet(
            found, entry.NodeId, entry.Generation, entry.Mode, handle));
    }

    private void Count(
        FuseInodeCache cache, in TrafficEntry entry, scoped in FileHandle handle, IGetResult got)
    {
        Tally.Entries++;
        _recent.Add(entry.NodeId);
        Counting.Entry(entry.NodeId);
        if (handle.Bytes.Length > cache.Options.Strategy.InlineBytes)
            Tally.SpilledEntries++;
        if (got.Outcome == IGetOutcome.Hit)
            CountHit();
        else
            CountOther(cache, entry, handle, got);
    }

    private void CountHit()
    {
        Tally.Hits++;
        if (!_reusesNodeIds)
            EntryIdentity.Compared++;
    }

    private void CountOther(
        FuseInodeCache cache, in TrafficEntry entry, scoped in FileHandle handle, IGetResult got)
    {
        if (got.Outcome == IGetOutcome.HandleRefused)
        {
            Tally.Refused++;
            got = cache.IGet(entry.NodeId, entry.Generation, entry.Mode);
            if (got.Outcome == IGetOutcome.Hit)
            {
                CountHit();
                return;
            }
        }

        bool differs = got.Outcome is IGetOutcome.Replaced or IGetOutcome.RootKept;
        if (differs)
        {
            _putAside[entry.NodeId] = got;
            CheckIdentity(cache, entry, got);
        }
        else if (_putAside.Count > 0)
        {
            _putAside.Remove(entry.NodeId);
        }

        if (got.Outcome != IGetOutcome.RootKept)
            Tally.CountCreated(handle.Bytes.Length);
        Tally.Replaced += got.Outcome == IGetOutcome.Replaced ? 1 : 0;
        CountInodes(cache);
    }

    private void CountInodes(FuseInodeCache cache)
    {
        InodesPeak = Math.Max(InodesPeak, cache.Count);
        Tally.InodesPeak = Math.Max(Tally.InodesPeak, cache.Count);
    }

    private void CheckIdentity(FuseInodeCache cache, in TrafficEntry entry, in IGetResult got)
    {
        if (_reusesNodeIds)
            return;
        EntryIdentity.Compared++;
        InodeInfo old = cache.Get(got.Outcome == IGetOutcome.Replaced ? got.Old : got.Index);
        EntryIdentity.Fail(
            entry.At,
            $"{entry.Opcode} returned nodeid {entry.NodeId} with generation "
            + $"{(uint)entry.Generation} and type "
            + $"0x{entry.Mode & Protocol.Uapi.FileModes.TypeMask:x}, it had {old.Generation} and "
            + $"0x{old.FileType:x}, or another handle");
    }
}
