using FsCheck.Fluent;
using HandleCache.Model.Handles;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

public sealed class FuseInodeCachePropertyTests
{
    [Theory]
    [InlineData("inline:12")]
    [InlineData("inline:4+cache:64")]
    [InlineData("inline-only:12")]
    [InlineData("pointer-max:128")]
    [InlineData("none")]
    public void The_cache_holds_what_the_rules_written_out_on_a_list_hold(string strategy)
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(most: 400), steps =>
            {
                using var walk = new FuseInodeCacheWalk(HandleStrategy.Parse(strategy));
                foreach (int step in steps)
                    walk.Step(step);
            }),
            tests: 40);
    }
}
