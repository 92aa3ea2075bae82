using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Designs;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Handles;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>What the generators make is what it says, and shrinks to an end.</summary>
public sealed class ArbitrariesTests
{
    [Fact]
    public void A_handle_has_at_most_128_bytes_and_can_be_a_key() => SeededProperty.Check(
        Prop.ForAll(HandleCacheArbitraries.Handles(), handle =>
            handle.Length <= 128 && handle.IsNone == (handle.Length == 0)
            && new Dictionary<StoredHandle, int> { [handle] = 1 }[new(handle.AsHandle())] == 1),
        tests: 300);

    [Fact]
    public void Shares_of_a_mix_add_up_to_1_and_can_be_written_and_read() => SeededProperty.Check(
        Prop.ForAll(HandleCacheArbitraries.Mixes(), mix =>
            Math.Abs(mix.Lengths.Sum(row => row.Share) - 1) < HandleMix.SumTolerance
            && HandleMixJson.TryParse(HandleMixJson.Write(mix), out HandleMix? read, out _)
            && read!.Lengths.SequenceEqual(mix.Lengths)),
        tests: 300);

    [Fact]
    public void A_design_takes_its_longest_handle() => SeededProperty.Check(
        Prop.ForAll(HandleCacheArbitraries.Designs(), (Design design) =>
            design.Wire.MaxHandleBytes is > 0 and <= 128),
        tests: 300);

    [Fact]
    public void Everything_shrinks_to_an_end()
    {
        EndsFor(HandleCacheArbitraries.Handles());
        EndsFor(HandleCacheArbitraries.Mixes());
        EndsFor(HandleCacheArbitraries.Designs());
        EndsFor(HandleCacheArbitraries.Scripts());
        EndsFor(HandleCacheArbitraries.Schedules());
        EndsFor(HandleCacheArbitraries.ReplyFaults());
        EndsFor(HandleCacheArbitraries.Disturbances());
        EndsFor(HandleCacheArbitraries.KernelFaults());
    }

    private static void EndsFor<T>(Arbitrary<T> arbitrary)
    {
        const int MostShrinks = 10_000;
        foreach (T made in arbitrary.Generator.Sample(50))
        {
            T at = made;
            int shrinks = 0;
            while (arbitrary.Shrinker(at).FirstOrDefault() is { } smaller
                && !Equals(smaller, default(T)) && shrinks++ < MostShrinks)
                at = smaller;
            Assert.True(shrinks < MostShrinks, $"{typeof(T).Name}: {made} shrinks for ever");
        }
    }
}
