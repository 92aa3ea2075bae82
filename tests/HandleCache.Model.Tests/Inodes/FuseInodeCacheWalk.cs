using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// A cache beside R1 and R2 written out on a plain list of inodes; after every step each holds just
/// what the other holds, the outcomes were the same, and the validator is content.
/// </summary>
internal sealed class FuseInodeCacheWalk : IDisposable
{
    private const ulong NodeIds = 23;
    private static readonly int[] _lengths = [0, 8, 12, 13, 64, 65];

    private readonly HandleStrategy _strategy;
    private readonly FuseInodeCache _cache;
    private readonly List<Plain> _plain = [];

    public FuseInodeCacheWalk(HandleStrategy strategy)
    {
        _strategy = strategy;
        _cache = new(new() { Strategy = strategy, IndexByHandle = true });
        _plain.Add(new()
        {
            NodeId = 1,
            Type = 0x4000,
            NLookup = 1,
            Root = true,
            Index = _cache.MountRoot(FileModes.Directory755),
        });
    }

    public void Dispose() => _cache.Dispose();

    public void Step(int step)
    {
        int at = step / 10 % _plain.Count;
        ulong nodeId = 1 + ((ulong)(step / 10) % NodeIds);
        switch (step % 10)
        {
            case 0 when !_plain[at].Root:
                Evict(_plain[at]);
                break;
            case 1:
                Forget(nodeId, 1 + ((ulong)(step / 1000) % 3));
                break;
            case 2:
                _cache.MakeBad(_plain[at].Index);
                _plain[at].Bad = true;
                break;
            default:
                IGet(nodeId, step / 1000);
                break;
        }

        Compare();
    }

    private void IGet(ulong nodeId, int dice)
    {
        uint generation = nodeId == 1 ? 0 : (uint)(dice % 8 == 0 ? 2 : 1);
        uint type = nodeId == 1 || dice % 64 == 9 ? 0x4000u : 0x8000u;
        int length = _lengths[(int)(nodeId % 6)];
        byte[]? handle = dice % 3 == 0
            ? null
            : HandleBytes.Of(nodeId + (dice % 16 == 5 ? 100ul : 0), length);
        FileHandle given = handle is null ? default : new(0x81, handle);
        IGetResult result = _cache.IGet(nodeId, generation, type | FileModes.Octal644, given);

        Plain? found = _plain.Find(inode => inode.NodeId == nodeId && inode.Hashed);
        if (handle is not null && _strategy.StorageOf(length) == HandleStorage.Refused)
        {
            Assert.Equal(IGetOutcome.HandleRefused, result.Outcome);
            return;
        }

        if (_strategy == HandleStrategy.None)
            handle = null;
        bool stale = found is not null && (found.Generation != generation || found.Type != type
            || (handle is not null && found.Handle is not null
                && !handle.AsSpan().SequenceEqual(found.Handle)));
        Expect(result, found, stale);
        if (found is null || (stale && !found.Root))
        {
            if (found is not null)
                (found.Bad, found.Hashed) = (true, false);
            found = new() { NodeId = nodeId, Generation = generation, Type = type };
            _plain.Add(found);
        }

        if (stale && found.Root)
            found.Bad = true;
        else
            found.Handle ??= handle;
        found.NLookup++;
        found.Index = result.Index;
    }

    private static void Expect(IGetResult result, Plain? found, bool stale)
    {
        IGetOutcome expected = found is null ? IGetOutcome.New
            : !stale ? IGetOutcome.Hit
            : found.Root ? IGetOutcome.RootKept
            : IGetOutcome.Replaced;
        Assert.Equal(expected, result.Outcome);
        Assert.Equal(expected == IGetOutcome.Replaced ? found!.Index : default, result.Old);
    }

    private void Evict(Plain inode)
    {
        _cache.Evict(inode.Index);
        _plain.Remove(inode);
        var entries = new ForgetEntry[2];
        int count = _cache.Forgets.Count == 0 ? 0 : _cache.Forgets.Read(45, 8192, entries);
        Assert.Equal(inode.NLookup == 0 ? 0 : 1, count);
        if (count == 1)
            Assert.Equal(new ForgetEntry(inode.NodeId, inode.NLookup), entries[0]);
    }

