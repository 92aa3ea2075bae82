using HandleCache.Lab.Restart.Modelled;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>One exploration that many tests look at.</summary>
public sealed class SmallExploration
{
    internal static readonly RestartModelOptions Options = new() { Histories = 3, Seed = 7 };

    internal RestartModelResult Result { get; } =
        RestartModelExperiment.Run(Options, CancellationToken.None);
}

public class RestartModelTests(SmallExploration small) : IClassFixture<SmallExploration>
{
    private static readonly RestartModelOptions Small = SmallExploration.Options;

    [Fact]
    public void No_dialect_reaches_a_wrong_object_when_the_nodeids_of_two_lives_never_collide()
    {
        RestartModelResult result = small.Result;
        Assert.True(result.Holds);
        Assert.Equal(15, result.Rows.Count);
        Assert.All(result.Rows, row =>
        {
            Assert.Equal((0, 0, 0, 0), (
                row.WrongObject, row.AnsweredTwice, row.Unbalanced, row.Hung));
            Assert.True(row.Worlds > 1000 && row.Recovered > 0 && row.Restarts >= row.Worlds);
            Assert.Null(row.Counterexample);
        });
    }

    /// <summary>
    /// Every name is looked up anew, so none is tried by a nodeid that the server no longer knows;
    /// what has no name to be found by is not helped.
    /// </summary>
    [Fact]
    public void An_epoch_spares_requests_that_a_new_server_refuses_and_makes_nothing_stale()
    {
        RestartModelResult epochs =
            RestartModelExperiment.Run(Small with { Epoch = true }, CancellationToken.None);
        Assert.True(epochs.Holds);
        Assert.Equal(0, epochs.WrongObject);
        Assert.All(epochs.Rows, (row, i) =>
            Assert.True(row.Stale <= small.Result.Rows[i].Stale, row.Dialect));
        RestartModelRow classic = epochs.Rows.Single(row => row.Dialect == "classic");
        RestartModelRow without = small.Result.Rows.Single(row => row.Dialect == "classic");
        Assert.True(classic.LazyRequests < without.LazyRequests);
        Assert.True(classic.Stale > 0, "open files are lost all the same");
    }

    [Fact]
    public void A_persistent_handle_in_every_request_and_reply_loses_nothing_that_exists() =>
        Assert.All(
            small.Result.Rows.Where(r =>
                r.HandleInEveryRequest && r.PersistentHandles && r.Dialect != "v3"),
            row => Assert.Equal(0, row.Stale));

    [Fact]
    public void A_handle_that_dies_with_the_server_recovers_what_no_handle_recovers()
    {
        IReadOnlyList<RestartModelRow> rows = small.Result.Rows;
        RestartModelRow classic = rows.Single(r => r.Dialect == "classic");
        Assert.True(classic.Stale > 0);
        Assert.All(
            rows.Where(r => !r.PersistentHandles && r.Dialect != "fusex"),
            row => Assert.Equal(
            (classic.Recovered, classic.Stale, classic.Gone),
            (row.Recovered, row.Stale, row.Gone)));
    }

