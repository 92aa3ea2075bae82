using System.Text.Json.Nodes;
using HandleCache.Cli.Common;
using HandleCache.Cli.Kernels;
using HandleCache.Cli.Prove;
using HandleCache.Lab.Guests;
using HandleCache.Lab.Prove;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>
/// Every document is valid under the schema of its command, and no schema changes without its
/// version. <see cref="Cli.Json"/> and its kin of the mount tests check each document they see.
/// </summary>
public sealed class SchemaTests : IDisposable
{
    /// <summary>They mount: tests/HandleCache.Mount.Tests checks what they print.</summary>
    private static readonly string[] Mounting = ["validate", "scale", "watch"];

    /// <summary>They boot kernels: what they print is put together here.</summary>
    private static readonly string[] Booting = ["kernels", "prove"];

    /// <summary>Other tests of this project run them by Cli.Json.</summary>
    private static readonly string[] Elsewhere = ["replay", "drive", "merge"];

    /// <summary>Together they fill every field that a machine without mounts can fill.</summary>
    private static readonly string[][] Runs =
    [
        ["slab", "--object-size", "848", "--account", "--cpus", "4", "--kernel", "6.18"],
        ["layout", "--sweep", "--matrix", "--kernel", "6.18"],
        ["layout", "--inline", "12,40", "--best-hole", "--kernel", "6.12"],
        ["layout", "--inline", "none", "--struct", "fuse_inode", "--kernel", "6.1"],
        ["sweep", "--filesystem", "xfs", "--simulate", "1K", "--inodes", "10M", "--kernel", "7.3"],
        ["survey", "--xdev", "--save", "mix.json", "."],
        ["compare", "--filesystem", "ext4", "--kernel", "6.18", "--names", "100"],
        ["design", "v2", "--filesystem", "ext4", "--kernel", "6.18", "--histories", "2"],
        ["report", "--html", "page.html", "--filesystem", "ext4", "--kernel", "6.18"],
        ["soak", "--messages", "2000", "--surface", "design,btf"],
        ["restart", "--model", "--histories", "2"],
        ["restart", "--model", "--histories", "0", "--dialect", "v2", "--no-parent-handle"],
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("handlecache-schema-")
        .FullName;

    public static TheoryData<string> Commands() =>
    [
        .. Program.Commands(DialectList.All).Subcommands
            .Where(c => JsonOption.Of(c) is not null).Select(c => c.Name),
    ];

    public static TheoryData<string[]> Documents() => [.. Runs];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_schema_of_a_version_is_the_one_that_is_kept(string command)
    {
        string kept = Path.Combine(
            AppContext.BaseDirectory, "Schemas", $"{JsonOutput.SchemaVersion}", $"{command}.json");
        Assert.True(
            File.Exists(kept) && File.ReadAllText(kept) == DocumentSchema.TextOf(command) + "\n",
            $"{command} --json is not what it was in schema version {JsonOutput.SchemaVersion}: "
            + "raise JsonOutput.SchemaVersion, rename the folder tests/HandleCache.Cli.Tests/"
            + "Schemas/VERSION, and write into it what `handlecache COMMAND --schema` prints");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_with_documents_is_run_by_a_test(string command) =>
        Assert.Contains(
            command, Runs.Select(r => r[0]).Concat(Mounting).Concat(Booting).Concat(Elsewhere));

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_is_what_its_schema_says(string[] run) =>
        Cli.Json([.. run.Select(word => word is "mix.json" or "page.html"
            ? Path.Combine(_folder, word)
            : word)]);

    [Fact]
    public void A_document_about_booted_kernels_is_what_its_schema_says()
    {
        KernelLabOptions options = new() { Versions = ["6.12"], Program = "p", Cache = "c" };
        JsonOutputTo("kernels", KernelsDocument.Of(new KernelLabResult(
            [new GuestRow("6.12", "6.12.1", "slab", GuestVerdict.Match, "all", "handlecache")],
            options)));
        JsonOutputTo("prove", ProveDocument.Of(new ProveResult(
            new ProveOptions { Design = "thread", Program = "p", Cache = "c" },
            [new ProveRun(
                "6.12", "6.12.1", "inline:12", "type-lost",
                [new ProofRow("slot bytes", "896", "896", true)])])));
    }

    [Theory]
    [InlineData("missing", "sweep")]
    [InlineData("more", "sweep")]
    [InlineData("version", "sweep")]
    [InlineData("type", "sweep")]
    public void A_document_that_differs_from_its_schema_is_not_valid(string how, string command)
    {
        JsonObject document = JsonNode.Parse(Cli.Json(
            command, "--filesystem", "xfs", "--kernel", "6.18").GetRawText())!.AsObject();
        Assert.True(DocumentSchema.IsValid(command, document));
        switch (how)
        {
            case "missing":
                document.Remove("best");
                break;
            case "more":
                document.Add("extra", 1);
                break;
            case "version":
                document["schemaVersion"] = JsonOutput.SchemaVersion + 1;
                break;
            default:
                document["rows"]![0]!["bytesPerInode"] = "896";
                break;
        }

        Assert.False(DocumentSchema.IsValid(command, document));
    }

    [Theory]
    [InlineData(2, "sweep")]
    [InlineData(2, "sweep", "--filesystem", "ext4", "--kernel", "9.9")]
    [InlineData(2, "sweep", "--bogus")]
    [InlineData(2, "drive")]
    [InlineData(3, "kernels", "--kernel", "6.12")]
    public void An_error_is_a_document_too_and_the_exit_code_as_without(
        int exitCode, params string[] arguments)
    {
        Cli.Outcome plain = Cli.Run(arguments);
        Cli.Outcome outcome = Cli.Run([.. arguments, "--json"]);
        Assert.Equal(exitCode, plain.ExitCode);
        Assert.Equal("", plain.Output);
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Equal(plain.Error, outcome.Error);
        JsonNode document = JsonNode.Parse(outcome.Output)!;
        DocumentSchema.AssertValid(arguments[0], document);
        Assert.Equal(exitCode, document["exitCode"]!.GetValue<int>());
        Assert.Equal($"handlecache: {document["error"]}\n", outcome.Error);
    }

    private static void JsonOutputTo<T>(string command, T document) =>
        DocumentSchema.AssertValid(
            command,
            JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(
                document, JsonOutput.TypeOf(typeof(T))))!);
}
