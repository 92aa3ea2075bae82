using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Tap;

/// <summary>The check live-nodeids: what a request may name (R14).</summary>
public sealed class LiveNodeIdTests
{
    private const ulong NodeId = 7;

    [Theory]
    [InlineData("name", 1)]
    [InlineData("...", 1)]
    [InlineData(".", 0)]
    [InlineData("..", 0)]
    public void Of_a_forgotten_nodeid_only_dot_and_dot_dot_may_be_looked_up(
        string name, long mismatches)
    {
        CheckLedger ledger = new();
        using KernelMirror mirror = Forgotten(ledger);
        mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_LOOKUP, 6, NodeId, InMemoryKernel.Name(name)));
        CheckResult? live = ledger.Results()
            .FirstOrDefault(check => check.Name == TrafficChecks.LiveNodeIds);
        Assert.Equal(mismatches, live?.Mismatches ?? 0);
        Assert.Equal(1 - mismatches, mirror.Statistics.ExportLookups);
    }

    [Fact]
    public void A_forgotten_nodeid_in_another_request_is_a_mismatch()
    {
        CheckLedger ledger = new();
        using KernelMirror mirror = Forgotten(ledger);
        mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_GETATTR, 6, NodeId, new byte[16]));
        CheckResult live = Assert.Single(
            ledger.Results(), check => check.Name == TrafficChecks.LiveNodeIds);
        Assert.Equal(1, live.Mismatches);
        Assert.Contains($"nodeid {NodeId}", live.FirstMismatch, StringComparison.Ordinal);
    }

    /// <summary>A mirror that has seen one lookup of the nodeid, and its FORGET.</summary>
    private static KernelMirror Forgotten(CheckLedger ledger)
    {
        KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions
            {
                Strategy = HandleStrategy.Inline(12),
                IndexByHandle = true,
            }),
            ledger);
        mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_LOOKUP, 2, 1, InMemoryKernel.Name("file")));
        byte[] reply =
        [
            .. InMemoryKernel.Of(new fuse_out_header { len = 16 + 128, unique = 2 }),
            .. InMemoryKernel.Of(new fuse_entry_out
            {
                nodeid = NodeId,
                attr = new fuse_attr { mode = FileModes.Regular644 },
            }),
        ];
        mirror.OnReply(reply);
        mirror.OnSent(reply, Errno.None);
        Assert.Equal(2, mirror.Statistics.Inodes);
        mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_FORGET, 4, NodeId,
            InMemoryKernel.Of(new fuse_forget_in { nlookup = 1 })));
        Assert.Equal(1, mirror.Statistics.Inodes);
        return mirror;
    }
}
