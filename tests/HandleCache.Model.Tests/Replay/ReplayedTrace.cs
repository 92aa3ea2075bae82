using HandleCache.Model.Handles;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Traces;
using Xunit;

namespace HandleCache.Model.Tests.Replay;

/// <summary>A trace in memory, and its replay.</summary>
internal sealed class ReplayedTrace : ITraceSink
{
    private readonly List<byte> _bytes = [];

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    /// <summary>The bytes of what the action writes.</summary>
    public static byte[] Of(Action<TraceWriter> write, int payloadBytes = 1 << 12)
    {
        ReplayedTrace sink = new();
        TraceWriter writer = new(sink, payloadBytes);
        write(writer);
        writer.Complete();
        return [.. sink._bytes];
    }

    /// <summary>Replays a whole trace; the error where its records make none.</summary>
    public static TraceError Play(TraceReplayer replayer, byte[] trace)
    {
        TraceWalk walk = new();
        while (true)
        {
            switch (walk.Next(trace.AsSpan((int)walk.Offset), isAll: true, out TraceBlock block))
            {
                case TraceStep.Block:
                    if (replayer.Apply(block) is { IsError: true } error)
                        return error;
                    break;
                case TraceStep.End:
                    return replayer.Complete(walk.Offset);
                case TraceStep.Refused:
                    Assert.Fail(walk.Error.ToString());
                    break;
            }
        }
    }

    /// <summary>Replays what the action writes within one mount.</summary>
    public static TraceReplayer Mount(
        Action<TraceWriter> write, bool reusesNodeIds = false, HandleStrategy? strategy = null)
    {
        byte[] trace = Of(writer =>
        {
            writer.Mount(1, reusesNodeIds, "m"u8);
            write(writer);
            writer.End();
        });
        using TraceReplayer replayer = new(new ReplayOptions
        {
            Strategy = strategy ?? HandleStrategy.Inline(12),
        });
        Assert.Equal(TraceError.None, Play(replayer, trace));
        return replayer;
    }

    public static CheckCount Check(TraceReplayer replayer, string name) =>
        replayer.Checks.Single(check => check.Name == name);

    /// <summary>Just this check fails, once, at this byte.</summary>
    public static void AssertOnly(TraceReplayer replayer, string name, long offset, string says)
    {
        foreach (CheckCount check in replayer.Checks)
        {
            Assert.True(
                check.Mismatches == (check.Name == name ? 1 : 0),
                $"{check.Name}: {check.Mismatches}, {check.FirstMismatch}");
        }

        CheckCount failed = Check(replayer, name);
        Assert.Equal(offset, failed.FirstOffset);
        Assert.Contains(says, failed.FirstMismatch, StringComparison.Ordinal);
        Assert.StartsWith($"byte {offset}: ", failed.FirstMismatch, StringComparison.Ordinal);
    }

    public static void AssertHolds(TraceReplayer replayer) =>
        Assert.All(replayer.Checks, check => Assert.Null(check.FirstMismatch));
}
