using HandleCache.Lab.Mixes;
using HandleCache.Lab.Survey;
using HandleCache.Model.Mixes;
using Xunit;

namespace HandleCache.Lab.Tests.Survey;

/// <summary>`survey` on folders of the machine's own file system.</summary>
public sealed class SurveyTests : IDisposable
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-survey-").FullName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_object_is_counted_once_whatever_the_number_of_workers(int workers)
    {
        int objects = Populate(_folder, 40, 25);
        SurveyResult result = Run(workers, _folder);
        Assert.Equal(objects, result.Objects);
        Assert.Equal(41, result.Directories);
        Assert.Equal(0, result.Errors);
        Assert.Equal(objects, result.FileSystems.Sum(f => f.Objects));
        Assert.Equal(
            objects,
            result.Lengths.Sum(l => l.Count) + result.FileSystems.Sum(f => f.WithoutHandle));
    }

    [Fact]
    public void A_directory_larger_than_one_read_is_counted_whole()
    {
        for (int i = 0; i < 3000; i++)
            File.WriteAllText(Path.Combine(_folder, $"a-rather-long-file-name-{i:D6}"), "");
        Assert.Equal(3001, Run(2, _folder).Objects);
    }

    [Fact]
    public void A_deep_chain_is_walked_to_its_end()
    {
        string path = _folder;
        for (int i = 0; i < 300; i++)
            path = Directory.CreateDirectory(Path.Combine(path, "d")).FullName;
        Assert.Equal(301, Run(2, _folder).Objects);
    }

    [Fact]
    public void Symlinks_are_counted_and_not_followed()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "loop"), _folder);
        Assert.Equal(2, Run(2, _folder).Objects);
    }

    [Fact]
    public void A_file_system_without_handles_is_counted_as_such_and_is_no_error()
    {
        // proc: EOPNOTSUPP (HANDLES.md).
        Assert.SkipUnless(Directory.Exists("/proc/self/net"), "no /proc here");
        SurveyResult result = Run(2, "/proc/sys/kernel");
        SurveyFileSystem proc = Assert.Single(result.FileSystems, f => f.Type == "proc");
        Assert.Equal(proc.Objects, proc.WithoutHandle);
        Assert.Empty(proc.Lengths);
        Assert.True(proc.Objects > 20);
    }

    [Fact]
    public void A_path_that_is_no_directory_is_bad_input()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains("ENOTDIR", Assert.Throws<BadInputException>(
            () => Run(1, file)).Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", Assert.Throws<BadInputException>(
            () => Run(1, file + "-not-there"))
            .Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_survey_ends_and_leaves_no_descriptor_open()
    {
        Populate(_folder, 20, 5);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => SurveyExperiment.Run(
            new SurveyRequest { Paths = [_folder, _folder] }, null, cancelled.Token));
        Run(2, _folder);
        // Those of the tree alone: other tests open files at the same time.
        Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd").Select(TargetOf), IsInTree);
    }

    private bool IsInTree(string? path) =>
        path?.StartsWith(_folder, StringComparison.Ordinal) == true;

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            // Closed meanwhile, by another test.
            return null;
        }
    }

    [Fact]
    public void A_saved_survey_is_a_mix_that_sweep_reads()
    {
        Populate(_folder, 3, 10);
        SurveyResult result = Run(2, _folder);
        Assert.SkipWhen(
            result.Lengths.Count == 0, "the temporary folder's file system has no handles");
        string saved = Path.Combine(_folder, "mine.json");
        SurveyRequest request = new() { Paths = [_folder] };
        SurveyMix.Save(request, result, saved);
        HandleMix mix = FileSystemMixes.FromFile(saved);
        Assert.Equal("measured", mix.How);
        Assert.Equal(result.Lengths.Sum(l => l.Count), mix.Objects);
        Assert.Equal(
            result.Lengths.Select(l => (l.Type, l.Bytes)),
            mix.Lengths.Select(l => (l.Type, l.Bytes)));
        Assert.Equal(1, mix.Lengths.Sum(l => l.Share), 1e-9);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static SurveyResult Run(int workers, params string[] paths) =>
        SurveyExperiment.Run(
            new SurveyRequest { Paths = paths, Workers = workers }, null,
            TestContext.Current.CancellationToken);

    /// <summary>Folders with files; gives the number of objects, the root included.</summary>
    private static int Populate(string root, int folders, int files)
    {
        for (int d = 0; d < folders; d++)
        {
            string folder = Path.Combine(root, d % 2 == 0 ? $"d{d}" : $"d{d - 1}/d{d}");
            Directory.CreateDirectory(folder);
            for (int f = 0; f < files; f++)
                File.WriteAllText(Path.Combine(folder, $"f{f}"), "");
        }

        return 1 + folders + (folders * files);
    }
}
