using System.Text.Json;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>kill -9 of the server of a real mount, and what applications see of it.</summary>
[Collection("mounts, one at a time")]
public sealed class KeptMountTests : IDisposable
{
    /// <summary>server_pid is the server's, $server the keeper's.</summary>
    private const string Killing = """
        server_pid() { cat /proc/$server/task/*/children | tr ' ' '\n' | head -n 1; }
        kill_server() { kill -9 "$(server_pid)"; }
        kill_every_300_ms() {
          while sleep 0.3; do
            pid=$(server_pid); [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
          done &
          killer=$!; trap 'kill $killer 2>/dev/null || true' EXIT
        }
        stop_killing() { kill $killer; wait $killer 2>/dev/null || true; }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void Open_files_directories_and_names_go_on_after_the_server_is_killed()
    {
        _script.Run(Killing + """
            mkdir -p $src/a/b; echo one > $src/a/b/f; echo two > $src/a/g
            serve --keep
            ls -lR $mnt >/dev/null; cd $mnt/a/b
            exec 8< $mnt/a/b/f; exec 9>> $mnt/a/g
            kill_server
            read -r line <&8; [ "$line" = one ] || die "the open file reads $line"
            echo three >&9; [ "$(cat $src/a/g)" = "two
            three" ] || die "the append was lost or done twice"
            [ "$(ls)" = f ] || die "the working directory lost its name"
            mv $mnt/a $mnt/z; [ "$(cat f)" = one ]
            cd $root; exec 8<&- 9>&-
            stop INT
            [ $rc = 0 ] || die "ended with $rc"
            """);
        Assert.Contains("2 servers", _script.Output, StringComparison.Ordinal);
        Assert.Contains(" 0 wrong objects, 0 overdrawn", _script.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_open_without_a_name_is_stale_after_a_restart_and_never_another_file()
    {
        string output = _script.Run(Killing + """
            echo mine > $src/f
            serve --keep --timeout 0
            exec 8< $mnt/f; rm $mnt/f
            kill_server
            echo another > $src/f
            cat <&8 2>&1 || true
            [ "$(cat $mnt/f)" = another ]
            exec 8<&-
            stop TERM
            """);
        Assert.Contains("Stale file handle", output, StringComparison.Ordinal);
        Assert.DoesNotContain("another", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Restart_finds_no_error_and_no_wrong_object()
    {
        string output = _script.Run("""
            dotnet "$program" restart --kills 8 --interval 200 --on $root --json
            """);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        Assert.Equal(1, document.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(8, document.GetProperty("kills").GetInt32());
        Assert.Equal(0, document.GetProperty("errors").GetInt64());
        Assert.Equal(0, document.GetProperty("wrongObject").GetInt64());
        Assert.True(document.GetProperty("operations").GetInt64() > 0);
        Assert.True(document.GetProperty("recovered").GetInt64() > 0);
        Assert.True(document.GetProperty("stale").GetInt64() >= 0);
    }
}
