using HandleCache.Lab.Drive;
using HandleCache.Server.Driving;
using Xunit;

namespace HandleCache.Lab.Tests.Drive;

/// <summary>
/// `drive` on a toy server that keeps the rules but for the fault planted, and on libfuse's
/// passthrough_ll: no mount, no root.
/// </summary>
public sealed class DriveTests(ToyServer toy) : IClassFixture<ToyServer>
{
    private const int ShortestSteps = 6;

    [Theory]
    [InlineData("early", "lookup-counts")]
    [InlineData("again", "entry-identity")]
    [InlineData("same-generation", "generation-reuse")]
    [InlineData("no-entry", "errno-class")]
    [InlineData("plus-generation", "entry-identity")]
    [InlineData("short-entry", "reply-shape")]
    [InlineData("long-attr", "reply-shape")]
    [InlineData("positive", "reply-errno")]
    [InlineData("lost", "no-reply")]
    [InlineData("twice", "reply-unique")]
    [InlineData("dies", "server-death")]
    [InlineData("endless", "listing-ends")]
    [InlineData("chatty", "no-reply")]
    [InlineData("stranger", "reply-unique")]
    [InlineData("interrupt-busy", "interrupt-reply")]
    [InlineData("interrupt-again", "no-reply")]
    [InlineData("interrupt-stranger", "reply-unique")]
    [InlineData("user-type", "attr-type", "uid=1000")]
    [InlineData("other-process", "no-reply", "meanwhile")]
    public void A_planted_fault_is_found_with_a_script_of_at_most_six_calls(
        string fault, string rule, string needs = "")
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command(fault),
            Scripts = 300,
            PatienceSeconds = rule == "no-reply" ? 2 : 30,
        });
        Assert.Equal("diverge", result.Verdict);
        DriveFinding finding = Assert.IsType<DriveFinding>(result.Finding);
        Assert.Equal(rule, finding.Rule);
        Assert.True(finding.Repeats, "the shortest script breaks the rule on a new server");
        Assert.True(
            finding.Steps.Count <= ShortestSteps, string.Join("\n", finding.Steps));
        Assert.True(
            needs.Length == 0
                || finding.Steps.Any(step => step.Contains(needs, StringComparison.Ordinal)),
            string.Join("\n", finding.Steps));
        Assert.NotEmpty(finding.Request);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("interrupt-late")]
    [InlineData("interrupt-taken")]
    public void A_server_that_keeps_the_rules_has_no_finding_in_300_scripts(string manner)
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command(manner),
            Scripts = 300,
            PatienceSeconds = 60,
        });
        Assert.True(result.Verdict == "match", result.Finding?.Message);
        Assert.Equal(300, result.Scripts);
        Assert.Equal(
            manner != "none",
            result.Checks.Any(check => check.Name == "interrupt-reply" && check.Compared > 0));
        Assert.Equal(1, result.Servers);
        foreach (string rule in new[]
        {
            "entry-identity", "inode-number", "generation-reuse", "attr-type", "lookup-counts",
            "errno-class", "forget-nlookup", "live-nodeids",
        })
        {
            Assert.True(result.Checks.Single(check => check.Name == rule).Compared > 0, rule);
        }
    }

    [Fact]
    public void A_reply_that_nobody_waits_for_is_no_end_where_it_is_allowed()
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command("stranger"),
            Scripts = 20,
            PatienceSeconds = 60,
            Allowed = new HashSet<string> { "reply-unique" },
        });
        Assert.True(result.Verdict == "match", result.Finding?.Message);
        Assert.Equal(20, result.Scripts);
        Assert.Contains(result.Notes, note => note.StartsWith(
            "allowed: reply-unique", StringComparison.Ordinal));
    }

    /// <summary>7.47: notifications 10 and 11, and fuse_open_out of 24 bytes.</summary>
    [Theory]
    [InlineData("7.4-fuse-next", "match", null)]
    [InlineData("7.3", "diverge", "reply-shape")]
    public void A_server_of_a_newer_minor_is_no_finding_where_the_kernel_has_it(
        string kernel, string verdict, string? rule)
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command("newer"),
            Scripts = 60,
            ModelKernel = kernel,
            PatienceSeconds = 60,
        });
        Assert.Equal(rule, result.Finding?.Rule);
        Assert.Equal(verdict, result.Verdict);
    }

    [Fact]
    public void A_new_server_that_refuses_what_the_old_one_gave_has_no_finding()
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command("none"),
            Scripts = 40,
            Restart = true,
            PatienceSeconds = 60,
        });
        Assert.True(result.Verdict == "match", result.Finding?.Message);
        Assert.Equal(41, result.Servers);
    }

    [Fact]
    public void A_new_server_that_takes_an_old_nodeid_for_another_object_is_found()
    {
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command("restart"),
            Scripts = 100,
            Restart = true,
            PatienceSeconds = 60,
        });
        Assert.Equal("restart-object", result.Finding?.Rule);
        Assert.True(result.Finding?.Steps.Count <= ShortestSteps);
    }

    [Fact]
    public void A_malformed_request_that_kills_a_server_is_found_and_no_other_is()
    {
        DriveOptions options = new()
        {
            Command = toy.Command("none"),
            Hostile = true,
            PatienceSeconds = 60,
        };
        DriveResult careful = Drive(options);
        Assert.True(careful.Verdict == "match", string.Join("\n", careful.Hostile));
        Assert.All(careful.Hostile, row => Assert.Equal(options.Scripts, row.Sent));

        DriveResult trusting = Drive(options with { Command = toy.Command("trusting") });
        Assert.Equal("diverge", trusting.Verdict);
        HostileRow deadly = Assert.Single(trusting.Hostile, row => row.Deaths > 0);
        Assert.Equal("lying-size", deadly.Name);
        Assert.Contains("signal 11", deadly.First, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_does_not_start_again_is_found_and_not_a_mistake_of_the_caller()
    {
        using TempFolder folder = new();
        DriveResult result = Drive(new DriveOptions
        {
            Command = [.. toy.Command("none"), folder.In("started")],
            Restart = true,
            PatienceSeconds = 60,
        });
        Assert.Equal("server-death", result.Finding?.Rule);
        Assert.Contains("exit code 3", result.Finding?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_malformed_requests_did_is_kept_where_no_server_starts_again()
    {
        using TempFolder folder = new();
        DriveResult result = Drive(new DriveOptions
        {
            Command = [.. toy.Command("trusting"), folder.In("started")],
            Hostile = true,
            PatienceSeconds = 60,
        });
        Assert.Equal("server-death", result.Finding?.Rule);
        HostileRow deadly = Assert.Single(result.Hostile, row => row.Deaths > 0);
        Assert.Equal(("lying-size", 1), (deadly.Name, deadly.Deaths));
        Assert.Contains("signal 11", deadly.First, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_interrupted_counts_no_death_that_was_its_own_doing()
    {
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        DriveResult result = DriveExperiment.Run(
            new DriveOptions { Command = toy.Command("none"), Hostile = true }, cancel.Token);
        Assert.True(result.IsInterrupted);
        Assert.DoesNotContain(result.Hostile, row => row.Deaths > 0);
    }

    [Fact]
    public void A_server_of_another_tree_than_the_directory_named_is_found()
    {
        using TempFolder other = new();
        DriveResult result = Drive(new DriveOptions
        {
            Command = toy.Command("none"),
            Root = other.Path,
            Scripts = 5,
            PatienceSeconds = 60,
        });
        Assert.Equal("same-outcome", result.Finding?.Rule);
    }

    [Fact]
    public void Passthrough_ll_serves_its_directory_and_gives_nodeids_again()
    {
        using TempFolder source = new();
        DriveOptions options = new()
        {
            Command = toy.PassthroughLl(source.Path),
            Root = source.Path,
            Scripts = 60,
            PatienceSeconds = 60,
            Allowed = new HashSet<string> { "generation-reuse" },
        };
        DriveResult result = Drive(options);
        Assert.True(result.Verdict == "match", result.Finding?.Message);
        Assert.True(result.Checks.Single(check => check.Name == "same-object").Compared > 100);
        Assert.Empty(Directory.EnumerateFileSystemEntries(source.Path));
    }

    [Fact]
    public void An_attribute_that_is_read_as_it_was_not_set_is_found()
    {
        using TempFolder source = new();
        DriveOptions options = new()
        {
            Command = toy.PassthroughLl(source.Path, "-o", "xattr"),
            Root = source.Path,
            Scripts = 100,
            PatienceSeconds = 60,
            Allowed = new HashSet<string> { "generation-reuse" },
        };
        DriveResult right = Drive(options);
        Assert.True(right.Verdict == "match", right.Finding?.Message);
        DriveResult wrong = Drive(options with
        {
            Command = toy.PassthroughLlWithWrongXattrs(source.Path, "-o", "xattr"),
        });
        Assert.Equal("same-object", wrong.Finding?.Rule);
        Assert.Contains("user.", wrong.Finding!.Message, StringComparison.Ordinal);
        Assert.True(wrong.Finding.Steps.Count <= ShortestSteps);
        Assert.Contains(wrong.Finding.Steps, step => step.Contains(
            "SetXattr", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_driven_is_bad_input()
    {
        DriveOptions options = new() { Command = ["/nowhere/server"] };
        Assert.Throws<BadInputException>(() => Drive(options));
        BadInputException noServer = Assert.Throws<BadInputException>(
            () => Drive(options with { Command = toy.Command("no-server") }));
        Assert.Contains("exit code 3", noServer.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => Drive(options with { Root = "/nowhere" }));
        Assert.Throws<BadInputException>(() => Drive(options with
        {
            Allowed = new HashSet<string> { "server-death" },
        }));
    }

    private static DriveResult Drive(DriveOptions options) =>
        DriveExperiment.Run(options, TestContext.Current.CancellationToken);
}
