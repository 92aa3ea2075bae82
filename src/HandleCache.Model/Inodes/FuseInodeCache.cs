using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Inodes;

/// <summary>
/// The inode cache of one FUSE superblock: rules R1 to R3 of <c>RULES.md</c> over
/// an <see cref="InodeTable"/> (models fuse_iget() and fuse_evict_inode(), fs/fuse/inode.c, v6.12
/// and 6.18). Who holds an inode in memory (dentries, open files) is the caller's knowledge: the
/// caller says when one is evicted. Not thread-safe: the owner's lock is held around calls.
/// <list type="table">
/// <listheader><term>state</term><description>found by nodeid; forgets when evicted</description>
/// </listheader>
/// <item><term>hashed</term><description>yes; its nlookup</description></item>
/// <item><term>hashed, bad</term><description>yes; its nlookup</description></item>
/// <item><term>unhashed, bad</term><description>no: replaced; its nlookup</description></item>
/// <item><term>automount</term><description>no; 1, with the last sharer of its lookup</description>
/// </item>
/// <item><term>root</term><description>yes; never evicted while mounted</description></item>
/// </list>
/// </summary>
public sealed partial class FuseInodeCache : IDisposable
{
    /// <summary>FUSE_ROOT_ID.</summary>
    public const ulong RootNodeId = 1;

    private readonly InodeTable _table;
    private readonly HandleRule _rule;

    // Bits in which a cached inode must agree with a reply, or it is stale.
    private readonly uint _generationMask;
    private readonly uint _typeMask;
    private readonly HandleSlot _slot;
    private readonly ulong _handleTypeMask;
    private readonly uint _stateMask;
    private readonly RecordImage _image;
    private readonly int _longestHandle;
    private readonly bool _faulty;
    private readonly bool _searchesOn;
    private int _unhashed;

    public FuseInodeCache(FuseInodeCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _table = new(new()
        {
            Strategy = options.Strategy,
            IndexByHandle = options.IndexByHandle || options.HandleRule.Identity.FoundByHandle,
        });
        _rule = options.HandleRule;
        _longestHandle = options.Strategy.CapacityBytes - (_rule.RefuseLongest ? 1 : 0);
        Forgets = options.Forgets ?? new ForgetQueue(options.Faults);
        HandleIdentity identity = _rule.Identity;
        _faulty = options.Faults.Any;
        _searchesOn = _faulty || identity.FoundByHandle;
        bool isAnyGeneration =
            options.Faults.Has(ModelFault.SkipGeneration) || !identity.ComparesGeneration;
        bool isAnyType = options.Faults.Has(ModelFault.SkipType) || !identity.ComparesFileType;
        _generationMask = isAnyGeneration ? 0 : uint.MaxValue;
        _typeMask = isAnyType ? 0 : FileModes.TypeMask;
        _slot = new(options.Strategy);
        _handleTypeMask = _slot.Keeps ? ulong.MaxValue : uint.MaxValue;
        // A hashed inode only: one found ahead may have been replaced since. With faults the plain
        // path fits no record: all are live, and no expected state says so.
        _stateMask = FileModes.TypeMask | _slot.ComparedState | (uint)InodeState.Unhashed
            | (_faulty ? (uint)InodeState.Live : 0);
        _image = new(_slot, _stateMask);
        _faultPlan = new(options.Faults);
    }

    public FuseInodeCacheOptions Options { get; }

    /// <summary>Where evictions queue their FORGETs.</summary>
    public ForgetQueue Forgets { get; }

    /// <summary>
    /// Inodes in memory, bad and root included: what the fuse_inode slab would count.
    /// </summary>
    public int Count => _table.Count;

    /// <summary>Replaced inodes and automount points: in memory, but not found by nodeid.</summary>
    public int Unhashed => _unhashed;

    public InodeIndex Root { get; private set; }

    /// <summary>SB_ACTIVE: false once unmounting has begun; evictions are silent then.</summary>
    public bool Active { get; private set; } = true;

    /// <summary>evict_ctr: evictions of inodes that still had a link.</summary>
    public ulong EvictCtr { get; private set; }

    /// <summary>Memory of records, indexes and external buffers, in bytes.</summary>
    public long MemoryBytes => _table.MemoryBytes;

    /// <summary>Handles that lie in external buffers.</summary>
    public int Spilled => _table.Spilled;

    /// <summary>
    /// The root inode, made at mount from the mount options and not from a reply: generation 0, no
    /// handle, and one lookup that the server never gave (models fuse_get_root_inode()).
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a root already.</exception>
    public InodeIndex MountRoot(uint mode, ulong nodeId = RootNodeId)
    {
        if (!Root.IsNone)
            throw new InvalidOperationException("the root inode exists already");
        Root = _table.Add(nodeId, 0, mode, default, InodeState.Root);
        _table.AddLookups(Root, 1);
        return Root;
    }

