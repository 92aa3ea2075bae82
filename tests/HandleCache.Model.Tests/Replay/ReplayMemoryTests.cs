using HandleCache.Model.Replay;
using HandleCache.Protocol.Traces;
using Xunit;

namespace HandleCache.Model.Tests.Replay;

/// <summary>A replay allocates for its population, not for its records.</summary>
public class ReplayMemoryTests
{
    [Fact]
    public void A_trace_replayed_in_steady_state_allocates_nothing_per_record()
    {
        byte[] trace = ReplayedTrace.Of(writer =>
        {
            LruTraffic traffic = new(writer, 5000, "m"u8);
            for (ulong i = 0; i < 200_000; i++)
                traffic.Access(2 + (i * 7919 % 9973), 0x81, i % 3 == 0 ? 24 : 12);
            traffic.End();
        });
        using TraceReplayer replayer = new(new ReplayOptions());
        TraceWalk walk = new();
        long before = 0;
        long steady = 0;
        TraceStep step;
        while ((step = walk.Next(trace.AsSpan((int)walk.Offset), true, out TraceBlock block))
            is not TraceStep.End)
        {
            if (step != TraceStep.Block)
                continue;
            bool isLast = walk.Offset > trace.Length - (1 << 13);
            bool isSteady = walk.Offset > trace.Length / 2;
            if (!isSteady)
                before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(TraceError.None, replayer.Apply(block));
            if (isSteady && !isLast)
                steady = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        ReplayedTrace.AssertHolds(replayer);
        Assert.True(replayer.Tally.Forgets > 50_000, $"{replayer.Tally.Forgets} forgets");

        // What grows now and then is a sub-table that is swept; nothing is made for a record.
        Assert.True(steady < 1 << 20, $"{steady} bytes for some 100,000 records");
    }
}
