using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Replay;

/// <summary>Inodes that come without a handle get one of a mix, each always the same.</summary>
public sealed class MixedHandlesTests
{
    private const int Inodes = 20_000;

    private static readonly HandleMix Mix = new()
    {
        Name = "m",
        How = "derived",
        Origin = "test",
        Lengths = [new HandleShare(0x1, 8, 0.25), new(0x81, 12, 0.5), new(0xf8, 44, 0.25)],
    };

    [Fact]
    public void Shares_are_those_of_the_mix_and_no_two_inodes_have_the_same_handle()
    {
        MixedHandles handles = new(Mix);
        Dictionary<int, int> lengths = [];
        HashSet<string> seen = [];
        byte[] room = new byte[TraceFormat.MaxHandleBytes];
        for (ulong nodeId = 2; nodeId < Inodes + 2; nodeId++)
        {
            FileHandle handle = handles.Complete(default, nodeId, 0, room);
            lengths[handle.Bytes.Length] = lengths.GetValueOrDefault(handle.Bytes.Length) + 1;
            Assert.True(seen.Add(Convert.ToHexString(handle.Bytes)), $"nodeid {nodeId}");
            Assert.Equal(
                Convert.ToHexString(handle.Bytes),
                Convert.ToHexString(handles.Complete(default, nodeId, 0, new byte[128]).Bytes));
            int length = handle.Bytes.Length;
            Assert.Equal(Mix.Lengths.Single(row => row.Bytes == length).Type, handle.Type);
        }

        // Five deviations of a binomial distribution.
        foreach (HandleShare row in Mix.Lengths)
        {
            double five = 5 * Math.Sqrt(Inodes * row.Share * (1 - row.Share));
            Assert.InRange(lengths[row.Bytes] - (Inodes * row.Share), -five, five);
        }
    }

    [Fact]
    public void A_handle_that_came_stays_and_the_root_gets_none()
    {
        MixedHandles handles = new(Mix);
        byte[] own = [1, 2, 3, 4];
        byte[] room = new byte[TraceFormat.MaxHandleBytes];
        Assert.Equal(own, handles.Complete(new FileHandle(7, own), 5, 0, room).Bytes);
        Assert.True(handles.Complete(default, 1, 0, room).IsNone);
    }

    [Fact]
    public void A_replay_with_a_mix_contradicts_nothing_that_was_recorded_without_handles()
    {
        byte[] trace = ReplayedTrace.Of(writer =>
        {
            writer.Mount(1, false, "m"u8);
            for (int time = 0; time < 2; time++)
            {
                for (ulong nodeId = 2; nodeId < 102; nodeId++)
                    writer.Entry(FuseOpcode.FUSE_LOOKUP, nodeId, 9, FileModes.Regular, 0, []);
            }

            writer.Entry(FuseOpcode.FUSE_LOOKUP, 500, 0, FileModes.Regular, 1, new byte[16]);
            writer.Figure(TraceFigure.Inodes, 102);
            writer.Figure(TraceFigure.HandleDigest, 12345);
            writer.End();
        });
        using TraceReplayer replayer = new(new ReplayOptions
        {
            Strategy = HandleStrategy.Inline(12),
            Handles = new MixedHandles(Mix),
            IndexByHandle = true,
        });
        Assert.False(ReplayedTrace.Play(replayer, trace).IsError);
        Assert.All(replayer.Checks, c => Assert.Equal(0, c.Mismatches));
        Assert.True(replayer.Checks.Single(
            c => c.Name == TrafficChecks.EntryIdentity).Compared >= 100);
        Assert.Equal(0, replayer.Tally.CreatedByLength[0]);
        Assert.Equal(1, replayer.Tally.CreatedByLength[16]);
        Assert.Equal(
            100,
            replayer.Tally.CreatedByLength[8] + replayer.Tally.CreatedByLength[12]
                + replayer.Tally.CreatedByLength[44]);
    }
}
