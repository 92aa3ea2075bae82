using HandleCache.Lab.Designs;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Designs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Lab.Tests.Designs;

/// <summary>
/// The rules that shipped designs break are those of PROPOSALS.md, section 3, and no others.
/// </summary>
public sealed class DesignFindingTests
{
    [Theory]
    [InlineData("classic")]
    [InlineData("thread", 7, 9)]
    [InlineData("thread-inline-only", 7, 9)]
    [InlineData("v1", 2, 7, 9, 0)]
    [InlineData("v2", 1, 2, 3, 6, 7, 8, 9)]
    [InlineData("v3", 3, 4, 5, 5, 7, 8, 9)]
    [InlineData("fusex", 7, 9)]
    [InlineData("fusex-april", 9, 0, 0)]
    [InlineData("fusex-compound", 9, 10, 0, 0)]
    public void A_design_has_the_defects_that_it_was_posted_with(string name, params int[] items)
    {
        DesignResult result = Run(name);
        Assert.Equal(items, result.Findings.Select(f => f.Item));
        Assert.All(result.Findings, f => Assert.NotEqual(f.With, f.Without));
    }

    [Fact]
    public void Every_defect_shows_on_a_design_that_never_had_it()
    {
        WireDesign thread = DesignFiles.Load("thread").Wire;
        foreach (DesignDefect defect in DesignDefect.All)
        {
            WireDesign host = thread with
            {
                Defects = defect.Flag,
                Export = ExportForm.Both,
                Returns = [FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE],
                Encoding = thread.Encoding with { ArrayBytes = 0 },
            };
            if (defect.Flag == DesignDefects.StatxFailureKeepsLookup)
            {
                host = DesignDefaults.Of(DesignFraming.Fusex) with { Defects = defect.Flag };
            }

            DesignDeviation deviation = Assert.Single(DesignDeviation.Of(host));
            if (defect.Flag == DesignDefects.ExportsFixedSize)
                continue;
            FoundHistory? found = DesignExploration.Shortest(
                deviation, TestContext.Current.CancellationToken);
            Assert.True(found is not null, defect.Setting);
        }
    }

    [Theory]
    [InlineData(DesignFraming.Fusex)]
    [InlineData(DesignFraming.FusexCompound)]
    [InlineData(DesignFraming.V3)]
    public void A_lookup_whose_STATX_fails_is_kept_by_the_server_where_no_FORGET_follows(
        DesignFraming framing)
    {
        WireDesign own = DesignDefaults.Of(framing) with
        {
            Defects = DesignDefects.StatxFailureKeepsLookup,
        };
        FoundHistory? found = DesignExploration.Shortest(
            Assert.Single(DesignDeviation.Of(own)), TestContext.Current.CancellationToken);
        Assert.NotNull(found);
        Assert.Equal("statx-fails", found.Steps[0]);
        Assert.Equal(2, found.Steps.Count);
        Assert.EndsWith("1 lookups given, 0 held", found.Outcome, StringComparison.Ordinal);
        Assert.Equal("EIO", found.Sound);
    }

    [Theory]
    [InlineData("fusex-april")]
    [InlineData("fusex-compound")]
    public void Without_generation_and_handle_a_nodeids_second_use_is_a_wrong_object(string name)
    {
        DesignFinding finding = Run(name).Findings.Single(
            f => f.Name == "nothing-tells-second-use");
        Assert.StartsWith("wrong object", finding.With, StringComparison.Ordinal);
        Assert.InRange(finding.Steps.Count, 1, 5);
        Assert.Equal("success", finding.Without);
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void Found_by_handle_every_cached_inode_outlives_a_restart_that_numbers_anew(
        string name)
    {
        SearchTraffic traffic = HandleSearch.Traffic(
            DesignDeviation.SoundOf(DesignFiles.Load(name).Wire))!;
        // The names and their directory, each looked up once.
        Assert.Equal(HandleSearch.Names + 1, traffic.ByHandle.Requests);
        Assert.Equal(0, traffic.ByHandle.InodesMade);
        Assert.Equal(HandleSearch.Names + 1, traffic.ByNodeId.InodesMade);
        Assert.True(traffic.ByNodeId.Requests > traffic.ByHandle.Requests);
    }

    [Fact]
    public void A_missing_parent_handle_in_revalidation_is_found_in_at_most_five_steps()
    {
        WireDesign own = DesignFiles.Load("thread").Wire with
        {
            Defects = DesignDefects.NoParentOnRevalidation,
        };
        FoundHistory? found = DesignExploration.Shortest(
            Assert.Single(DesignDeviation.Of(own)), TestContext.Current.CancellationToken);
        Assert.InRange(found!.Steps.Count, 1, 5);
        Assert.StartsWith("wrong object", found.Outcome, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_of_the_comparison_is_found()
    {
        WireDesign thread = DesignFiles.Load("thread").Wire;
        WireDesign blind = thread with
        {
            Identity = thread.Identity with { ComparesHandle = false },
        };
        DesignDeviation deviation = Assert.Single(DesignDeviation.Of(blind));
        Assert.Equal("handle-not-compared", deviation.Name);
        Assert.NotNull(
            DesignExploration.Shortest(deviation, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_sound_design_is_safe_in_every_short_history_and_in_random_ones()
    {
        foreach (string name in new[]
        {
            "thread", "v2", "v3", "fusex", "fusex-april", "fusex-compound",
        })
        {
            WireDesign sound = DesignDeviation.SoundOf(DesignFiles.Load(name).Wire);
            FoundHistory? found = DesignExploration.FirstUnsafe(
                sound, 2026, 300, TestContext.Current.CancellationToken);
            Assert.True(found is null, $"{name}: {string.Join("; ", found?.Steps ?? [])}");
        }
    }

    private static DesignResult Run(string name) => DesignExperiment.Run(
        new DesignRequest
        {
            Design = name,
            FileSystem = "ext4",
            Kernels = ["6.18"],
            Histories = 5,
        },
        TestContext.Current.CancellationToken);
}
