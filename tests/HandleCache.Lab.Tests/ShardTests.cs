using FsCheck;
using FsCheck.Fluent;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Lab.Tests;

/// <summary>Parts of a run are disjoint, and together they are the run.</summary>
public sealed class ShardTests
{
    private const int Tests = 300;

    [Fact]
    public void Every_piece_of_work_is_in_just_one_part_under_its_own_number() =>
        SeededProperty.Check(
            Prop.ForAll(
                Gen.Choose(0, 200).Zip(Gen.Choose(1, 40)).ToArbitrary(),
                ((int Pieces, int Of) run) =>
                {
                    int[] numbers = [.. Enumerable.Range(0, run.Pieces)];
                    List<int> all = [];
                    foreach (int part in Enumerable.Range(1, run.Of))
                    {
                        Shard shard = new(part, run.Of);
                        int[] own = [.. shard.Take(numbers)];
                        Assert.Equal(own.Length, shard.CountOf(run.Pieces));
                        Assert.Equal(
                            own, Enumerable.Range(0, own.Length).Select(shard.NumberAt));
                        all.AddRange(own);
                    }

                    Assert.Equal(numbers, all.Order());
                }),
            Tests);

    [Fact]
    public void The_whole_is_the_only_part_of_one()
    {
        Assert.Equal(Shard.Whole, Shard.Parse("1/1"));
        Assert.True(Shard.Whole.IsWhole && Shard.Whole.IsFirst);
        Assert.Equal(17, Shard.Whole.CountOf(17));
        Assert.Equal(16, Shard.Whole.NumberAt(16));
    }
}