    /// <summary>
    /// A FORGET of one lookup stands for the whole life of an inode. That of an entry which a
    /// revalidation had no use for waits in the queue while the name is looked up again (R3), and
    /// is read when the kernel holds the nodeid: the server no longer knows it, and a handle of the
    /// life before cannot bring it back.
    /// </summary>
    [Fact]
    public void A_forget_that_waits_takes_from_a_fusex_server_what_was_looked_up_meanwhile()
    {
        RestartModelRow classic = small.Result.Rows.Single(r => r.Dialect == "classic");
        RestartModelRow fusex =
            small.Result.Rows.Single(r => r.Dialect == "fusex" && !r.PersistentHandles);
        Assert.Equal(classic.Gone, fusex.Gone);
        Assert.True(fusex.Stale > classic.Stale);
        Assert.Equal(0, fusex.WrongObject);
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void A_handle_with_lookups_only_recovers_more_than_none_and_less_than_one_always(
        string dialect)
    {
        IReadOnlyList<RestartModelRow> rows = small.Result.Rows;
        long Stale(string name, bool every) => rows.Single(r =>
            r.Dialect == name && r.HandleInEveryRequest == every
            && r.PersistentHandles == (name != "classic")).Stale;
        Assert.InRange(
            Stale(dialect, false), Stale(dialect, true) + 1, Stale("classic", false) - 1);
    }

    [Fact]
    public void Without_the_parents_handle_every_dialect_has_a_short_counterexample()
    {
        RestartModelResult result = Run(Small with { NoParentHandle = true });
        Assert.Equal(NodeIdPolicy.InodeNumber, result.NodeIds);
        Assert.True(result.Holds, "a wrong object is what is looked for");
        Assert.All(result.Rows, row =>
        {
            Assert.True(row.WrongObject > 0, row.Dialect);
            Assert.InRange(row.Counterexample!.Steps.Count, 2, 6);
        });
    }

    [Fact]
    public void Inode_numbers_as_nodeids_are_safe_where_every_message_brings_the_handle()
    {
        RestartModelResult result = Run(Small with { NodeIds = NodeIdPolicy.InodeNumber });
        Assert.All(result.Rows, row => Assert.Equal(
            row.HandleInEveryRequest && row.Dialect != "v3", row.WrongObject == 0));
        Assert.True(result.Holds);
    }

    [Fact]
    public void A_handle_overwritten_before_it_is_compared_lets_a_wrong_object_through()
    {
        RestartModelResult result = Run(Small with
        {
            Defects = [DialectDefect.V2CompareAfterOverwrite.Name],
        });
        Assert.Equal(["v2"], result.Rows.Select(r => r.Dialect).Distinct());
        Assert.All(
            result.Rows.Where(r => r.HandleInEveryRequest),
            row => Assert.StartsWith("an entry of object", row.Counterexample!.Wrong));
    }

    [Fact]
    public void A_reply_without_handle_that_makes_inodes_bad_loses_existing_objects()
    {
        long Stale(params string[] defects) =>
            Run(Small with
            {
                Dialects = [Dialect.V3],
                Defects = defects,
                NodeIds = NodeIdPolicy.PerLife,
            })
                .Rows.Where(r => r.HandleInEveryRequest && r.PersistentHandles).Sum(r => r.Stale);
        Assert.True(Stale(DialectDefect.V3NullHandleUnequal.Name) > Stale());
    }

    [Fact]
    public void Defects_of_long_handles_refuse_cut_or_lock()
    {
        RestartModelRow Row(DialectDefect? defect, NodeIdPolicy nodeIds) => Run(Small with
        {
            Dialects = [Dialect.V2],
            Defects = defect is null ? [] : [defect.Name],
            NodeIds = nodeIds,
        }).Rows.First(r => r.HandleInEveryRequest && r.PersistentHandles);
        RestartModelRow sound = Row(null, NodeIdPolicy.PerLife);
        Assert.Equal((0, 0, 0), (sound.Refused, sound.Stale, sound.Hung));
        Assert.True(Row(DialectDefect.V2RefuseLongest, NodeIdPolicy.PerLife).Refused > 0);
        Assert.True(Row(DialectDefect.V1TruncateTooLong, NodeIdPolicy.PerLife).Stale > 0);
        Assert.True(
            Row(DialectDefect.V2FailedIgetStaysLocked, NodeIdPolicy.InodeNumber).Hung > 0);
    }

    /// <summary>
    /// The revalidation is answered for another directory; the name is dropped and looked up again,
    /// with the parent's handle, which the server does not know any more.
    /// </summary>
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Revalidation_without_the_parents_handle_asks_another_directory(
        bool hasDefect, long wrong)
    {
        Dialect dialect = V3(hasDefect ? DialectDefect.V3RevalidateWithoutParent : null);
        using RestartWorld world = new(new WorldOptions
        {
            Dialect = dialect,
            NodeIds = NodeIdPolicy.InodeNumber,
        });
        world.Plant("d/a", isDirectory: false);
        foreach (string step in new[] { "open d 1", "stat d/a", "crash", "replace d", "restart" })
            world.Do(WorldStep.Parse(step));
        Assert.Equal(Errno.ESTALE, world.Do(WorldStep.Parse("statat 1 a")));
        Assert.Equal(wrong, world.Tally.WrongObject);
    }

    [Theory]
    [InlineData(false, Errno.ENOENT, 0)]
    [InlineData(true, Errno.None, 1)]
    public void Attributes_believed_as_long_as_the_entry_outlive_their_file(
        bool hasDefect, Errno expected, long stale)
    {
        Dialect dialect = V3(hasDefect ? DialectDefect.V3EntryValidForAttributes : null);
        using RestartWorld world = new(new WorldOptions { Dialect = dialect });
        world.Plant("d/a", isDirectory: false);
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("stat d/a")));
        world.Do(WorldStep.Parse("remove d/a"));
        Assert.Equal(expected, world.Do(WorldStep.Parse("stat d/a")));
        Assert.Equal(stale, world.Tally.StaleAttributes);
    }

    [Fact]
    public void The_exploration_finds_attributes_believed_too_long_and_none_without_the_defect()
    {
        long Stale(params string[] defects) =>
            Run(Small with
            {
                Dialects = [Dialect.V3],
                Defects = defects,
                NodeIds = NodeIdPolicy.PerLife,
            })
                .Rows.Sum(r => r.StaleAttributes);
        Assert.Equal(0, Stale());
        Assert.True(Stale(DialectDefect.V3EntryValidForAttributes.Name) > 0);
    }

    private static Dialect V3(DialectDefect? defect)
    {
        DialectOptions options = new()
        {
            Defects = defect is null ? [] : [defect],
            HandleInEveryRequest = true,
        };
        Assert.True(DialectList.TryCreate("v3", options, out Dialect? dialect, out _));
        return dialect;
    }

    [Fact]
    public void The_opcode_in_the_init_mask_leaves_the_mount_as_without_handles()
    {
        RestartModelRow classic = Run(Small with { Dialects = [Dialect.Classic] }).Rows.Single();
        RestartModelResult result = Run(Small with
        {
            Defects = [DialectDefect.V3OpcodeInInitMask.Name],
            NodeIds = NodeIdPolicy.PerLife,
        });
        Assert.All(result.Rows, row => Assert.Equal(
            (classic.Recovered, classic.Stale, classic.Gone, classic.LazyRequests),
            (row.Recovered, row.Stale, row.Gone, row.LazyRequests)));
    }

    [Fact]
    public void Lazily_the_first_answer_never_waits_for_the_whole_cache()
    {
        Assert.All(
            small.Result.Rows.Where(r => r.HandleInEveryRequest && r.PersistentHandles),
            row => Assert.InRange(row.LazyRequests, 1, row.StormRequests - 1));
    }

    [Theory]
    [InlineData(true, Errno.None, 0)]
    [InlineData(false, Errno.ESTALE, 0)]
    public void An_open_file_goes_on_with_its_handle_in_the_request_and_is_refused_without(
        bool every, Errno expected, long wrong)
    {
        Assert.True(DialectList.TryCreate(
            "v2", new() { HandleInEveryRequest = every }, out Dialect? dialect, out _));
        using RestartWorld world = new(new WorldOptions { Dialect = dialect });
        world.Plant("d/a", isDirectory: false);
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("open d/a 1")));
        world.Do(WorldStep.Parse("crash"));
        world.Do(WorldStep.Parse("restart"));
        Assert.Equal(expected, world.Do(WorldStep.Parse("read 1")));
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("stat d/a")));
        Assert.Equal(wrong, world.Tally.WrongObject);
    }

    [Fact]
    public void A_file_unlinked_while_open_is_gone_with_the_server_that_held_it_open()
    {
        using RestartWorld world = new(new WorldOptions { Dialect = Dialect.Fusex });
        world.Plant("d/a", isDirectory: false);
        world.Do(WorldStep.Parse("open d/a 1"));
        world.Do(WorldStep.Parse("unlink d/a"));
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("read 1")));
        world.Do(WorldStep.Parse("crash"));
        world.Do(WorldStep.Parse("restart"));
        Assert.Equal(Errno.ESTALE, world.Do(WorldStep.Parse("read 1")));
    }

    [Fact]
    public void A_renamed_directory_keeps_what_is_open_below_it()
    {
        using RestartWorld world = new(new WorldOptions { Dialect = Dialect.Fusex });
        world.Plant("d/a", isDirectory: false);
        world.Do(WorldStep.Parse("open d 1"));
        world.Do(WorldStep.Parse("crash"));
        world.Do(WorldStep.Parse("move d x"));
        world.Do(WorldStep.Parse("restart"));
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("statat 1 a")));
        Assert.Equal(Errno.None, world.Do(WorldStep.Parse("stat x/a")));
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures()
    {
        RestartModelOptions options = Small with { Dialects = [Dialect.Fusex] };
        Assert.Equal(Run(options).Rows, Run(options).Rows);
    }

    [Fact]
    public void An_unknown_defect_is_bad_input()
    {
        Assert.Throws<BadInputException>(() => Run(Small with { Defects = ["none"] }));
    }

    private static RestartModelResult Run(RestartModelOptions options) =>
        RestartModelExperiment.Run(options, TestContext.Current.CancellationToken);
}
