namespace HandleCache.Model.Inodes;

/// <summary>
/// How inodes leave: evicted by the modelled kernel, or seen forgotten on the wire.
/// </summary>
public sealed partial class FuseInodeCache
{
    private const int ForgetsInFlight = 128;

    /// <summary>
    /// The kernel drops an inode from memory: while mounted, its lookups become a FORGET
    /// (R2, models fuse_evict_inode()).
    /// </summary>
    /// <param name="index">The inode; it is gone afterwards.</param>
    /// <param name="linked">i_nlink is above 0: the eviction counts in evict_ctr.</param>
    /// <exception cref="InvalidOperationException">The root, while mounted.</exception>
    public void Evict(InodeIndex index, bool linked = true)
    {
        if (index == Root && Active)
            throw new InvalidOperationException("the root inode stays as long as the mount");
        InodeInfo inode = _table.Get(index);
        if (Active)
        {
            ulong nlookup = inode.NLookup;
            if (_faultPlan.ForgetOneLess && nlookup > 0)
                nlookup--;
            if (nlookup > 0)
                Forgets.Enqueue(inode.NodeId, nlookup);
            if (linked)
                EvictCtr++;
        }

        Drop(index, inode.Flags, silent: !Active);
    }

    /// <summary>
    /// Unmounting: from here on evictions send nothing, and everything is evicted (R2, R16).
    /// </summary>
    public void Unmount()
    {
        Active = false;
        InodeIndex at = _table.Next(InodeIndex.None);
        while (!at.IsNone)
        {
            Evict(at);
            at = _table.Next(at);
        }

        Root = InodeIndex.None;
    }

    /// <summary>
    /// For an observer of the wire: a FORGET of <paramref name="count"/> lookups was read, so the
    /// kernel evicted the inode that held them. FORGET has no generation: of several inodes under
    /// the nodeid, the one that held just that many goes, a replaced one first.
    /// </summary>
    public WireForget ForgetFromWire(ulong nodeId, ulong count)
    {
        if (_faulty)
            return ForgetFaulty(nodeId, count);
        return Forget(nodeId, count);
    }

    /// <summary>
    /// <see cref="ForgetFromWire(ulong, ulong)"/> for all entries of a BATCH_FORGET, in their
    /// order; faster than one by one, since their cache misses are in flight together.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="results"/> is shorter.</exception>
    public void ForgetFromWire(ReadOnlySpan<ForgetEntry> entries, Span<WireForget> results)
    {
        if (results.Length < entries.Length)
            throw new ArgumentException("no room for the results", nameof(results));
        Span<ulong> nodeIds = stackalloc ulong[ForgetsInFlight];
        Span<InodeIndex> found = stackalloc InodeIndex[ForgetsInFlight];
        for (int at = 0; at < entries.Length; at += ForgetsInFlight)
        {
            int count = Math.Min(ForgetsInFlight, entries.Length - at);
            for (int i = 0; i < count; i++)
                nodeIds[i] = entries[at + i].NodeId;
            _table.FindMany(nodeIds[..count], found);
            for (int i = 0; i < count; i++)
                results[at + i] = ForgetFound(found[i], nodeIds[i], entries[at + i].NLookup);
        }
    }

    /// <summary>
    /// An iget is undone: the kernel did not take the reply it was counted for. A replaced inode
    /// becomes what it was, unless a third has the nodeid meanwhile.
    /// </summary>
    public void TakeBack(in IGetResult result)
    {
        InodeIndex index = result.Index;
        if (index.IsNone || !_table.IsLive(index))
            return;
        _table.DropLookups(index, 1);
        if (result.Outcome == IGetOutcome.RootKept && !result.OldWasBad)
            _table.SetFlags(index, InodeState.None, InodeState.Bad);
        if (_table.NLookup(index) > 0 || index == Root)
            return;
        InodeInfo gone = _table.Get(index);
        ulong nodeId = gone.NodeId;
        Drop(index, gone.Flags, silent: true);
        InodeIndex old = result.Old;
        if (old.IsNone || !_table.IsLive(old) || _table.NodeId(old) != nodeId
            || !_table.Find(nodeId).IsNone)
        {
            return;
        }

        InodeState cleared = InodeState.Unhashed
            | (result.OldWasBad ? InodeState.None : InodeState.Bad);
        _table.SetFlags(old, InodeState.None, cleared);
        _unhashed--;
    }

