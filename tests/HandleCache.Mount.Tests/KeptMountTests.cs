using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>kill -9 of the server of a real mount, and what applications see of it.</summary>
[Collection("mounts, one at a time")]
public sealed class KeptMountTests : IDisposable
{
    /// <summary>
    /// server_pid is the process of the server that serves, $server the keeper's; what else the
    /// keeper has started waits for its turn.
    /// </summary>
    private const string Killing = """
        server_pid() { sed -n 's/.* is process //p' "$root/err" | tail -n 1; }
        kill_server() { kill -9 "$(server_pid)"; }
        kill_every_300_ms() {
          while sleep 0.3; do kill_server 2>/dev/null || true; done &
          killer=$!; trap 'kill $killer 2>/dev/null || true' EXIT
        }
        stop_killing() { kill $killer; wait $killer 2>/dev/null || true; }
        servers() { grep -c ' is process ' "$root/err"; }

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
    public void A_truncation_refused_as_stale_changes_nothing_that_the_kernel_still_shows()
    {
        string output = _script.Run(Killing + """
            serve --keep --timeout 20
            exec 8<> $mnt/f; printf 12345678 >&8; cat $mnt/f > /dev/null; rm $mnt/f
            kill_server
            truncate -s 5000 /proc/self/fd/8 2>&1 || true
            echo "size $(stat -L -c %s /proc/self/fd/8)"
            exec 8<&-
            stop TERM
            """);
        Assert.Contains("Stale file handle", output, StringComparison.Ordinal);
        Assert.Contains("size 8", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Git_tar_and_dd_finish_while_the_server_is_killed_every_300_ms()
    {
        _script.Run(Killing + """
            export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
            git init -q $root/repo; cd $root/repo
            for d in $(seq 5); do
              mkdir d$d; for f in $(seq 20); do echo $d $f > d$d/f$f; done
            done
            git add -A; git commit -qm all; cd $root
            tar -C repo -cf all.tar .; head -c 20000000 /dev/urandom > big
            serve --keep
            kill_every_300_ms
            n=0
            while [ $(servers) -lt 6 ]; do
              n=$((n + 1))
              git clone -q --no-hardlinks $root/repo $mnt/clone$n
              mkdir $mnt/x$n; tar -C $mnt/x$n -xf all.tar
              dd if=big of=$mnt/big$n bs=1M status=none
            done
            stop_killing
            for i in $(seq $n); do
              git -C $mnt/clone$i fsck --strict --no-progress
              diff -r -x .git repo $mnt/clone$i; diff -r -x .git repo $src/clone$i
              diff -r repo $mnt/x$i; cmp big $mnt/big$i; cmp big $src/big$i
            done
            stop INT
            [ $rc = 0 ] || die "ended with $rc"
            """);
        Assert.Contains(" 0 wrong objects, 0 overdrawn", _script.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_never_answers_is_given_up_loudly_and_the_mount_goes()
    {
        string output = _script.Run(Killing + """
            serve --keep
            (while sleep 0.005; do
               for pid in $(cat /proc/$server/task/*/children 2>/dev/null); do
                 kill -9 $pid 2>/dev/null || true
               done
             done) & killer=$!
            trap 'kill $killer 2>/dev/null || true' EXIT
            rc=0; wait $server || rc=$?
            kill $killer
            ! mountpoint -q $mnt || die "the mount was left behind"
            echo "ended with $rc"
            """);
        Assert.Contains("ended with 1", output, StringComparison.Ordinal);
        Assert.Contains("giving up", _script.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_keeper_on_the_mount_point_is_refused_and_the_first_goes_on()
    {
        string output = _script.Run("""
            echo a > $src/f
            serve --keep
            rc=0; dotnet "$program" mount $src $mnt --keep 2>&1 || rc=$?
            echo "second ended with $rc"
            [ "$(cat $mnt/f)" = a ]
            stop TERM
            """);
        Assert.Contains("is a FUSE mount already", output, StringComparison.Ordinal);
        Assert.Contains("second ended with 2", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_no_new_server_can_serve_is_given_up_loudly_and_the_mount_goes()
    {
        string output = _script.Run(Killing + """
            echo a > $src/f
            serve --keep
            mv $src $src.away; kill_server
            rc=0; wait $server || rc=$?
            ! mountpoint -q $mnt || die "the mount was left behind"
            echo "ended with $rc"
            """);
        Assert.Contains("ended with 1", output, StringComparison.Ordinal);
        Assert.Contains("giving up", _script.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public void Restart_finds_no_error_and_no_wrong_object()
    {
        string output = _script.Run("""
            dotnet "$program" restart --kills 8 --interval 200 --on $root --json
            """);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        DocumentSchema.AssertValid("restart", document);
        Assert.Equal(8, document.GetProperty("kills").GetInt32());
        Assert.Equal(0, document.GetProperty("errors").GetInt64());
        Assert.Equal(0, document.GetProperty("wrongObject").GetInt64());
        Assert.True(document.GetProperty("operations").GetInt64() > 0);
        Assert.True(document.GetProperty("recovered").GetInt64() > 0);
        Assert.True(document.GetProperty("stale").GetInt64() >= 0);
    }
}
