using System.Text.RegularExpressions;
using Xunit;

namespace HandleCache.Architecture.Tests;

/// <summary>What the documents and the code say of each other is true.</summary>
public partial class DocumentTests
{
    private const string Rules = "src/HandleCache.Model/Kernel/RULES.md";

    private static readonly string[] TextFolders = ["src", "tests", "perf", "models"];

    private static readonly string[] TextEndings =
        [".cs", ".md", ".json", ".pml", ".c", ".h", ".csproj", ".props"];

    [Fact]
    public void Every_document_that_is_cited_is_in_the_repository()
    {
        HashSet<string> documents =
        [
            .. SourceTree.AllFilesOf(".").Where(IsDocument).Select(f => Path.GetFileName(f)),
        ];
        List<string> missing = [];
        foreach (string file in TextFolders.SelectMany(SourceTree.AllFilesOf).Append("README.md"))
        {
            if (!TextEndings.Contains(Path.GetExtension(file)))
                continue;
            foreach (Match cited in Citation().Matches(SourceTree.Read(file)))
            {
                string name = Path.GetFileName(cited.Value);
                bool isThere = cited.Value.Contains('/', StringComparison.Ordinal)
                    ? SourceTree.Exists(cited.Value)
                        || SourceTree.Exists(
                            Path.Combine(Path.GetDirectoryName(file)!, cited.Value))
                    : documents.Contains(name);
                if (!isThere)
                    missing.Add($"{file}: {cited.Value}");
            }
        }

        Assert.True(missing.Count == 0, string.Join("; ", missing.Distinct()));
    }

    [Fact]
    public void The_rules_are_R1_to_R21_and_each_has_its_four_lines()
    {
        string[] sections = Sections();
        Assert.Equal(
            Enumerable.Range(1, 21).Select(i => $"R{i}"),
            sections.Select(s => s[..s.IndexOf(' ', StringComparison.Ordinal)]));
        foreach (string section in sections)
        {
            foreach (string line in new[] { "Differs", "Here", "Faults", "Tests" })
            {
                Assert.True(
                    Line(section, line) is { Length: > 0 },
                    $"{section.Split('\n')[0]}: no line '{line}'");
            }
        }
    }

    [Fact]
    public void What_a_rule_says_implements_it_is_in_the_model()
    {
        ILookup<string, string> byClass = SourceTree.FilesOf("src/HandleCache.Model")
            .ToLookup(file => Path.GetFileName(file).Split('.')[0], SourceTree.Read);
        AssertAll(
            "Here",
            name =>
            {
                string[] parts = name.Split('.');
                return byClass[parts[0]].Any(
                    text => Regex.IsMatch(text, $@"\b{Regex.Escape(parts[^1])}\b"));
            });
    }

    [Fact]
    public void Every_fault_that_a_rule_names_is_one()
    {
        string model = string.Join('\n', SourceTree.FilesOf("src/HandleCache.Model")
            .Select(SourceTree.Read));
        AssertAll(
            "Faults",
            name => model.Contains($"new(\"{name}\"", StringComparison.Ordinal)
                || Regex.IsMatch(model, $@"new\(\s*""{Regex.Escape(name)}"""));
    }

    [Fact]
    public void Every_test_that_a_rule_names_is_one()
    {
        string tests = string.Join('\n', SourceTree.FilesOf("tests").Select(SourceTree.Read));
        AssertAll("Tests", name => Regex.IsMatch(tests, $@"\b{Regex.Escape(name)}\("));
    }

    [Fact]
    public void Every_fault_of_the_modelled_kernel_belongs_to_a_rule()
    {
        string rules = SourceTree.Read(Rules);
        string[] orphans =
        [
            .. FaultNames().Where(
                name => !rules.Contains($"`{name}`", StringComparison.Ordinal)),
        ];
        Assert.True(orphans.Length == 0, $"not in RULES.md: {string.Join(", ", orphans)}");
    }

    [Fact]
    public void Every_version_rule_of_the_modelled_kernel_belongs_to_a_rule()
    {
        string rules = SourceTree.Read(Rules);
        string[] names =
        [
            .. SourceTree.FilesOf("src/HandleCache.Model")
                .Where(f => Path.GetFileName(f).StartsWith(
                    "VersionRule.", StringComparison.Ordinal))
                .SelectMany(f => VersionRuleDeclaration().Matches(SourceTree.Read(f)))
                .Select(match => match.Groups[1].Value),
        ];
        Assert.NotEmpty(names);
        string[] orphans =
        [
            .. names.Where(name => !rules.Contains($"`{name}`", StringComparison.Ordinal)),
        ];
        Assert.True(orphans.Length == 0, $"not in RULES.md: {string.Join(", ", orphans)}");
    }

    [GeneratedRegex(@"public static VersionRule \w+ \{ get; \} = new\(\s*""([^""]+)""")]
    private static partial Regex VersionRuleDeclaration();

    private static IEnumerable<string> FaultNames() =>
        SourceTree.FilesOf("src/HandleCache.Model")
            .Where(f => Path.GetFileName(f) is "ModelFault.cs" or "KernelFault.cs")
            .SelectMany(f => FaultDeclaration().Matches(SourceTree.Read(f)))
            .Select(m => m.Groups[1].Value);

    /// <summary>
    /// Every name in backquotes of that line of every rule satisfies the condition.
    /// </summary>
    private static void AssertAll(string line, Func<string, bool> exists)
    {
        List<string> missing = [];
        int seen = 0;
        foreach (string section in Sections())
        {
            foreach (Match name in Quoted().Matches(Line(section, line) ?? ""))
            {
                seen++;
                if (!exists(name.Groups[1].Value))
                    missing.Add($"{section[..4].Trim()}: {name.Groups[1].Value}");
            }
        }

        Assert.True(missing.Count == 0, string.Join("; ", missing));
        Assert.True(seen >= 16, $"only {seen} names in the lines '{line}'");
    }

    private static string[] Sections() =>
    [
        .. SourceTree.Read(Rules).Split("\n## ").Where(s => RuleHeading().IsMatch(s)),
    ];

    private static string? Line(string section, string name) => section.Split('\n')
        .FirstOrDefault(l => l.StartsWith($"| {name} |", StringComparison.Ordinal))
        ?.Split('|', 3)[2].Trim(' ', '|');

    private static bool IsDocument(string file) => file.EndsWith(".md", StringComparison.Ordinal);

    [GeneratedRegex(@"[A-Za-z_][A-Za-z0-9_./-]*\.md\b")]
    private static partial Regex Citation();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^R\d+ ")]
    private static partial Regex RuleHeading();

    [GeneratedRegex(@"new\(\s*""([a-z0-9-]+)""")]
    private static partial Regex FaultDeclaration();
}
