using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>
/// The packages as somebody outside has them: packed into a folder of their own, and a project
/// that knows nothing of this tree restores, builds and runs against them.
/// </summary>
public sealed partial class PackagesTests : IDisposable
{
    private static readonly string[] Packed = ["Protocol", "Model", "Linux", "Server", "Testing"];

    private readonly DirectoryInfo _folder =
        Directory.CreateTempSubdirectory("handlecache-packages-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void An_outsider_finds_a_planted_double_count_in_100_tests_and_shrinks_it_to_3_calls()
    {
        string feed = _folder.CreateSubdirectory("feed").FullName;
        foreach (string name in Packed)
        {
            Run(SourceFolder.Root, "dotnet", "pack", $"src/HandleCache.{name}", "--no-build",
                "-c", SourceFolder.Configuration, "-o", feed, "-v", "q");
        }

        string outside = _folder.CreateSubdirectory("outside").FullName;
        foreach (string file in Directory.EnumerateFiles(
            Path.Combine(AppContext.BaseDirectory, "Outsider")))
            File.Copy(file, Path.Combine(outside, Path.GetFileName(file)));

        // Packages that this machine has are taken as they lie: none is loaded again.
        string have = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget",
                "packages");
        Run(outside, "dotnet", "build", "-v", "q",
            $"-p:RestoreAdditionalProjectSources={feed}",
            $"-p:RestorePackagesPath={Path.Combine(_folder.FullName, "packages")}",
            $"-p:RestoreFallbackFolders={have}");

        string seed = Random.Shared.Next().ToString(CultureInfo.InvariantCulture);
        string said = Run(
            outside, Path.Combine(outside, "bin", "Debug", "net10.0", "Outsider"), seed);
        string about = $"Outsider {seed} said:\n{said}";
        Assert.True(said.Contains("stat: 0", StringComparison.Ordinal), about);
        Assert.True(said.Contains("sound: ok", StringComparison.Ordinal), about);
        Assert.True(said.Contains("plain: 0 2", StringComparison.Ordinal), about);
        Assert.True(said.Contains("handles: ok", StringComparison.Ordinal), about);
        Assert.True(said.Contains("planted: Falsifiable, after", StringComparison.Ordinal), about);
        string shrunk = said[said.IndexOf("Shrunk:", StringComparison.Ordinal)..];
        shrunk = shrunk[..shrunk.IndexOf("with exception", StringComparison.Ordinal)];
        Assert.True(StepLine().Count(shrunk) == 3, about);
    }

    [GeneratedRegex(@"^  \d+\. ", RegexOptions.Multiline)]
    private static partial Regex StepLine();

    private static string Run(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo info = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(
            TestContext.Current.CancellationToken);
        string said = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}:\n{said}");
        return said;
    }
}
