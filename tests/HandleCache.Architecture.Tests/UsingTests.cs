using System.Text.RegularExpressions;
using Xunit;

namespace HandleCache.Architecture.Tests;

/// <summary>Arrows between rooms and folders, as the using lines of the code draw them.</summary>
public partial class UsingTests
{
    /// <summary>
    /// What the code of a room may name. Wider than the project references for Cli alone, which
    /// reaches the rooms below through Lab, but never the room that calls the system.
    /// </summary>
    private static readonly (string Room, string[] MayUse)[] Arrows =
    [
        ("Protocol", []),
        ("Model", ["Protocol"]),
        ("Linux", ["Protocol"]),
        ("Server", ["Protocol", "Model", "Linux"]),
        ("Lab", ["Protocol", "Model", "Linux", "Server"]),
        ("Testing", ["Protocol", "Model", "Server"]),
        ("Cli", ["Protocol", "Model", "Server", "Lab"]),
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
    public void A_file_uses_only_the_rooms_below_its_own(string room, string[] mayUse)
    {
        string[] wrong =
        [
            .. Usings(room)
                .Where(u => u.Room != room && !mayUse.Contains(u.Room))
                .Select(u => $"{u.File} uses {u.Room}"),
        ];
        Assert.True(wrong.Length == 0, string.Join("; ", wrong));
    }

    [Fact]
    public void Linux_uses_the_constants_of_the_protocol_alone() =>
        Assert.All(
            Usings("Linux").Where(u => u.Room == "Protocol"),
            u => Assert.True(u.Folder == "Uapi", $"{u.File} uses Protocol.{u.Folder}"));

    /// <summary>
    /// As in the kernel: fs/ calls fs/fuse/ through operations, and neither knows who mounted it.
    /// </summary>
    [Fact]
    public void The_VFS_of_the_modelled_kernel_knows_FUSE_by_its_operations_alone()
    {
        const string Kernel = "src/HandleCache.Model/Kernel";
        string[] wrong =
        [
            .. NamedIn(
                $"{Kernel}/Vfs",
                @"Kernel\.Fuse\b|Protocol\.(?!Uapi)\w+|Model\.(?!Kernel\b)\w+"
                + @"|\b[Ff]use(?:_\w+|[A-Z]\w+)|\bNodeId\b|\bModelKernel\b"),
            .. NamedIn($"{Kernel}/Fuse", @"\bModelKernel\b|\bSystemCalls\b"),
        ];
        Assert.True(wrong.Length == 0, string.Join("; ", wrong));
    }

    private static IEnumerable<string> NamedIn(string folder, string pattern)
    {
        Regex named = new(pattern);
        string[] files = [.. SourceTree.FilesOf(folder)];
        Assert.True(files.Length > 10, folder);
        foreach (string file in files)
        {
            foreach (string line in SourceTree.Lines(file))
            {
                bool isComment = line.TrimStart().StartsWith("//", StringComparison.Ordinal);
                if (!isComment && named.Match(line) is { Success: true } match)
                    yield return $"{file} names {match.Value}";
            }
        }
    }

    public static TheoryData<string> RoomNames() => [.. Arrows.Select(a => a.Room)];

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void No_folders_of_a_project_use_each_other_in_a_circle(string room)
    {
        Dictionary<string, HashSet<string>> uses = [];
        foreach (UsingLine line in Usings(room).Where(u => u.Room == room && u.Folder != u.From))
        {
            if (!uses.TryGetValue(line.From, out HashSet<string>? folders))
                uses.Add(line.From, folders = []);
            folders.Add(line.Folder);
        }

        foreach (string folder in uses.Keys)
        {
            string[] circle = PathTo(folder, folder, uses);
            Assert.True(circle.Length == 0, $"{room}: {string.Join(" -> ", circle)}");
        }
    }

    [Fact]
    public void A_circle_is_found()
    {
        Dictionary<string, HashSet<string>> uses = new()
        {
            ["a"] = ["b", "d"],
            ["b"] = ["c"],
            ["c"] = ["a"],
            ["d"] = [],
        };
        Assert.Equal(["a", "b", "c", "a"], PathTo("a", "a", uses));
        uses["c"].Clear();
        Assert.Empty(PathTo("a", "a", uses));
    }

    /// <summary>The way from a folder to another; empty where there is none.</summary>
    private static string[] PathTo(
        string from, string to, Dictionary<string, HashSet<string>> uses)
    {
        Dictionary<string, string> cameFrom = [];
        Queue<string> open = new([from]);
        while (open.TryDequeue(out string? at))
        {
            foreach (string next in uses.GetValueOrDefault(at, []).Order(StringComparer.Ordinal))
            {
                if (!cameFrom.TryAdd(next, at))
                    continue;
                if (next == to)
                    return WayBack(from, to, cameFrom);
                open.Enqueue(next);
            }
        }

        return [];
    }

    private static string[] WayBack(
        string from, string to, Dictionary<string, string> cameFrom)
    {
        List<string> way = [to];
        string at = to;
        do
        {
            at = cameFrom[at];
            way.Insert(0, at);
        }
        while (at != from);
        return [.. way];
    }

    private static IEnumerable<UsingLine> Usings(string room)
    {
        string project = $"src/HandleCache.{room}";
        foreach (string file in SourceTree.FilesOf(project))
        {
            string[] parts = Path.GetRelativePath(project, file).Split('/');
            string from = parts.Length > 1 ? parts[0] : "";
            foreach (Match used in UsingOfOurs().Matches(SourceTree.Read(file)))
                yield return new(file, from, used.Groups[1].Value, used.Groups[2].Value);
        }
    }

    [GeneratedRegex(@"^using (?:static |\w+ = )?HandleCache\.(\w+)(?:\.(\w+))?[\w.]*;",
        RegexOptions.Multiline)]
    private static partial Regex UsingOfOurs();

    /// <param name="File">Where it stands.</param>
    /// <param name="From">The folder of that file; empty for the project's own.</param>
    /// <param name="Room">The room it names.</param>
    /// <param name="Folder">The folder of the room that it names; empty for none.</param>
    private sealed record UsingLine(string File, string From, string Room, string Folder);
}
