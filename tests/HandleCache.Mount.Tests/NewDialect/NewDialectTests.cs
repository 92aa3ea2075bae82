using System.Text.Json;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Mount.Tests.NewDialect;

/// <summary>
/// A dialect that is one file and one row (<see cref="NarrowDialect"/>) works in every command,
/// on the modelled kernel and on the running one.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class NewDialectTests : IDisposable
{
    private const string Name = "narrow";

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void Compare_has_its_row()
    {
        JsonElement row = Json(
            0, "compare", "--filesystem", "ext4", "--kernel", "6.18", "--dialect", Name)
            .GetProperty("rows")[0];
        Assert.Equal(Name, row.GetProperty("dialect").GetString());
        Assert.Equal(100, row.GetProperty("maxHandleBytes").GetInt32());
        Assert.Equal("inline:20", row.GetProperty("storage").GetString());
        JsonElement lookup = row.GetProperty("operations")[0];
        Assert.True(lookup.GetProperty("bringsHandle").GetBoolean());
        Assert.True(lookup.GetProperty("bringsParent").GetBoolean());

        // fuse_out_header, fuse_entry_out, u16, the longest handle and its type.
        Assert.Equal(16 + 128 + 2 + 100 + 4, lookup.GetProperty("reservedBytes").GetInt32());
    }

    [Fact]
    public void Restart_of_the_modelled_world_reaches_no_wrong_object()
    {
        JsonElement result = Json(
            0, "restart", "--model", "--dialect", Name, "--histories", "5");
        Assert.Equal("holds", result.GetProperty("verdict").GetString());
        JsonElement[] rows = [.. result.GetProperty("rows").EnumerateArray()];
        Assert.Equal(4, rows.Length);
        Assert.All(rows, row => Assert.Equal(0, row.GetProperty("wrongObject").GetInt64()));
        Assert.All(rows, row => Assert.True(row.GetProperty("restarts").GetInt64() > 0));
    }

    [Fact]
    public void Validate_compares_its_scripts_and_serves_it_on_real_mounts()
    {
        JsonElement result = Json(
            0, "validate", "--dialect", Name, "--seed", "1", "--files", "50", "--directories",
            "5", "--operations", "300", "--scripts", "0", "--dialect-scripts", "60");
        JsonElement check = result.GetProperty("checks").EnumerateArray()
            .Single(c => c.GetProperty("name").GetString()!
                .Contains(Name, StringComparison.Ordinal));
        Assert.Equal(60 * 50, check.GetProperty("compared").GetInt64());
        Assert.Equal(0, check.GetProperty("mismatches").GetInt64());
        Assert.True(result.GetProperty("handlesInline").GetInt64() > 0);
    }

    [Fact]
    public void A_real_mount_speaks_it_to_the_bridge_and_todays_protocol_to_the_kernel()
    {
        _script.Run($$"""
            mkdir $src/d; echo one > $src/d/f
            serve --model --dialect {{Name}} --timeout 0
            [ "$(cat $mnt/d/f)" = one ]; ls -lR $mnt >/dev/null
            mkdir $mnt/e; echo two > $mnt/e/y; mv $mnt/e/y $mnt/d/z; [ "$(cat $src/d/z)" = two ]
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat out err)"
            """, OwnProgram);
    }

    [Fact]
    public void Its_server_may_be_killed_and_the_keeper_binds_by_its_handles()
    {
        _script.Run($$"""
            mkdir -p $src/a/b; echo one > $src/a/b/f
            serve --keep --dialect {{Name}}
            stat $mnt/a/b/f >/dev/null; cd $mnt/a/b; exec 8< $mnt/a/b/f
            kill -9 "$(sed -n 's/.* is process //p' "$root/err" | tail -n 1)"
            read -r line <&8; [ "$line" = one ] || die "the open file reads $line"
            [ "$(ls)" = f ] || die "the working directory lost its name"
            cd $root; exec 8<&-
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat out err)"
            """, OwnProgram);
        Assert.Contains("2 servers", _script.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n0 rebound", _script.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Kills_under_load_lose_nothing()
    {
        JsonElement result = Json(
            0, "restart", "--kills", "3", "--interval", "500", "--dialect", Name);
        Assert.Equal("holds", result.GetProperty("verdict").GetString());
    }

    /// <summary>A built-in dialect is a row of that list, and no other file names it.</summary>
    [Fact]
    public void Who_does_not_know_it_says_which_there_are()
    {
        using ProgramRun run = ProgramRun.Finish("compare", "--dialect", Name);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(
            string.Join(", ", DialectList.All.Select(d => d.Name)), run.Error,
            StringComparison.Ordinal);
    }

    private static IReadOnlyDictionary<string, string> OwnProgram { get; } =
        new Dictionary<string, string>
        {
            [EntryPoint.Variable] = "1",
            ["program"] = OwnAssembly,
        };

    private static string OwnAssembly => typeof(NewDialectTests).Assembly.Location;

    private static JsonElement Json(int exitCode, params string[] arguments)
    {
        using ProgramRun run = ProgramRun.StartCommand(
            "env",
            [$"{EntryPoint.Variable}=1", "dotnet", "exec", OwnAssembly, .. arguments, "--json"]);
        run.Wait();
        Assert.True(
            run.ExitCode == exitCode && run.Output.StartsWith('{'),
            $"exit {run.ExitCode}: {run.Output}{run.Error}");
        using JsonDocument document = JsonDocument.Parse(run.Output);
        return document.RootElement.Clone();
    }
}
