using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// What kernel versions do differently, each row of the table by what it changes.
/// </summary>
public class VersionRuleTests
{
    [Theory]
    [InlineData("6.12", 0)]
    [InlineData("6.18", 0)]
    [InlineData("6.19", ENOENT)]
    [InlineData("7.0", ENOENT)]
    [InlineData("7.1", 0)]
    [InlineData("7.3", 0)]
    public void Invalidating_a_name_known_to_be_absent_is_ENOENT_in_6_19_and_7_0(
        string version, int errno)
    {
        using KernelDriver bench = new(version: VersionOf(version));
        KernelCall stat = bench.Stat("c");
        bench.AnswerEntry(bench.Read(), new fuse_entry_out { entry_valid = LongSeconds });
        Assert.Equal(ENOENT, stat.Result.Errno);
        Assert.Equal(errno, bench.InvalEntry(FuseConstants.FUSE_ROOT_ID, "c"));

        // Refused, it changes nothing: the name is known to be absent for as long as before.
        KernelCall again = bench.Stat("c");
        Assert.Equal(errno == 0, bench.Kernel.HasRequest);
        Assert.Equal(errno != 0, again.IsDone);
    }

    [Theory]
    [InlineData("6.12", true)]
    [InlineData("6.18", true)]
    [InlineData("7.1", true)]
    [InlineData("7.2", false)]
    [InlineData("7.3", false)]
    public void A_changed_directory_keeps_its_owner_for_permission_from_7_2_on(
        string version, bool asks)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_POSIX_ACL,
            version: VersionOf(version));
        KernelCall stat = bench.Stat(".");
        bench.Answer(bench.Read(), Attributes(KernelDriver.Directory));
        Assert.Equal(0, stat.Result.Errno);
        KernelCall made = bench.Call(VfsCallKind.MkDir, "a");
        bench.AnswerError(bench.Read(), ENOENT);
        bench.AnswerEntry(bench.Read(), Entry(2, KernelDriver.Directory));
        Assert.Equal(0, made.Result.Errno);

        // The name is valid: what is asked is the directory's owner, or nothing.
        KernelCall walked = bench.Stat("a");
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (asks)
            Assert.Equal(FuseOpcode.FUSE_GETATTR, bench.Read().Opcode);
        Assert.Equal(!asks, walked.IsDone);

        // Time and size are outdated in every version.
        if (!asks)
        {
            bench.Stat(".");
            Assert.Equal(FuseOpcode.FUSE_GETATTR, bench.Read().Opcode);
        }
    }

    [Fact]
    public void Every_rule_has_its_function_its_source_and_a_range_of_versions() =>
        Assert.All(VersionRule.All, rule =>
        {
            Assert.Matches("^[a-z0-9-]+$", rule.Name);
            Assert.Contains("(), fs/", rule.Function, StringComparison.Ordinal);
            Assert.NotEmpty(rule.Source);
            Assert.True(rule.Commit.Length is 0 or 12, rule.Name);
            Assert.True(rule.AppliesTo(rule.First));
            Assert.False(rule.AppliesTo(new KernelVersion(rule.First.Major, rule.First.Minor - 1)));
            Assert.True(rule.Last is not { } last || last >= rule.First);
        });

    private static KernelVersion VersionOf(string text) =>
        KernelVersion.TryParse(text, out KernelVersion version)
            ? version
            : throw new ArgumentException(text, nameof(text));
}
