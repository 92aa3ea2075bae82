using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// A table and a plain dictionary, changed alike; after every step each holds just what the other
/// holds, and the table's validator is content.
/// </summary>
internal sealed class InodeTableWalk(HandleStrategy strategy) : IDisposable
{
    private static readonly int[] _lengths = [0, 4, 8, 12, 13, 20, 64, 128];

    private readonly InodeTable _table = new(new() { Strategy = strategy, IndexByHandle = true });
    private readonly Dictionary<ulong, Plain> _plain = [];

    public void Step(int step)
    {
        ulong nodeId = (ulong)(step / 8 % 97) << 33;
        byte[] handle = HandleBytes.Of(nodeId ^ 55, _lengths[step / 1024 % _lengths.Length]);
        switch (step % 8)
        {
            case 0 or 1 or 2 or 3 when !_plain.ContainsKey(nodeId):
                InodeIndex added = _table.Add(
                    nodeId, (uint)step, 0x8000, new FileHandle(0x81, handle));
                _plain[nodeId] = new(added, (uint)step, 0, handle);
                break;
            case 4 or 5 when _plain.TryGetValue(nodeId, out Plain? counted):
                _table.AddLookups(counted.Index, 3_000_000_000);
                _plain[nodeId] = counted with { NLookup = counted.NLookup + 3_000_000_000 };
                break;
            case 6 when _plain.TryGetValue(nodeId, out Plain? changed):
                Assert.True(_table.SetHandle(changed.Index, new FileHandle(0x81, handle)));
                _plain[nodeId] = changed with { Handle = handle };
                break;
            case 7 when _plain.Remove(nodeId, out Plain? removed):
                _table.Remove(removed.Index);
                break;
        }

        Compare();
    }

    /// <summary>
    /// Takes out what is left; the table's own check finds what it did not give back.
    /// </summary>
    public void Dispose()
    {
        foreach (Plain held in _plain.Values)
            _table.Remove(held.Index);
        Assert.Equal(0, _table.Count);
        Assert.Equal(0, _table.Spilled);
        _table.Dispose();
    }

    private void Compare()
    {
        Assert.Empty(_table.Validate());
        Assert.Equal(_plain.Count, _table.Count);
        foreach ((ulong nodeId, Plain held) in _plain)
        {
            Assert.Equal(held.Index, _table.Find(nodeId));
            InodeInfo inode = _table.Get(held.Index);
            Assert.Equal(held.Generation, inode.Generation);
            Assert.Equal(held.NLookup, inode.NLookup);
            Assert.Equal(0x81u, inode.Handle.Type);
            Assert.Equal(held.Handle, inode.Handle.Bytes.ToArray());
            Assert.False(_table.FindByHandle(new FileHandle(0x81, held.Handle)).IsNone);
        }

        int walked = 0;
        for (InodeIndex i = _table.Next(InodeIndex.None); !i.IsNone; i = _table.Next(i))
        {
            walked++;
            Assert.Equal(i, _plain[_table.NodeId(i)].Index);
        }

        Assert.Equal(_plain.Count, walked);
    }

    private sealed record Plain(
        InodeIndex Index, uint Generation, ulong NLookup, byte[] Handle);
}
