using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Tap;

/// <summary>What a mirror records is what it counted, in its order.</summary>
public sealed class MirrorRecordingTests
{
    [Fact]
    public void Requests_entries_forgets_and_what_was_not_delivered_are_recorded_in_order()
    {
        TraceReplayer replayer = Replay(mirror =>
        {
            Look(mirror, unique: 2, nodeId: 7, Errno.None);
            Look(mirror, unique: 4, nodeId: 7, Errno.ENOENT);
            mirror.OnRequest(InMemoryKernel.Message(
                (uint)FuseOpcode.FUSE_RENAME2, 6, 1,
                [.. InMemoryKernel.Of(new fuse_rename2_in { newdir = 7 }), .. "a\0b\0"u8]));
            mirror.OnRequest(InMemoryKernel.Message(
                (uint)FuseOpcode.FUSE_BATCH_FORGET, 0, 0,
                [
                    .. InMemoryKernel.Of(new fuse_batch_forget_in { count = 1 }),
                    .. InMemoryKernel.Of(new fuse_forget_one { nodeid = 7, nlookup = 1 }),
                ]));
        });
        Assert.All(replayer.Checks, check => Assert.Null(check.FirstMismatch));
        Assert.Equal(3, replayer.Tally.Requests);
        Assert.Equal(2, replayer.Tally.Entries);
        Assert.Equal(1, replayer.Tally.TakeBacks);
        Assert.Equal(1, replayer.Tally.Forgets);
        Assert.Equal(1, replayer.Tally.ForgetMessages);
        Assert.Equal(1, replayer.Tally.InodesAtEnd);
        CheckCount end = replayer.Checks.Single(c => c.Name == TrafficChecks.FinalState);
        Assert.Equal(5, end.Compared);
        CheckCount live = replayer.Checks.Single(c => c.Name == TrafficChecks.LiveNodeIds);
        Assert.Equal(1, live.Compared);
    }

    [Fact]
    public void A_mirror_disposed_twice_ends_its_mount_once()
    {
        TraceReplayer replayer = Replay(mirror => mirror.Dispose());
        Assert.Equal(1, replayer.Tally.Mounts);
    }

    private static TraceReplayer Replay(Action<KernelMirror> traffic)
    {
        Sink sink = new();
        TraceWriter trace = new(sink);
        using (KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions { IndexByHandle = true }),
            new CheckLedger(), reusesNodeIds: false, new MirrorRecording(trace, "test")))
        {
            traffic(mirror);
        }

        trace.Complete();
        TraceReplayer replayer = new(new ReplayOptions());
        TraceWalk walk = new();
        byte[] bytes = [.. sink.Bytes];
        while (true)
        {
            switch (walk.Next(bytes.AsSpan((int)walk.Offset), isAll: true, out TraceBlock block))
            {
                case TraceStep.Block:
                    Assert.Equal(TraceError.None, replayer.Apply(block));
                    break;
                case TraceStep.End:
                    Assert.Equal(TraceError.None, replayer.Complete(walk.Offset));
                    return replayer;
                case TraceStep.Refused:
                    Assert.Fail(walk.Error.ToString());
                    break;
            }
        }
    }

    private static void Look(KernelMirror mirror, ulong unique, ulong nodeId, Errno errno)
    {
        mirror.OnRequest(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_LOOKUP, unique, 1, InMemoryKernel.Name("file")));
        byte[] reply =
        [
            .. InMemoryKernel.Of(new fuse_out_header { len = 16 + 128, unique = unique }),
            .. InMemoryKernel.Of(new fuse_entry_out
            {
                nodeid = nodeId,
                attr = new fuse_attr { mode = FileModes.Regular644 },
            }),
        ];
        mirror.OnReply(reply);
        mirror.OnSent(reply, errno);
    }

    private sealed class Sink : ITraceSink
    {
        public List<byte> Bytes { get; } = [];

        public void Write(ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);
    }
}
