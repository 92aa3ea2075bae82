using System.Text.Json;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// Every dialect on the running kernel, which knows none of them: the server speaks it, with the
/// bridge or with its keeper.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class DialectMountTests : IDisposable
{
    private readonly MountScript _script = new();

    public static TheoryData<string> All() => new(DialectList.All.Select(d => d.Name));

    public static TheoryData<string> WithHandles() =>
        new(DialectList.All.Where(d => d.CarriesHandles).Select(d => d.Name));

    public void Dispose() => _script.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public void Files_are_made_listed_moved_and_removed_and_the_model_agrees(string dialect)
    {
        _script.Run($$"""
            mkdir $src/d; echo one > $src/d/f
            serve --model --dialect {{dialect}} --timeout 0
            [ "$(cat $mnt/d/f)" = one ]; ls -lR $mnt >/dev/null
            mkdir $mnt/e; echo two > $mnt/e/y; ln -s y $mnt/e/s; ln $mnt/e/y $mnt/e/h
            mknod $mnt/e/p p; [ "$(cat $mnt/e/s)" = two ]
            mv $mnt/e/y $mnt/d/z; rm $mnt/e/h; [ "$(cat $src/d/z)" = two ]
            [ "$(ls $mnt/d | tr '\n' ' ')" = "f z " ] || die "$(ls $mnt/d)"
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat out err)"
            """);
        Assert.Contains("requests, measured", _script.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WithHandles))]
    public void Open_files_and_names_go_on_after_the_server_is_killed(string dialect)
    {
        _script.Run($$"""
            kill_server() { kill -9 "$(sed -n 's/.* is process //p' "$root/err" | tail -n 1)"; }
            mkdir -p $src/a/b; echo one > $src/a/b/f; echo two > $src/a/g
            serve --keep --dialect {{dialect}}
            stat $mnt/a/b/f $mnt/a/g >/dev/null; cd $mnt/a/b
            exec 8< $mnt/a/b/f; exec 9>> $mnt/a/g
            kill_server
            read -r line <&8; [ "$line" = one ] || die "the open file reads $line"
            echo three >&9; [ "$(cat $src/a/g)" = "two
            three" ] || die "the append was lost or done twice"
            [ "$(ls)" = f ] || die "the working directory lost its name"
            mv $mnt/a $mnt/z; [ "$(cat f)" = one ]
            cd $root; exec 8<&- 9>&-
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat out err)"
            """);
        Assert.Contains("2 servers", _script.Output, StringComparison.Ordinal);
        Assert.Contains(" 0 wrong objects, 0 overdrawn", _script.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n0 rebound", _script.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WithHandles))]
    public void After_three_kills_under_load_only_what_came_without_a_handle_is_lost(
        string dialect)
    {
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "restart", "--kills", "3", "--interval", "500", "--dialect", dialect);
        Assert.Equal(0, document.GetProperty("wrongObject").GetInt64());
        Assert.Equal(
            0, document.GetProperty("keeper").GetProperty("overdrawn").GetInt64());
        if (document.GetProperty("withoutHandle").GetArrayLength() == 0)
        {
            Assert.True(exitCode == 0, document.ToString());
            Assert.Equal("holds", document.GetProperty("verdict").GetString());
        }

        Assert.Equal(
            dialect, document.GetProperty("options").GetProperty("dialect").GetString());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_file_of_a_population_is_cached_and_held_by_the_model(string dialect)
    {
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "scale", "--files", "3000", "--dialect", dialect);
        Assert.Equal("holds", document.GetProperty("verdict").GetString());
        Assert.Equal(
            3_004, document.GetProperty("measured").GetProperty("inodesPeak").GetInt64());
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("mount $src $mnt --keep --dialect classic", "has no handles")]
    [InlineData("restart --dialect classic", "has no handles")]
    [InlineData("mount $src $mnt --dialect v4", "unknown dialect 'v4'; known: classic, thread")]
    [InlineData("mount $src $mnt --dialect v2 --dialect v3", "one only")]
    [InlineData("mount $src $mnt --dialect fusex --readdirplus on", "have no attributes")]
    [InlineData("watch $mnt --dialect fusex -- true", "the type of the file system")]
    [InlineData("compare --dialect v4", "unknown dialect")]
    [InlineData("restart --model --dialect v4", "unknown dialect")]
    [InlineData("validate --dialect v4", "unknown dialect")]
    public void A_dialect_that_cannot_be_is_one_line_and_bad_input(string arguments, string says)
    {
        string output = _script.Run($$"""
            rc=0
            timeout 30 dotnet "$program" {{arguments}} 2>&1 || rc=$?
            [ $rc = 2 ] || die "ended with $rc"
            ! mountpoint -q $mnt || die "the mount was left behind"
            """);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
    }
}
