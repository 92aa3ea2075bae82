using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Tap;

/// <summary>A reply that the kernel did not take leaves the model as it was.</summary>
public sealed class UndeliveredReplyTests : IDisposable
{
    private const ulong NodeId = 7;

    private readonly KernelMirror _mirror = new(
        new FuseInodeCache(new FuseInodeCacheOptions { Strategy = HandleStrategy.Inline(12) }),
        new CheckLedger());

    private ulong _unique;

    public void Dispose() => _mirror.Dispose();

    [Fact]
    public void A_refused_reply_of_another_generation_gives_the_old_inode_its_nodeid_back()
    {
        Lookup(generation: 1, Errno.None);
        Lookup(generation: 2, Errno.ENOENT);
        Assert.Equal(1, _mirror.Statistics.UndeliveredReplies);
        Assert.Equal(2, _mirror.Statistics.Inodes);
        Assert.Equal((1UL, false), Now());
        Assert.Equal(1UL, _mirror.Inspect(cache => cache.Held(NodeId)));
    }

    [Fact]
    public void A_taken_reply_of_another_generation_has_replaced_the_inode()
    {
        Lookup(generation: 1, Errno.None);
        Lookup(generation: 2, Errno.None);
        Assert.Equal((2UL, false), Now());
        Assert.Equal(2UL, _mirror.Inspect(cache => cache.Held(NodeId)));
    }

    /// <summary>Generation of the nodeid's inode, and whether it is bad.</summary>
    private (ulong Generation, bool IsBad) Now() => _mirror.Inspect(cache =>
    {
        InodeInfo inode = cache.Get(cache.Find(NodeId));
        return (inode.Generation, (inode.Flags & InodeState.Bad) != 0);
    });

    private void Lookup(ulong generation, Errno taken)
    {
        _unique += 2;
        _mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_LOOKUP, _unique, 1, InMemoryKernel.Name("file")));
        byte[] reply =
        [
            .. InMemoryKernel.Of(new fuse_out_header { len = 16 + 128, unique = _unique }),
            .. InMemoryKernel.Of(new fuse_entry_out
            {
                nodeid = NodeId,
                generation = generation,
                attr = new fuse_attr { mode = FileModes.Regular644 },
            }),
        ];
        _mirror.OnReply(reply);
        _mirror.OnSent(reply, taken);
    }
}
