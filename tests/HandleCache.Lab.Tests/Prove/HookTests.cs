using HandleCache.Lab.Prove;
using Xunit;

namespace HandleCache.Lab.Tests.Prove;

/// <summary>Insertions into C files: where they go, and that none goes astray.</summary>
public sealed class HookTests
{
    private const string Source = """
        #include "a.h"

        struct thing {
        	int first;
        	int last;
        };

        int later(int x);

        static int
        later(int x)
        {
        	return x;
        }

        int other(int x,
        	  int y)
        {
        	if (x)
        		return later(x);
        	return y;
        }

        """;

    [Fact]
    public void A_hook_goes_before_behind_or_in_place_of_its_anchor_in_its_scope()
    {
        string table = """
            # a comment
            file a.c
            in struct thing
            after int first;
            | 	int second;
            in declaration later
            instead int x);
            | long x);
            in later
            before return x;
            | 	x++;
            | 	x--;
            in other
            instead later(x)
            | later(x +
            | 			     1)
            in file
            instead "a.h"
            | "b.h"
            """;
        string expected = Source
            .Replace("\tint first;\n", "\tint first;\n\tint second;\n", StringComparison.Ordinal)
            .Replace("int later(int x);", "int later(long x);", StringComparison.Ordinal)
            .Replace("\treturn x;\n", "\tx++;\n\tx--;\n\treturn x;\n", StringComparison.Ordinal)
            .Replace(
                "return later(x);", "return later(x +\n\t\t\t     1);", StringComparison.Ordinal)
            .Replace("a.h", "b.h", StringComparison.Ordinal);
        Assert.Equal(expected, HookPatch.Apply("a.c", Source, HookTable.Parse(table)));
        Assert.Equal(Source, HookPatch.Apply("b.c", Source, HookTable.Parse(table)));
    }

    [Theory]
    [InlineData("in other\nbefore return z;", "a.c: other(): 'return z;' is there not at all")]
    [InlineData("in other\nbefore return", "a.c: other(): 'return' is there 2 times")]
    [InlineData("in other\nbefore int x", "a.c: other(): 'int x' is there once", true)]
    [InlineData("in nowhere\nbefore x", "a.c: nowhere() is not there")]
    [InlineData("in struct other\nbefore x", "a.c: struct other is not there")]
    [InlineData(
        "in declaration other\nbefore x", "a.c: the declaration of other() is not there")]
    public void An_anchor_that_is_not_there_just_once_names_the_function(
        string rows, string message, bool isFound = false)
    {
        IReadOnlyList<Hook> hooks = HookTable.Parse($"file a.c\n{rows}\n| text");
        if (isFound)
        {
            Assert.NotEqual(Source, HookPatch.Apply("a.c", Source, hooks));
            return;
        }

        FormatException wrong = Assert.Throws<FormatException>(
            () => HookPatch.Apply("a.c", Source, hooks));
        Assert.Equal(message, wrong.Message);
    }

    [Theory]
    [InlineData("in f", "line 1: 'in f' is no row of a hook table")]
    [InlineData("file a.c\nbefore x", "line 2: 'before x' is no row of a hook table")]
    [InlineData("file a.c\nin f\n| x", "line 3: '| x' is no row of a hook table")]
    [InlineData("file a.c\nin f\nbehind x", "line 3: 'behind x' is no row of a hook table")]
    [InlineData("file a.c\nin enum e", "line 2: 'in enum e' is no row of a hook table")]
    [InlineData("file a.c\nin f\nbefore x", "'x' gets no text")]
    public void A_table_that_is_none_names_the_line(string table, string message) => Assert.Equal(
        message, Assert.Throws<FormatException>(() => HookTable.Parse(table)).Message);

    [Fact]
    public void Every_shipped_table_reads_and_names_a_licence_in_each_file()
    {
        Assert.Equal(["6.12", "7.3"], ModuleSources.Versions);
        Assert.All(
            ModuleSources.Versions,
            version => Assert.NotEmpty(ModuleSources.Of(version).Hooks));
        Assert.Throws<BadInputException>(() => ModuleSources.Of("2.6"));
    }
}
