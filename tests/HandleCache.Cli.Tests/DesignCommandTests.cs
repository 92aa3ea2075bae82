using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using HandleCache.Lab.Tests.Designs;
using HandleCache.Protocol;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`design` as its user meets it: a file of his own, and the page about it.</summary>
public sealed class DesignCommandTests : IDisposable
{
    /// <summary>u16 size, inline 20, a cache of 64, no parent in revalidation, FORGET of 1.
    /// </summary>
    private const string Own = """
        {
          // a variant that nobody ships
          "name": "mine",
          "negotiation": { "maximum": 64, "bit": 60, "lookupOpcode": 59 },
          "handle": { "size": "u16", "type": "folded", "array": 0 },
          "carried": { "by": "lookup", "as": "extension", "onRevalidation": false },
          "identity": { "foundBy": "handle" },
          "forget": "one-per-life",
          "storage": {
            "strategy": "inline:20+cache:64", "header": "u16", "placement": "best-hole"
          },
        }
        """;

    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-design-").FullName;

    [Fact]
    public void The_page_of_an_own_design_fits_a_mail_and_names_what_it_breaks()
    {
        string file = Write("mine.json", Own);
        Cli.Outcome outcome = Cli.Run(
            "design", file, "--filesystem", "ext4", "--kernel", "6.18,7.3", "--against",
            "thread,v2", "--histories", "5");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Cli.AssertPlainText(outcome.Output);
        Assert.Contains("revalidate-without-parent", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("repeat: handlecache design", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("T11", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_head_of_the_page_gives_the_cost_on_every_kernel()
    {
        string page = Page("thread", "--kernel", "6.18,7.3", "--filesystem", "container-host");
        Assert.Matches(@"inline:12 costs in bytes per inode \S+ on 6\.18, \S+ on 7\.3;", page);
    }

    [Fact]
    public void A_design_without_a_type_is_not_asked_what_a_type_does()
    {
        string file = Write("typeless.json", """
            { "name": "typeless", "handle": { "size": "u16", "type": "none", "array": 0 } }
            """);
        Assert.Contains(
            "Does the type matter? no type is sent in typeless.",
            Page(file, "--kernel", "6.18", "--filesystem", "ext4"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_thread_asks_first_is_answered_with_the_designs_index()
    {
        string file = Write("hashed.json", """
            {
              "name": "hashed", "identity": { "foundBy": "handle" },
              "storage": { "strategy": "inline:28", "index": "rhashtable" }
            }
            """);
        // models/kernels/6.12.json: 864 bytes of inode and 8 of SLUB's free pointer leave 24 of a
        // slot of 896; a link of 8 and 4 + 12 bytes of handle fill them.
        Assert.Contains(
            "costs 0 per inode with rhashtable; best inline:12, 0;",
            Page(file, "--kernel", "6.12", "--filesystem", "ext4"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_json_has_memory_by_kernel_figures_by_design_and_findings_with_histories()
    {
        JsonElement page = Cli.Json(
            "design", Write("mine.json", Own), "--filesystem", "ext4", "--kernel", "6.18,6.12",
            "--against", "thread", "--histories", "5");
        Assert.Equal(2, page.GetProperty("memory").GetArrayLength());
        Assert.Equal(2, page.GetProperty("rows").GetArrayLength());
        JsonElement row = page.GetProperty("memory")[0].GetProperty("designs")[0];
        Assert.Equal("inline:20+cache:64", row.GetProperty("strategy").GetString());
        JsonElement finding = page.GetProperty("findings").EnumerateArray()
            .Single(f => f.GetProperty("name").GetString() == "revalidate-without-parent");
        Assert.InRange(finding.GetProperty("steps").GetArrayLength(), 1, 5);
        Assert.True(page.GetProperty("safety").GetProperty("safe").GetBoolean());
        Assert.Equal(
            ["inode-hash", "rhashtable", "hlist"],
            page.GetProperty("memory")[0].GetProperty("indexes").EnumerateArray()
                .Select(i => i.GetProperty("index").GetString()));
        JsonElement search = page.GetProperty("search");
        Assert.Equal("hlist", search.GetProperty("index").GetString());
        Assert.Equal(0, search.GetProperty("byHandle").GetProperty("inodesMade").GetInt64());
    }

    [Theory]
    [InlineData("thread", "A FORGET takes back all")]
    [InlineData("fusex", "A FORGET takes 1 back")]
    public void The_page_says_how_lookups_are_taken_back(string design, string sentence)
    {
        Cli.Outcome outcome = Cli.Run(
            "design", design, "--kernel", "6.18", "--filesystem", "ext4", "--histories", "0");
        Assert.Contains(sentence, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_file_is_the_commented_template_and_is_never_written_over()
    {
        string file = Path.Combine(_folder, "new.json");
        Assert.Equal(0, Cli.Run("design", "--new", file, "--from", "v2").ExitCode);
        Assert.Contains("//", File.ReadAllText(file), StringComparison.Ordinal);
        Cli.Outcome again = Cli.Run("design", "--new", file);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("exists already", again.Error, StringComparison.Ordinal);
        Assert.Equal(
            0,
            Cli.Run("design", file, "--filesystem", "ext4", "--kernel", "6.18", "--histories", "0")
                .ExitCode);
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("fusex")]
    public void The_patch_is_C_whose_assertions_hold(string design)
    {
        Cli.Outcome outcome = Cli.Run("design", design, "--patch", "--kernel", "6.18,6.12");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        // Offsets in fuse_inode need its source; the sizes of what is new do not.
        string code = Regex.Replace(
            outcome.Output, "^static_assert\\(.*fuse_inode.*\n", "", RegexOptions.Multiline);
        code = code.Replace(
            "/* in struct fuse_inode: */", "struct fuse_inode {", StringComparison.Ordinal);
        int end = code.IndexOf(
            '\n', code.IndexOf("struct fuse_inode {", StringComparison.Ordinal) + 22);
        code = "#include <assert.h>\n#include <stddef.h>\n#include <stdint.h>\n"
            + "typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32;\n"
            + code.Insert(end + 1, "};\n");
        string file = Write("patch.c", code);
        using Process? gcc = Process.Start(new ProcessStartInfo(
            "gcc", ["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", file])
        {
            RedirectStandardError = true,
        });
        string error = gcc!.StandardError.ReadToEnd();
        gcc.WaitForExit();
        Assert.True(gcc.ExitCode == 0, $"{error}\n{code}");
        Assert.Contains("static_assert(sizeof(struct", code, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown design 'v9'; known: classic", "design", "v9", "--filesystem", "ext4")]
    [InlineData("give a design", "design")]
    [InlineData("give --filesystem NAME or --handles FILE", "design", "thread")]
    [InlineData("takes handles of at most 12 bytes", "design", "thread-inline-only",
        "--filesystem", "xfs", "--kernel", "6.18", "--handles")]
    [InlineData("unknown storage strategy 'heap'", "design", "v2", "--filesystem", "ext4",
        "--kernel", "6.18", "--strategy", "heap")]
    public void Bad_input_is_one_line_on_stderr_and_exit_2(
        string message, params string[] arguments)
    {
        // The mix with longer handles than the design takes.
        string[] words = arguments[^1] == "--handles"
            ? [.. arguments[..^1].Select(a => a == "xfs" ? "btrfs" : a)]
            : arguments;
        Cli.Outcome outcome = Cli.Run(words);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void What_is_wrong_in_a_file_is_named_by_file_line_and_field()
    {
        string file = Write("bad.json", "{\n  \"name\": \"x\",\n  \"forget\": \"never\"\n}\n");
        Cli.Outcome outcome = Cli.Run("design", file, "--filesystem", "ext4");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(
            $"{file}: line 3, field 'forget': expected one of counted, one-per-life",
            outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>A page, its JSON, HTML and patch, or one line of what is wrong.</summary>
    [Fact]
    public void No_random_design_breaks_the_page() => SeededProperty.Check(
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            seed =>
            {
                SplitMix64 random = new((ulong)seed);
                int pages = 0;
                for (int i = 0; i < 400 && pages < 4; i++)
                {
                    string json = DesignGenerator.Next(random, i);
                    string file = Write("random.json", json);
                    string[] page =
                    [
                        "design", file, "--filesystem", "ext4", "--kernel", "6.12,7.3",
                        "--histories", "0", "--html", Path.Combine(_folder, "p.html"),
                        .. i % 2 == 0 ? (string[])["--json"] : [],
                    ];
                    if (Works(json, "design", file, "--patch", "--kernel", "6.18")
                        && Works(json, page))
                    {
                        pages++;
                    }
                }

                Assert.True(pages > 0, "no page was made");
            }),
        tests: 1);

    private static bool Works(string json, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        bool isOneLine = outcome.ExitCode == 2
            && outcome.Error.TrimEnd('\n').Split('\n').Length == 1;
        Assert.True(outcome.ExitCode == 0 || isOneLine, $"{json}\n{outcome.Error}");
        return outcome.ExitCode == 0;
    }

    [Fact]
    public void The_schema_and_the_reader_take_the_same_words()
    {
        using JsonDocument schema = JsonDocument.Parse(Cli.Run("design", "--file-schema").Output);
        JsonElement properties = schema.RootElement.GetProperty("properties");
        int tried = 0;
        foreach (JsonProperty property in properties.EnumerateObject())
        {
            bool isSection = property.Value.TryGetProperty("properties", out JsonElement inner);
            foreach (JsonProperty field in isSection
                ? inner.EnumerateObject()
                : new[] { property }.AsEnumerable())
            {
                if (!field.Value.TryGetProperty("enum", out JsonElement words))
                    continue;
                string all = string.Join(", ", words.EnumerateArray());
                string value = isSection
                    ? $"\"{property.Name}\": {{ \"{field.Name}\": \"?\" }}"
                    : $"\"{field.Name}\": \"?\"";
                string file = Write("words.json", $"{{ \"name\": \"x\", {value} }}");
                string error = Cli.Run("design", file, "--filesystem", "ext4").Error;
                bool isNumber = words[0].ValueKind == JsonValueKind.Number;
                Assert.Contains(
                    isNumber ? "expected an integer" : "expected one of " + all, error,
                    StringComparison.Ordinal);
                tried++;
            }
        }

        Assert.True(tried >= 15, $"{tried} fields with words");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The page, its lines joined.</summary>
    private static string Page(string design, params string[] more)
    {
        Cli.Outcome outcome = Cli.Run(["design", design, "--histories", "5", .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return Regex.Replace(outcome.Output, @"\s+", " ");
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
