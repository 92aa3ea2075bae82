using HandleCache.Lab.Differential;
using HandleCache.Lab.Validate;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Lab.Tests.Validate;

/// <summary>When a validation may say "match".</summary>
public sealed class VerdictTests
{
    private static readonly string[] Mandatory =
    [
        "forget-nlookup", "live-nodeids", "entry-identity", "handle-bytes", "export-handle",
        "stale-handle", "inode-state", "syscalls", "all-forgotten", "cache-valid",
        "server-table",
    ];

    [Fact]
    public void It_matches_when_every_mandatory_check_compared_and_none_failed() =>
        Assert.Equal("match", Of(Mandatory.Select(Held)).Verdict);

    [Fact]
    public void A_check_that_may_be_left_out_does_not_change_the_verdict() =>
        Assert.Equal("match", Of(
            [.. Mandatory.Select(Held), new("slab-objects", 0, 0, null, "why")]).Verdict);

    [Fact]
    public void One_mismatch_diverges() =>
        Assert.Equal("diverge", Of(
            [.. Mandatory.Select(Held), new("slab-objects", 9, 1, "text", null)]).Verdict);

    [Fact]
    public void A_mandatory_check_that_compared_nothing_diverges() =>
        Assert.All(Mandatory, name => Assert.Equal("diverge", Of(Mandatory.Select(
            n => n == name ? new CheckResult(n, 0, 0, null, "nothing") : Held(n))).Verdict));

    [Fact]
    public void A_mandatory_check_that_is_missing_diverges() =>
        Assert.All(Mandatory, name => Assert.Equal(
            "diverge", Of(Mandatory.Where(n => n != name).Select(Held)).Verdict));

    [Fact]
    public void A_differential_part_that_ran_and_compared_nothing_diverges()
    {
        ValidateResult left = Of(Mandatory.Select(Held));
        Assert.Equal("diverge", (left with { Differential = new DifferentialResult() }).Verdict);
        ValidateResult ran = Of([.. Mandatory.Select(Held), Held("differential")]);
        Assert.Equal("match", (ran with { Differential = new DifferentialResult() }).Verdict);
    }

    [Fact]
    public void What_reclaim_has_spoilt_is_undecided_unless_something_else_diverges()
    {
        UndecidedComparison[] spoilt = [new("export-handle", "a handle", "slabs_scanned")];
        ValidateResult held = Of(Mandatory.Select(Held)) with { Undecided = spoilt };
        Assert.Equal("undecided", held.Verdict);
        Assert.Equal("undecided", (held with
        {
            Checks = [.. held.Checks.Where(check => check.Name != "export-handle")],
        }).Verdict);
        Assert.Equal("diverge", (held with
        {
            Checks = [.. held.Checks.Where(check => check.Name != "stale-handle")],
        }).Verdict);
        Assert.Equal("diverge", (held with
        {
            Checks = [.. held.Checks, new("slab-objects", 9, 1, "text", null)],
        }).Verdict);
    }

    private static CheckResult Held(string name) => new(name, 5, 0, null, null);

    private static ValidateResult Of(IEnumerable<CheckResult> checks) => new()
    {
        Seed = 1,
        Kernel = new KernelIdentity("6.18", "7.45"),
        Requests = 1,
        InodesPeak = 1,
        HandlesInline = 1,
        HandlesSpilled = 1,
        Checks = [.. checks],
        Stages = [],
        Notes = [],
        Options = new ValidateOptions { Seed = 1 },
    };
}
