using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace HandleCache.Architecture.Tests;

/// <summary>The rules of the house that the compiler does not hold.</summary>
public class ArchitectureTests
{
    /// <summary>Protocol and Model: the same input gives the same output, on any machine.</summary>
    private static readonly string[] PureRooms =
        ["src/HandleCache.Protocol", "src/HandleCache.Model"];

    private const int MostLines = 400;
    private const int MostColumns = 100;

    /// <summary>Kin shares a file: an enum that one record has stands beside it.</summary>
    private const int FewLines = 30;

    private const int MostShortFiles = 90;

    private static readonly string[] CodeFolders = ["src", "tests", "perf"];

    private static readonly (string Room, string[] MayUse)[] Arrows =
    [
        ("HandleCache.Protocol", []),
        ("HandleCache.Model", ["HandleCache.Protocol"]),
        ("HandleCache.Linux", ["HandleCache.Protocol"]),
        ("HandleCache.Server", ["HandleCache.Protocol", "HandleCache.Model", "HandleCache.Linux"]),
        ("HandleCache.Lab",
            ["HandleCache.Protocol", "HandleCache.Model", "HandleCache.Linux",
                "HandleCache.Server"]),
        ("HandleCache.Testing",
            ["HandleCache.Protocol", "HandleCache.Model", "HandleCache.Server"]),
        ("HandleCache.Cli", ["HandleCache.Lab"]),
    ];

    public static TheoryData<string, string[]> Rooms()
    {
        TheoryData<string, string[]> data = [];
        foreach ((string room, string[] mayUse) in Arrows)
            data.Add(room, mayUse);
        return data;
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void An_arrow_points_only_where_the_design_says(string room, string[] mayUse)
    {
        XDocument project = XDocument.Load(
            Path.Combine(SourceTree.Root, "src", room, $"{room}.csproj"));
        IEnumerable<string> used = project.Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value));
        Assert.Empty(used.Except(mayUse));
    }

    [Fact]
    public void Every_project_of_src_is_a_room_of_the_design() =>
        Assert.Equal(
            Arrows.Select(a => a.Room).Order(),
            Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, "src"))
                .Where(d => Directory.EnumerateFiles(d, "*.csproj").Any())
                .Select(Path.GetFileName).Order());

    public static TheoryData<string, string> Banned() => new()
    {
        { @"\bDateTime(Offset)?\.(Utc)?Now\b", "a clock passed in" },
        { @"\bStopwatch\b", "a virtual clock" },
        { @"\bEnvironment\.TickCount", "a virtual clock" },
        { @"\bRandom\.Shared\b|\bnew Random\(\)", "a generator seeded by the caller" },
        { @"\bSystem\.IO\b|\bFile\.|\bDirectory\.|\bConsole\.", "spans given by the caller" },
        { @"\bnew Thread\b|\bTask\.Run\b|\bParallel\.", "threads of the caller" },
        { @"\bstatic (?!readonly|extern|partial)[\w<>\[\]?,. ]+ _\w+\s*(=|;)",
            "a field of an object" },
    };

    [Theory]
    [MemberData(nameof(Banned))]
    public void A_pure_room_does_not_use_what_makes_two_runs_differ(string pattern, string instead)
    {
        Regex banned = new(pattern);
        string[] found = [.. Hits(PureRooms.SelectMany(SourceTree.FilesOf), banned)];
        Assert.True(found.Length == 0, $"use {instead}: {string.Join("; ", found)}");
    }

    [Fact]
    public void Only_the_Linux_room_calls_the_system()
    {
        Regex calls = new(@"\b(LibraryImport|DllImport|NativeLibrary)\b|delegate\* unmanaged");
        string[] found =
        [
            .. Hits(
                SourceTree.FilesOf("src").Where(
                    f => !f.StartsWith("src/HandleCache.Linux/", StringComparison.Ordinal)),
                calls),
        ];
        Assert.True(found.Length == 0, $"move to HandleCache.Linux: {string.Join("; ", found)}");
    }

    [Fact]
    public void Only_the_Linux_room_may_have_unsafe_blocks()
    {
        IEnumerable<string> allowing = Directory
            .EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(p => File.ReadAllText(p).Contains(
                "<AllowUnsafeBlocks>true", StringComparison.Ordinal))
            .Select(p => Path.GetFileNameWithoutExtension(p)!);
        Assert.Equal(["HandleCache.Linux"], allowing);
    }

    [Fact]
    public void A_wire_struct_is_declared_in_the_Abi_folder_alone()
    {
        Regex declaration = new(@"\b(public|internal|private) [\w ]*struct fuse_\w+");
        string[] found =
        [
            .. Hits(
                SourceTree.FilesOf("src").Where(f => !f.StartsWith(
                    "src/HandleCache.Protocol/Abi/", StringComparison.Ordinal)),
                declaration),
        ];
        Assert.True(found.Length == 0, string.Join("; ", found));
    }

    [Fact]
    public void A_concept_of_few_lines_stands_beside_its_kin()
    {
        string[] files =
        [
            .. SourceTree.FilesOf("src").Where(f => SourceTree.Lines(f).Length < FewLines),
        ];
        Assert.True(
            files.Length <= MostShortFiles,
            $"{files.Length} files of fewer than {FewLines} lines, at most {MostShortFiles}: "
            + string.Join("; ", files));
    }

    [Fact]
    public void A_file_is_short_enough_to_be_read_and_plain_ascii()
    {
        List<string> found = [];
        IEnumerable<string> files = CodeFolders
            .Where(d => Directory.Exists(Path.Combine(SourceTree.Root, d)))
            .SelectMany(SourceTree.FilesOf);
        foreach (string file in files)
        {
            string[] lines = SourceTree.Lines(file);
            if (lines.Length > MostLines)
                found.Add($"{file}: {lines.Length} lines, at most {MostLines}");
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].Length > MostColumns)
                    found.Add($"{file}:{i + 1}: {lines[i].Length} columns");
                if (lines[i].Any(c => c > '~' && c != '\uFEFF'))
                    found.Add($"{file}:{i + 1}: not ASCII");
            }
        }

        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }

    private static IEnumerable<string> Hits(IEnumerable<string> files, Regex pattern)
    {
        foreach (string file in files)
        {
            string[] lines = SourceTree.Lines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                bool isComment = lines[i].TrimStart().StartsWith("//", StringComparison.Ordinal);
                if (!isComment && pattern.IsMatch(lines[i]))
                    yield return $"{file}:{i + 1}: {lines[i].Trim()}";
            }
        }
    }
}