    /// <summary>
    /// iget for a reply that carries a handle; one without is passed as the default handle. Of the
    /// generation the lower 32 bits count, as in fuse_stale_inode(). Igets one after another are as
    /// fast as many of them fit in the processor's window at once, so the path of a hit is short
    /// and all else apart; and it is compiled without a profile, since that of a cache which fills
    /// takes hits for rare.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public IGetResult IGet(ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        InodeIndex likely = _table.Guess(nodeId);
        if (likely.IsNone)
            return IGetSearching(nodeId, generation, mode, handle);
        InodeRecord at = _table.Guessed(likely);
        if (!_image.Has(handle.Bytes.Length))
            return IGetByFields(likely, nodeId, generation, mode, handle);
        if (_image.Differences(at, nodeId, generation, mode, handle) != Vector256<ulong>.Zero
            || !at.TryCount())
        {
            return IGetSearching(nodeId, generation, mode, handle);
        }

        return new(likely, IGetOutcome.Hit);
    }

    /// <summary>iget for a reply of a dialect without handles.</summary>
    public IGetResult IGet(ulong nodeId, ulong generation, uint mode) =>
        IGet(nodeId, generation, mode, default);

    /// <summary>
    /// iget for a nodeid whose search was done ahead: <paramref name="found"/> comes from
    /// <see cref="FindMany"/>, with no change of the cache in between other than igets.
    /// </summary>
    public IGetResult IGet(
        InodeIndex found, ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        if (!found.IsNone && CountsAsHit(_table.At(found), nodeId, generation, mode, handle))
            return new(found, IGetOutcome.Hit);
        return Differs(nodeId, generation, mode, handle);
    }

    /// <summary>The hashed inode of a nodeid (models ilookup5()).</summary>
    public InodeIndex Find(ulong nodeId) => _table.Find(nodeId);

    /// <summary>
    /// <see cref="Find"/> for many nodeids at once, with their cache misses in flight.
    /// </summary>
    public void FindMany(ReadOnlySpan<ulong> nodeIds, Span<InodeIndex> found) =>
        _table.FindMany(nodeIds, found);

    /// <summary>The hashed inode that holds a handle.</summary>
    public InodeIndex FindByHandle(scoped in FileHandle handle) => _table.FindByHandle(handle);

    /// <summary>
    /// The inode behind <paramref name="after"/> in storage order; none at the end.
    /// </summary>
    public InodeIndex Next(InodeIndex after) => _table.Next(after);

    /// <summary>Every nodeid but the root's, once each, in storage order.</summary>
    public ulong[] NodeIds()
    {
        HashSet<ulong> all = [];
        for (InodeIndex at = Next(InodeIndex.None); !at.IsNone; at = Next(at))
            all.Add(_table.Get(at).NodeId);
        all.Remove(RootNodeId);
        return [.. all];
    }

    /// <summary>All that the cache holds of an inode.</summary>
    public InodeInfo Get(InodeIndex index) => _table.Get(index);

    /// <summary>
    /// Lookups under a nodeid, all its inodes together; the server's count of it.
    /// </summary>
    public ulong Held(ulong nodeId)
    {
        ulong held = 0;
        InodeIndex index;
        for (int n = 0; !(index = _table.FindAny(nodeId, n)).IsNone; n++)
            held += WireCount(index);
        return held;
    }

    /// <summary>FUSE_I_BAD is set; the inode stays hashed (models fuse_make_bad()).</summary>
    public void MakeBad(InodeIndex index) => _table.SetFlags(index, InodeState.Bad);

    public bool IsBad(InodeIndex index) => (_table.Get(index).Flags & InodeState.Bad) != 0;

    /// <summary>
    /// One lookup that a reply counted outside iget (R6: a revalidation that found the same
    /// nodeid). </summary>
    public void AddLookup(InodeIndex index) => _table.AddLookups(index, 1);

    /// <summary>
    /// One lookup less, without a FORGET (R11: the entry could not be spliced in).
    /// </summary>
    public void DropLookup(InodeIndex index) => _table.DropLookups(index, 1);

    /// <summary>
    /// Whether a reply with this handle, outside iget, is about the inode: by the cache's handle
    /// rule, so that an inode without one takes it.
    /// </summary>
    public bool Accepts(InodeIndex index, scoped in FileHandle handle) =>
        TryFit(handle, out FileHandle fitted) && AcceptsHandle(index, _table.At(index), fitted);

    public void Dispose() => _table.Dispose();

    /// <summary>
    /// The path of nearly every iget: nodeid, generation, type and handle are those of the cached
    /// inode, and nlookup is not about to outgrow the record. Then it is counted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool CountsAsHit(
        InodeRecord at, ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        if (_image.Has(handle.Bytes.Length))
        {
            return _image.Differences(at, nodeId, generation, mode, handle)
                == Vector256<ulong>.Zero && at.TryCount();
        }

        ulong generationAndType = (uint)generation | ((ulong)handle.Type << 32);
        uint state = (mode & FileModes.TypeMask) | _slot.StateOf(handle.Bytes.Length);
        return at.NodeId == nodeId
            && ((at.GenerationAndHandleType ^ generationAndType) & _handleTypeMask) == 0
            && ((at.TypeAndState ^ state) & _stateMask) == 0
            && (!_slot.Keeps || _table.SameHandleBytes(at, handle))
            && at.TryCount();
    }

    /// <summary>iget of an inode that is likely there, where records have no image.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private IGetResult IGetByFields(
        InodeIndex likely, ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        return CountsAsHit(_table.Guessed(likely), nodeId, generation, mode, handle)
            ? new(likely, IGetOutcome.Hit)
            : IGetSearching(nodeId, generation, mode, handle);
    }

    /// <summary>iget that was no hit at first sight.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private IGetResult IGetSearching(
        ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        InodeIndex found = _table.Find(nodeId, out InodeRecord at);
        if (!found.IsNone && CountsAsHit(at, nodeId, generation, mode, handle))
            return new(found, IGetOutcome.Hit);
        if (found.IsNone && !_searchesOn)
            return Absent(nodeId, generation, mode, handle);
        return Differs(nodeId, generation, mode, handle);
    }

    private bool IsSame(InodeRecord at, ulong generation, uint mode) =>
        ((at.Generation ^ (uint)generation) & _generationMask) == 0
        && ((at.TypeAndState ^ mode) & _typeMask) == 0;

    /// <summary>iget where no hashed inode has the nodeid.</summary>
    private IGetResult Absent(
        ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        if (!TryFit(handle, out FileHandle fitted))
            return new(InodeIndex.None, IGetOutcome.HandleRefused);
        InodeIndex added = _table.Add(nodeId, (uint)generation, mode, fitted);
        _table.CountLookup(added, _table.At(added));
        return new(added, IGetOutcome.New);
    }

    /// <summary>
    /// iget where the cached inode is not plainly the same: the handle may be absent on one side,
    /// or too long; else the inode is stale.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private IGetResult Differs(
        ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        if (_faulty)
            return IGetFaulty(nodeId, generation, mode, handle);
        return Compare(nodeId, generation, mode, handle);
    }

    private IGetResult Compare(
        ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        InodeIndex found = _table.Find(nodeId);
        if (!TryFit(handle, out FileHandle fitted))
            return new(InodeIndex.None, IGetOutcome.HandleRefused);
        if (TryRebind(found, nodeId, generation, mode, fitted, out InodeIndex rebound))
            return new(rebound, IGetOutcome.Rebound);
        if (found.IsNone)
            return Absent(nodeId, generation, mode, handle);
        InodeRecord at = _table.At(found);
        if (IsSame(at, generation, mode) && AcceptsHandle(found, at, fitted))
        {
            _table.CountLookup(found, at);
            return new(found, IGetOutcome.Hit);
        }

        bool wasBad = at.Has(InodeState.Bad);
        at.State |= InodeState.Bad;
        if (found == Root)
        {
            _table.CountLookup(found, at);
            return new(found, IGetOutcome.RootKept, default, wasBad);
        }

        at.State |= InodeState.Unhashed;
        _unhashed++;
        InodeIndex added = Absent(nodeId, generation, mode, handle).Index;
        return new(added, IGetOutcome.Replaced, found, wasBad);
    }

    /// <summary>Whether the handle leaves the inode the same, by the cache's handle rule.</summary>
    private bool AcceptsHandle(InodeIndex index, InodeRecord at, scoped in FileHandle handle)
    {
        if (!_rule.Identity.ComparesHandle || _table.HandleMatches(at, handle))
            return true;
        if (handle.IsNone)
            return !_rule.AbsentReplyIsStale;
        return (_faultPlan.SkipHandle && _table.HasHandle(at))
            || ((!_table.HasHandle(at) || _rule.CompareAfterOverwrite)
                && _table.SetHandle(index, handle));
    }

    /// <summary>
    /// Whether the handle may be stored; it is cut to length where the rule says so.
    /// </summary>
    private bool TryFit(scoped in FileHandle handle, out FileHandle fitted)
    {
        fitted = handle;
        if (handle.Bytes.Length <= _longestHandle || Options.Strategy == HandleStrategy.None)
            return true;
        if (_rule.TruncateTooLong)
            fitted = new(handle.Type, handle.Bytes[.._longestHandle]);
        return _rule.TruncateTooLong;
    }
}
