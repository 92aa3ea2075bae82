using HandleCache.Lab.Restart.Modelled;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

public class PromelaTests
{
    private static readonly string Trail =
        Path.Combine(Spin.Folder, "restart-no-parent-handle.steps");

    [Fact]
    public void Spin_finds_the_sound_models_sound_and_every_known_bad_one_bad()
    {
        Spin.Require();
        (int exitCode, string output) = Spin.Run(Spin.Folder, "bash", "run");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(exitCode == 0 && lines.Length == 7, output);
        Assert.Equal(3, lines.Count(l => l.EndsWith("expected none, found none")));
        Assert.Equal(4, lines.Count(l => l.EndsWith("expected errors, found errors")));
    }

    [Fact]
    public void The_kept_trail_is_the_shortest_that_spin_finds_without_the_parents_handle()
    {
        Spin.Require();
        using TempFolder folder = new();
        string model = Path.Combine(folder.Path, "model.pml");
        File.Copy(Path.Combine(Spin.Folder, "restart.pml"), model);
        string[] defines = ["-DNO_PARENT_HANDLE"];
        Assert.Equal(0, Spin.Run(folder.Path, "spin", [.. defines, "-a", model]).ExitCode);
        Assert.Equal(0, Spin.Run(
            folder.Path, "gcc", "-w", "-O2", "-DSAFETY", "-DBFS", "-o", "pan", "pan.c").ExitCode);
        Spin.Run(folder.Path, Path.Combine(folder.Path, "pan"), "-m200000");
        (_, string simulated) = Spin.Run(folder.Path, "spin", [.. defines, "-t", "-T", model]);
        string[] found =
        [
            .. simulated.Split('\n', StringSplitOptions.TrimEntries)
                .Where(l => l.StartsWith("STEP ")).Select(l => l["STEP ".Length..]),
        ];
        Assert.Equal(File.ReadAllLines(Trail), found);
    }

    /// <summary>
    /// The trail of the model, step by step in kernel, server and bytes: inode numbers as nodeids,
    /// no generation in the entry, and a d that is another d after the restart.
    /// </summary>
    [Theory]
    [InlineData("classic")]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("fusex")]
    public void The_trail_reaches_the_wrong_object_without_the_parents_handle(string dialect)
    {
        WorldTally tally = Replay(dialect, noParentHandle: true);
        Assert.Equal(1, tally.WrongObject);
        Assert.Equal(
            "LOOKUP about nodeid 2, made for object 2, was carried out on object 4",
            tally.FirstWrong);
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("fusex")]
    public void With_the_parents_handle_the_same_steps_reach_no_wrong_object(string dialect) =>
        Assert.Equal(0, Replay(dialect, noParentHandle: false).WrongObject);

    private static WorldTally Replay(string name, bool noParentHandle)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        using RestartWorld world = new(new WorldOptions
        {
            Dialect = dialect,
            NodeIds = NodeIdPolicy.InodeNumber,
            NoParentHandle = noParentHandle,
        });
        world.Plant("d/a", isDirectory: false);
        foreach (string line in File.ReadAllLines(Trail))
            world.Do(WorldStep.Parse(line));
        Assert.Equal(1, world.Restarts);
        return world.Tally;
    }
}