    /// <summary>
    /// A FORGET whose inode was looked for ahead; an entry before it may have taken it away.
    /// </summary>
    private WireForget ForgetFound(InodeIndex found, ulong nodeId, ulong count)
    {
        if (_faulty || _unhashed != 0 || !_table.IsLive(found))
            return ForgetFromWire(nodeId, count);
        InodeRecord at = _table.At(found);
        if (at.NodeId != nodeId || !HoldsJust(at, count))
            return ForgetFromWire(nodeId, count);
        _table.Remove(found, at);
        return new(WireForgetOutcome.Exact, 0, count);
    }

    private static bool HoldsJust(InodeRecord at, ulong count) =>
        at.NLookupLow == count && !at.Has(InodeState.WideLookup | InodeState.Root);

    private WireForget Forget(ulong nodeId, ulong count)
    {
        InodeIndex index = _table.Find(nodeId, out InodeRecord at);
        if (_unhashed != 0 || index.IsNone || !HoldsJust(at, count))
            return ForgetAmongAll(nodeId, count);
        _table.Remove(index, at);
        return new(WireForgetOutcome.Exact, 0, count);
    }

    private WireForget ForgetAmongAll(ulong nodeId, ulong count)
    {
        ulong held = Held(nodeId);
        if (FindHolding(nodeId, count) is { IsNone: false } exact)
        {
            InodeState state = _table.Get(exact).Flags;
            Drop(exact, state, silent: true);
            bool old = (state & InodeState.Unhashed) != 0;
            return new(old ? WireForgetOutcome.OldGeneration : WireForgetOutcome.Exact, 0, held);
        }

        if (_table.FindAny(nodeId, 0).IsNone)
            return new(WireForgetOutcome.Unknown, count, 0);
        ulong missing = Draw(nodeId, count);
        return missing > 0
            ? new(WireForgetOutcome.Overdrawn, missing, held)
            : new(WireForgetOutcome.Partial, held - count, held);
    }

    /// <summary>An inode of the nodeid that holds just this many; an unhashed one first.</summary>
    private InodeIndex FindHolding(ulong nodeId, ulong count)
    {
        InodeIndex best = InodeIndex.None;
        InodeIndex index;
        for (int n = 0; !(index = _table.FindAny(nodeId, n)).IsNone; n++)
        {
            if (WireCount(index) != count || index == Root)
                continue;
            if (_table.At(index).Has(InodeState.Unhashed))
                return index;
            best = index;
        }

        return best;
    }

    /// <summary>
    /// Takes lookups off the hashed inode and then off the others; evicts what comes to nothing,
    /// but for the root, which keeps its own one. Returns what was missing.
    /// </summary>
    private ulong Draw(ulong nodeId, ulong count)
    {
        for (InodeIndex index = _table.Find(nodeId); count > 0; index = _table.FindAny(nodeId, 0))
        {
            if (index.IsNone && (index = _table.FindAny(nodeId, 0)).IsNone)
                return count;
            ulong spare = WireCount(index);
            ulong taken = Math.Min(count, spare);
            count -= taken;
            if (index == Root)
            {
                _table.DropLookups(index, taken);
                return count;
            }

            if (taken == spare)
                Drop(index, _table.Get(index).Flags, silent: true);
            else
                _table.DropLookups(index, taken);
        }

        return 0;
    }

    /// <summary>
    /// Lookups that the server counts for an inode: an automount point has its shared one, and the
    /// root's first is not the server's.
    /// </summary>
    private ulong WireCount(InodeIndex index)
    {
        ulong nlookup = _table.NLookup(index);
        if (index == Root)
            return nlookup - Math.Min(nlookup, 1);
        return nlookup + (_table.At(index).Has(InodeState.AutoMount) ? 1u : 0);
    }

    private void Drop(InodeIndex index, InodeState state, bool silent)
    {
        if ((state & InodeState.AutoMount) != 0)
            DropSubmount(index, silent);
        if ((state & InodeState.Unhashed) != 0)
            _unhashed--;
        if (index == Root)
            Root = InodeIndex.None;
        _table.Remove(index);
    }
}
