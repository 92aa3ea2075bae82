using System.Text.RegularExpressions;
using HandleCache.Lab.Prove;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Lab.Tests.Prove;

/// <summary>The faults that `prove` offers are those that the module in models/linux has.</summary>
public sealed partial class ModuleFaultTests
{
    /// <summary>Not a fault: the rule that `thread-export` asks for.</summary>
    private const string RuleOfExport = "asks-anew";

    [Fact]
    public void Each_fault_is_one_of_the_module_and_none_is_left_out()
    {
        Assert.Equal(
            NamesIn("slot.c", "fault_names").Order(),
            ModuleFault.Planted.Select(fault => fault.Name).Append(ModuleFault.None).Order());
        Assert.Equal(
            NamesIn("form.c", "rule_names").Order(),
            ModuleFault.OtherRules.Select(fault => fault.Name).Append(RuleOfExport).Order());
    }

    [Fact]
    public void The_table_of_models_linux_has_a_row_for_each()
    {
        IEnumerable<string> rows = Row().Matches(File.ReadAllText(PathOf("README.md")))
            .Select(match => match.Groups[1].Value);
        Assert.Equal(ModuleFault.All.Select(fault => fault.Name).Order(), rows.Order());
    }

    /// <summary>The words of a table of names in a C file.</summary>
    private static IEnumerable<string> NamesIn(string file, string table)
    {
        string text = File.ReadAllText(PathOf(file));
        int start = text.IndexOf($"{table}[] = {{", StringComparison.Ordinal);
        Assert.True(start >= 0, $"no {table} in {file}");
        return Word().Matches(text[start..text.IndexOf('}', start)])
            .Select(match => match.Groups[1].Value);
    }

    private static string PathOf(string file) =>
        Path.Combine(SourceFolder.Root, "models", "linux", file);

    [GeneratedRegex("\"([a-z-]+)\"")]
    private static partial Regex Word();

    [GeneratedRegex(@"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
