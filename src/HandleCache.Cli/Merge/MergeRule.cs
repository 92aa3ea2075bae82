namespace HandleCache.Cli.Merge;

/// <summary>What becomes of a field where documents of parts are put together.</summary>
internal enum MergeRule
{
    /// <summary>It must be the same in all, member by member.</summary>
    Same,

    /// <summary>A count: the sum.</summary>
    Add,

    /// <summary>A peak: the largest.</summary>
    Most,

    /// <summary>True where it is in any.</summary>
    Any,

    /// <summary>True where it is in all.</summary>
    All,

    /// <summary>The verdict that says least good, of the parts that are here.</summary>
    Verdict,

    /// <summary>That of the part with the first divergence, null in none.</summary>
    First,

    /// <summary>The one with the fewest steps; of equals the first part's.</summary>
    Shortest,

    /// <summary>A list of rows that have names: one row for each name.</summary>
    Rows,

    /// <summary>A list: all that is in any, once.</summary>
    Union,

    /// <summary>Made anew from the merged fields.</summary>
    Again,
}

/// <summary>The fields of a command's document that are not simply the same in all parts.</summary>
/// <param name="Command">The command.</param>
/// <param name="Document">Type of its document.</param>
/// <param name="Rules">By path: a.b, and a[].b for the rows of a.</param>
/// <param name="RowNames">Fields that name a row, by the path of its list.</param>
/// <param name="Divergence">
/// Where a divergence lies, and the number in it by which the first is known; null where parts
/// come in the order of their work.
/// </param>
internal sealed record MergeTable(
    string Command,
    Type Document,
    IReadOnlyDictionary<string, MergeRule> Rules,
    IReadOnlyDictionary<string, string[]> RowNames,
    (string Path, string? Number)? Divergence)
{
    private static readonly Dictionary<string, MergeRule> Checks = new()
    {
        ["verdict"] = MergeRule.Verdict,
        ["checks"] = MergeRule.Rows,
        ["checks[].compared"] = MergeRule.Add,
        ["checks[].mismatches"] = MergeRule.Add,
        ["checks[].firstMismatch"] = MergeRule.First,
        ["checks[].notCompared"] = MergeRule.Again,
        ["notes"] = MergeRule.Union,
    };

    private static readonly Dictionary<string, string[]> CheckNames = new()
    {
        ["checks"] = ["name"],
    };

    /// <summary>Every command whose run can be divided.</summary>
    public static readonly IReadOnlyList<MergeTable> All =
    [
        new(
            "validate",
            typeof(Validate.ValidateDocument),
            new Dictionary<string, MergeRule>(Checks)
            {
                ["requests"] = MergeRule.Add,
                ["inodesPeak"] = MergeRule.Most,
                ["handlesInline"] = MergeRule.Add,
                ["handlesSpilled"] = MergeRule.Add,
                ["stages"] = MergeRule.Union,
                ["undecided"] = MergeRule.Union,
                ["differential.scripts"] = MergeRule.Add,
                ["differential.passthroughScripts"] = MergeRule.Add,
                ["differential.finiteScripts"] = MergeRule.Add,
                ["differential.calls"] = MergeRule.Add,
                ["differential.requests"] = MergeRule.Add,
                ["differential.tooSlow"] = MergeRule.Add,
                ["differential.disturbed"] = MergeRule.Add,
                ["differential.givenUp"] = MergeRule.Add,
                ["differential.isInterrupted"] = MergeRule.Any,
                ["differential.seconds"] = MergeRule.Add,
                ["differential.failed"] = MergeRule.First,
            },
            CheckNames,
            ("differential.failed", null)),
        new(
            "restart",
            typeof(Restart.RestartModelDocument),
            new Dictionary<string, MergeRule>
            {
                ["verdict"] = MergeRule.Verdict,
                ["kills"] = MergeRule.Add,
                ["operations"] = MergeRule.Add,
                ["errors"] = MergeRule.Add,
                ["wrongObject"] = MergeRule.Add,
                ["stale"] = MergeRule.Add,
                ["recovered"] = MergeRule.Add,
                ["rows"] = MergeRule.Rows,
                ["rows[].worlds"] = MergeRule.Add,
                ["rows[].restarts"] = MergeRule.Add,
                ["rows[].recovered"] = MergeRule.Add,
                ["rows[].stale"] = MergeRule.Add,
                ["rows[].gone"] = MergeRule.Add,
                ["rows[].wrongObject"] = MergeRule.Add,
                ["rows[].refused"] = MergeRule.Add,
                ["rows[].staleAttributes"] = MergeRule.Add,
                ["rows[].hung"] = MergeRule.Add,
                ["rows[].answeredTwice"] = MergeRule.Add,
                ["rows[].unbalanced"] = MergeRule.Add,
                ["rows[].lazyRequests"] = MergeRule.Add,
                ["rows[].stormRequests"] = MergeRule.Add,
                ["rows[].lazyToFirstAnswer"] = MergeRule.Most,
                ["rows[].stormToFirstAnswer"] = MergeRule.Most,
                ["rows[].counterexample"] = MergeRule.Shortest,
            },
            new Dictionary<string, string[]>
            {
                ["rows"] = ["dialect", "handleInEveryRequest", "persistentHandles"],
            },
            null),
        new(
            "design",
            typeof(Design.DesignDocument),
            new Dictionary<string, MergeRule>
            {
                ["answer"] = MergeRule.Again,
                ["safety.safe"] = MergeRule.All,
                ["safety.randomHistories"] = MergeRule.Add,
                ["safety.steps"] = MergeRule.First,
                ["safety.outcome"] = MergeRule.First,
            },
            new Dictionary<string, string[]>(),
            ("safety.steps", null)),
        new(
            "drive",
            typeof(Drive.DriveDocument),
            new Dictionary<string, MergeRule>(Checks)
            {
                ["scripts"] = MergeRule.Add,
                ["calls"] = MergeRule.Add,
                ["requests"] = MergeRule.Add,
                ["forgets"] = MergeRule.Add,
                ["servers"] = MergeRule.Add,
                ["finding"] = MergeRule.First,
                ["repeat"] = MergeRule.First,
            },
            CheckNames,
            ("finding", "script")),
        new(
            "soak",
            typeof(Soak.HostileDocument),
            new Dictionary<string, MergeRule>
            {
                ["verdict"] = MergeRule.Verdict,
                ["messages"] = MergeRule.Add,
                ["surfaces"] = MergeRule.Rows,
                ["surfaces[].messages"] = MergeRule.Add,
                ["surfaces[].taken"] = MergeRule.Add,
                ["surfaces[].mostAllocatedBytes"] = MergeRule.Most,
                ["findings"] = MergeRule.Union,
                ["seconds"] = MergeRule.Add,
                ["peakResidentBytes"] = MergeRule.Most,
            },
            new Dictionary<string, string[]> { ["surfaces"] = ["name"] },
            null),
    ];
}
