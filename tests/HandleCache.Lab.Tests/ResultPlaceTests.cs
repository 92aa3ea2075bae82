using HandleCache.Lab.Guests;
using HandleCache.Lab.Replay;
using Xunit;

namespace HandleCache.Lab.Tests;

/// <summary>Where results cannot be put is said before the work.</summary>
public sealed class ResultPlaceTests
{
    [Fact]
    public void A_file_that_is_new_or_there_is_taken_and_stays_as_it_was()
    {
        using TempFolder folder = new();
        ResultPlace.RequireFile(folder.In("new"));
        Assert.False(File.Exists(folder.In("new")));
        File.WriteAllText(folder.In("old"), "what it held");
        ResultPlace.RequireFile(folder.In("old"));
        Assert.Equal("what it held", File.ReadAllText(folder.In("old")));
        ResultPlace.RequireFile(null);
        File.CreateSymbolicLink(folder.In("link"), folder.In("target"));
        ResultPlace.RequireFile(folder.In("link"));
        ResultPlace.RequireFile(folder.In("missing/../new"));
    }

    [Fact]
    public void What_is_read_is_not_written_over_by_whatever_name()
    {
        using TempFolder folder = new();
        string read = folder.In("read");
        File.WriteAllText(read, "");
        File.WriteAllText(folder.In("other"), "");
        File.CreateSymbolicLink(folder.In("link"), read);
        ResultPlace.RequireOther(folder.In("other"), read, null, "", folder.In("missing"));
        ResultPlace.RequireOther(folder.In("missing"), read, folder.In("missing"));
        ResultPlace.RequireOther(null, read);
        foreach (string written in new[] { read, folder.In("link") })
        {
            Assert.Contains(
                "not written over",
                Assert.Throws<BadInputException>(() => ResultPlace.RequireOther(
                    written, folder.In("other"), read)).Message,
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "EISDIR (21)")]
    [InlineData("dangling", "ENOENT (2)")]
    [InlineData("missing/file", "ENOENT (2)")]
    [InlineData("old/file", "ENOTDIR (20)")]
    public void A_file_that_cannot_be_written_is_refused(string name, string errno)
    {
        using TempFolder folder = new();
        File.WriteAllText(folder.In("old"), "");
        File.CreateSymbolicLink(folder.In("dangling"), folder.In("missing/file"));
        Assert.EndsWith(
            $"cannot be written: {errno}",
            Assert.Throws<BadInputException>(
                () => ResultPlace.RequireFile(folder.In(name))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_name_is_refused()
    {
        Assert.Throws<BadInputException>(() => ResultPlace.RequireFile(""));
        Assert.Throws<BadInputException>(() => new TraceFileSink("", _ => { }));
    }

    [Fact]
    public void A_pipe_is_taken_and_not_opened()
    {
        using TempFolder folder = new();
        string pipe = folder.In("pipe");
        Assert.Equal(
            0, Tool.Run("mkfifo", [pipe], TestContext.Current.CancellationToken).ExitCode);
        // Opened, it would wait for a reader.
        ResultPlace.RequireFile(pipe);
    }

    [Fact]
    public void Folders_are_made_and_one_that_is_a_file_is_refused_by_its_option()
    {
        using TempFolder folder = new();
        ResultPlace.RequireFolders(("--keep", null), ("--cache", folder.In("a/b")));
        Assert.Throws<BadInputException>(() => ResultPlace.RequireFolders(("--keep", "")));
        Assert.True(Directory.Exists(folder.In("a/b")));
        File.WriteAllText(folder.In("file"), "");
        foreach (string path in new[] { "file", "file/below" })
        {
            Assert.StartsWith(
                $"--keep: {folder.In(path)}: ",
                Assert.Throws<BadInputException>(() => ResultPlace.RequireFolders(
                    ("--cache", folder.Path), ("--keep", folder.In(path)))).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_fails_after_results_costs_none_of_them_and_before_them_it_is_the_end()
    {
        static IEnumerable<string> Rows()
        {
            yield return "second";
            throw new MissingRequirementException("no such package");
        }

        List<string> rows = [];
        Assert.Throws<MissingRequirementException>(() => GuestResults.Add(
            rows, () => throw new MissingRequirementException("none"), why => why));
        GuestResults.Add(rows, () => ["first"], why => why);
        GuestResults.Add(rows, Rows, why => $"failed: {why}");
        Assert.Equal(["first", "second", "failed: no such package"], rows);
        Assert.Throws<OperationCanceledException>(() => GuestResults.Add(
            rows, () => throw new OperationCanceledException(), why => why));
        Assert.Equal(3, rows.Count);
    }
}
