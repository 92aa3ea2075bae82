using HandleCache.Lab.Guests;
using Xunit;

namespace HandleCache.Lab.Tests;

/// <summary>Where results cannot be put is said before the work, and nothing is made there.
/// </summary>
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
    }

    [Theory]
    [InlineData("", "EISDIR (21)")]
    [InlineData("missing/file", "ENOENT (2)")]
    [InlineData("old/file", "ENOTDIR (20)")]
    public void A_file_that_cannot_be_written_is_refused(string name, string errno)
    {
        using TempFolder folder = new();
        File.WriteAllText(folder.In("old"), "");
        Assert.EndsWith(
            $"cannot be written: {errno}",
            Assert.Throws<BadInputException>(
                () => ResultPlace.RequireFile(folder.In(name))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_name_is_refused() =>
        Assert.Throws<BadInputException>(() => ResultPlace.RequireFile(""));

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
}
