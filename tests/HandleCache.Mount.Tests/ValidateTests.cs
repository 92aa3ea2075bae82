using System.Text.Json;
using HandleCache.Lab.Validate;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>The main job on the real kernel. Each run prints its seed with its result.</summary>
public class ValidateTests
{
    /// <summary>Checks that compare something on every machine that can mount.</summary>
    private static readonly string[] Always =
    [
        "forget-nlookup", "live-nodeids", "entry-identity", "handle-bytes", "export-handle",
        "stale-handle", "inode-state", "syscalls", "all-forgotten", "cache-valid",
        "server-table",
    ];

    private static readonly string[] Small =
    [
        "validate", "--files", "300", "--directories", "20", "--operations", "1500",
        "--scripts", "0",
    ];

    public static TheoryData<string[]> Variants() => new()
    {
        { [] },
        { ["--evict", "invalentry"] },
        { ["--timeout", "0", "--readdirplus", "off"] },
        { ["--timeout", "60", "--readdirplus", "on"] },
        { ["--strategy", "pointer-max:128"] },
        { ["--strategy", "static:128"] },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_model_holds_against_the_running_kernel(string[] options)
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json([.. Small, .. options]);
        AssertMatch(exitCode, document);
    }

    [Fact]
    public void A_default_run_sees_at_least_20000_requests()
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json("validate");
        AssertMatch(exitCode, document);
        Assert.True(document.GetProperty("requests").GetInt64() >= 20000, Text(document));
        Assert.True(
            Check(document, "differential").GetProperty("compared").GetInt64() > 20000,
            Text(document));
        Assert.True(document.GetProperty("handlesInline").GetInt64() > 0, Text(document));
        Assert.True(document.GetProperty("handlesSpilled").GetInt64() > 0, Text(document));
    }

    [Fact]
    public void Objects_and_slabs_of_fuse_inode_are_as_many_as_the_model_says()
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json([.. Small, "--drop-caches"]);
        AssertMatch(exitCode, document);
        foreach (string name in new[] { "slab-objects", "slab-pages" })
        {
            JsonElement check = Check(document, name);
            bool compared = check.GetProperty("compared").GetInt64() > 0;
            string reason = compared ? "" : check.GetProperty("notCompared").GetString()!;
            Assert.True(
                compared || reason.Contains("other FUSE mounts", StringComparison.Ordinal),
                Text(document));
        }
    }

    [Fact]
    public void A_tmpfs_tree_is_served_and_matches()
    {
        Machine.RequireMount();
        string folder = Directory.CreateTempSubdirectory("handlecache-test-").FullName;
        try
        {
            string command = $"mount -t tmpfs tmpfs {folder} && exec dotnet exec "
                + $"{ProgramRun.Assembly} {string.Join(' ', Small)} --json --tree-on {folder}";
            using ProgramRun run = ProgramRun
                .StartCommand("unshare", "-m", "sh", "-c", command).Wait();
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public void A_tree_of_the_users_is_only_read()
    {
        Machine.RequireMount();
        string folder = Directory.CreateTempSubdirectory("handlecache-test-").FullName;
        try
        {
            for (int i = 0; i < 40; i++)
                File.WriteAllText(Path.Combine(folder, $"file {i}"), $"content {i}");
            string[] before = Snapshot(folder);
            (int exitCode, JsonElement document) = ProgramRun.Json(
                "validate", "--source", folder, "--operations", "800", "--scripts", "5",
                "--dialect-scripts", "5");
            AssertMatch(exitCode, document);
            Assert.Equal(before, Snapshot(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Each fault of a server, and the check that compares with somebody else.</summary>
    [Theory]
    [InlineData("server-uncounted-lookup", "server-table")]
    [InlineData("server-ignored-forget", "server-table")]
    [InlineData("server-listed-zero", "server-table")]
    [InlineData("server-ignored-chown", "syscalls")]
    [InlineData("server-shifted-offset", "syscalls")]
    [InlineData("server-dropped-entry", "syscalls")]
    [InlineData("server-deleted-found", "stale-handle")]
    [InlineData("server-same-generation", "inode-state")]
    public void A_fault_of_the_server_is_seen_by_who_does_not_ask_it(string fault, string check)
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "validate", "--files", "120", "--directories", "10", "--operations", "600",
            "--scripts", "0", "--break", fault);
        Assert.Equal("diverge", document.GetProperty("verdict").GetString());
        Assert.Equal(1, exitCode);
        Assert.True(
            Check(document, check).GetProperty("mismatches").GetInt64() > 0, Text(document));
    }

    [Fact]
    public void Every_fault_of_the_server_has_its_row()
    {
        System.Reflection.MethodInfo rows = typeof(ValidateTests).GetMethod(
            nameof(A_fault_of_the_server_is_seen_by_who_does_not_ask_it))!;
        Assert.Equal(
            ServerFault.All.Select(fault => fault.Name).Order(),
            rows.GetCustomAttributesData().Where(data => data.AttributeType
                == typeof(InlineDataAttribute)).Select(data => (string)((IReadOnlyList<
                    System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0]
                    .Value!)[0].Value!).Order());
    }

    public static TheoryData<string> Faults() =>
        [.. ValidateFaults.OfTraffic.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_known_fault_in_the_model_is_seen_and_explained(string fault)
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json([.. Small, "--break", fault]);
        Assert.Equal("diverge", document.GetProperty("verdict").GetString());
        Assert.Equal(1, exitCode);
        JsonElement[] failed = [.. document.GetProperty("checks").EnumerateArray()
            .Where(c => c.GetProperty("mismatches").GetInt64() > 0)];
        Assert.NotEmpty(failed);
        Assert.All(failed, c => Assert.True(
            c.GetProperty("firstMismatch").GetString()!.Length > 20, Text(document)));
    }

    /// <summary>Evictions that nobody asked for are no mismatch, and hide none.</summary>
    [Fact]
    public void Beside_dropped_caches_it_never_diverges_but_for_a_fault()
    {
        Machine.RequireMount();
        using ProgramRun sound = ProgramRun.Start([.. Small, "--json"]);
        DropCachesUntilTheEndOf(sound);
        string verdict = JsonDocument.Parse(sound.Output).RootElement
            .GetProperty("verdict").GetString()!;
        Assert.True(
            (sound.ExitCode, verdict) is (0, "match") or (4, "undecided"),
            $"{sound.ExitCode}: {sound.Output}{sound.Error}");

        using ProgramRun broken = ProgramRun.Start(
            [.. Small, "--json", "--break", ValidateFaults.OfTraffic[0].Name]);
        DropCachesUntilTheEndOf(broken);
        Assert.True(broken.ExitCode == 1, $"{broken.ExitCode}: {broken.Output}");
    }

    private static void DropCachesUntilTheEndOf(ProgramRun run)
    {
        while (!run.HasExited)
        {
            File.WriteAllText("/proc/sys/vm/drop_caches", "2");
            Thread.Sleep(50);
        }
    }

    /// <summary>
    /// The script's seeds are those of the whole run: as many results are compared as there.
    /// </summary>
    [Fact]
    public void Parts_compare_just_the_scripts_of_the_whole_run_between_them()
    {
        Machine.RequireMount();
        string[] run =
        [
            .. Small[..^1], "9", "--dialect-scripts", "5", "--seed", "20251127", "--json",
        ];
        using ProgramRun whole = ProgramRun.Finish(run);
        string folder = Directory.CreateTempSubdirectory("handlecache-parts-").FullName;
        try
        {
            for (int part = 1; part <= 2; part++)
            {
                using ProgramRun one = ProgramRun.Finish([.. run, "--shard", $"{part}/2"]);
                Assert.True(one.ExitCode == 0, one.Output + one.Error);
                File.WriteAllText(Path.Combine(folder, $"{part}"), one.Output);
            }

            (int exitCode, JsonElement merged) = ProgramRun.Json(
                "merge", Path.Combine(folder, "1"), Path.Combine(folder, "2"));
            AssertMatch(exitCode, merged);
            JsonElement expected = JsonDocument.Parse(whole.Output).RootElement;
            foreach (string name in new[] { "scripts", "calls", "finiteScripts" })
            {
                Assert.Equal(
                    expected.GetProperty("differential").GetProperty(name).GetInt64(),
                    merged.GetProperty("differential").GetProperty(name).GetInt64());
            }

            foreach (string check in new[] { "dialect-v2", "syscalls" })
            {
                Assert.Equal(
                    Check(expected, check).GetProperty("compared").GetInt64(),
                    Check(merged, check).GetProperty("compared").GetInt64());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertMatch(int exitCode, JsonElement document)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {document.GetProperty("seed").GetUInt64()}");
        Assert.True(document.GetProperty("verdict").GetString() == "match", Text(document));
        Assert.Equal(0, exitCode);
        foreach (string name in Always)
            Assert.True(Check(document, name).GetProperty("compared").GetInt64() > 0, name);
    }

    private static JsonElement Check(JsonElement document, string name) =>
        document.GetProperty("checks").EnumerateArray()
            .Single(c => c.GetProperty("name").GetString() == name);

    private static string Text(JsonElement document) => document.ToString();

    /// <summary>Names, sizes, contents and change times of a folder.</summary>
    private static string[] Snapshot(string folder) =>
        [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(f => f.Name)
            .Select(f => $"{f.Name} {f.LastWriteTimeUtc:O} {File.ReadAllText(f.FullName)}")];
}