    private void Forget(ulong nodeId, ulong count)
    {
        List<Plain> all = _plain.FindAll(inode => inode.NodeId == nodeId);
        ulong held = Held(all);
        Plain? exact = all.Find(inode => !inode.Hashed && inode.NLookup == count)
            ?? all.Find(inode => !inode.Root && inode.NLookup == count);
        WireForget result = _cache.ForgetFromWire(nodeId, count);
        Assert.Equal(held, result.Held);
        if (exact is not null)
        {
            Assert.Equal(
                exact.Hashed ? WireForgetOutcome.Exact : WireForgetOutcome.OldGeneration,
                result.Outcome);
            // Of several old ones with this count, which went makes no difference to any sum.
            Plain gone = all.Find(inode => inode.NLookup == count && inode.Hashed == exact.Hashed
                && _cache.Next(new(inode.Index.Value - 1)) != inode.Index) ?? exact;
            _plain.Remove(gone);
            return;
        }

        WireForgetOutcome expected = all.Count == 0 ? WireForgetOutcome.Unknown
            : count > held ? WireForgetOutcome.Overdrawn
            : WireForgetOutcome.Partial;
        Assert.Equal(expected, result.Outcome);
        Assert.Equal(
            expected == WireForgetOutcome.Partial ? held - count : count - held, result.Amount);
        Settle(all);
    }

    /// <summary>
    /// Takes over what the cache left of a nodeid; the sum is checked by the caller.
    /// </summary>
    private void Settle(List<Plain> all)
    {
        foreach (Plain inode in all)
        {
            if (_cache.Next(new(inode.Index.Value - 1)) == inode.Index)
                inode.NLookup = _cache.Get(inode.Index).NLookup;
            else
                _plain.Remove(inode);
        }
    }

    private void Compare()
    {
        Assert.Empty(_cache.Validate());
        Assert.Equal(_plain.Count, _cache.Count);
        Assert.Equal(_plain.Count(inode => !inode.Hashed), _cache.Unhashed);
        for (InodeIndex i = _cache.Next(InodeIndex.None); !i.IsNone; i = _cache.Next(i))
            Same(_plain.Single(inode => inode.Index == i), _cache.Get(i));
        for (ulong nodeId = 1; nodeId <= NodeIds; nodeId++)
        {
            List<Plain> all = _plain.FindAll(inode => inode.NodeId == nodeId);
            Assert.Equal(Held(all), _cache.Held(nodeId));
            InodeIndex hashed = all.Find(inode => inode.Hashed)?.Index ?? InodeIndex.None;
            Assert.Equal(hashed, _cache.Find(nodeId));
        }
    }

    private static ulong Held(List<Plain> all)
    {
        ulong held = 0;
        foreach (Plain inode in all)
            held += inode.NLookup - (inode.Root ? 1u : 0);
        return held;
    }

    private static void Same(Plain expected, InodeInfo actual)
    {
        Assert.Equal(expected.NodeId, actual.NodeId);
        Assert.Equal(expected.Generation, actual.Generation);
        Assert.Equal(expected.Type, actual.FileType);
        Assert.Equal(expected.NLookup, actual.NLookup);
        Assert.Equal(expected.Bad, (actual.Flags & InodeState.Bad) != 0);
        Assert.Equal(expected.Handle ?? [], actual.Handle.Bytes.ToArray());
    }

    private sealed class Plain
    {
        public InodeIndex Index { get; set; }

        public ulong NodeId { get; init; }

        public uint Generation { get; init; }

        public uint Type { get; init; }

        public byte[]? Handle { get; set; }

        public ulong NLookup { get; set; }

        public bool Bad { get; set; }

        public bool Hashed { get; set; } = true;

        public bool Root { get; init; }
    }
}
