using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// A server that others wrote, libfuse's passthrough_ll as Debian ships its source, behind the
/// relay on a real mount.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class WatchTests : IDisposable
{
    private const string Source = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c";

    /// <summary>
    /// watch OPTIONS... mounts the server on $mnt in the background and waits for it.
    /// </summary>
    private const string Watch = """
        gcc -O1 -D_FILE_OFFSET_BITS=64 -I/usr/include/fuse3 -o server \
          /usr/share/doc/libfuse3-dev/examples/passthrough_ll.c -lfuse3 -lpthread
        mkdir -p $src/a/b
        for i in $(seq 40); do echo $i > $src/a/f$i; done
        head -c 3000000 /dev/urandom > $src/big
        watch() {
          rm -f "$root/err"
          dotnet "$program" watch "$mnt" "$@" >"$root/out" 2>"$root/err" &
          server=$!
          for i in $(seq 300); do
            grep -qs '^serving' "$root/err" && return 0
            kill -0 $server 2>/dev/null || { cat "$root/err" >&2; exit 1; }
            sleep 0.05
          done
          die "not mounted in time"
        }
        gone() { ! pgrep -f "^$root/server" >/dev/null || die "the server was left behind"; }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void Traffic_of_passthrough_ll_matches_is_recorded_and_replays()
    {
        Require();
        string output = _script.Run(Watch + """
            watch --json --record t.trace -- $root/server -f -o source=$src,cache=never
            ls -lR $mnt >/dev/null; cmp $mnt/big $src/big
            dd if=$src/big of=$mnt/copy bs=1M status=none; cmp $mnt/copy $src/big
            mv $mnt/a/f1 $mnt/a/b/g1; rm $mnt/a/f2; ln $mnt/a/f3 $mnt/a/b/g3; mkdir $mnt/a/c
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat err)"
            gone
            cat out
            dotnet "$program" replay t.trace --kernel 6.18 >replayed || die "$(cat replayed)"
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement watched = document.RootElement;
        DocumentSchema.AssertValid("watch", watched);
        Assert.Equal("match", watched.GetProperty("verdict").GetString());
        Assert.True(watched.GetProperty("requests").GetInt64() > 150, output);
        Assert.True(watched.GetProperty("inodesPeak").GetInt32() > 42, output);
        foreach (string name in new[] { "live-nodeids", "entry-identity", "forget-nlookup" })
        {
            JsonElement check = watched.GetProperty("checks").EnumerateArray()
                .Single(c => c.GetProperty("name").GetString() == name);
            Assert.True(check.GetProperty("compared").GetInt64() > 0, output);
        }
    }

    [Fact]
    public void A_server_without_handles_is_recorded_with_those_of_a_mix()
    {
        Require();
        string output = _script.Run(Watch + """
            watch --json --record t.trace --filesystem btrfs -- $root/server -f -o source=$src
            ls -lR $mnt >/dev/null; rm $mnt/a/f2; stat $mnt/a/f3 >/dev/null
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat err)"
            grep -q 'have one of btrfs' out || die "$(cat out)"
            dotnet "$program" replay t.trace --kernel 6.18 --json
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement replayed = document.RootElement;
        Assert.Equal("match", replayed.GetProperty("verdict").GetString());
        Assert.Equal(0, replayed.GetProperty("inodesWithoutHandle").GetInt64());
        Assert.Equal(1001.06, replayed.GetProperty("bytesPerInode").GetDouble(), 0.01);
    }

    [Fact]
    public void However_it_ends_neither_mount_nor_server_is_left()
    {
        Require();
        _script.Run(Watch + """
            watch -- $root/server -f -o source=$src {}
            umount $mnt; wait $server || rc=$?
            [ ${rc:-0} = 1 ] || die "nothing compared, but ended with ${rc:-0}"
            grep -q 'verdict: diverge' out || die "$(cat out)"
            grep -A9 '^repeat: handlecache watch' out | tail -n 1 | grep -q '{}' || die "$(cat out)"
            gone

            watch -- $root/server -f -o source=$src
            exec 9< $mnt/a/f9
            kill -9 $(pgrep -f "^$root/server"); rc=0; wait $server || rc=$?
            exec 9<&-
            [ $rc = 1 ] || die "ended with $rc after its server was killed"
            grep -q 'the server was ended by signal 9' err || die "$(cat err)"
            grep -q 'live-nodeids' out || die "no table: $(cat out)"
            grep -q 'LOOKUP 1 "a"\|OPEN' out || die "no last messages: $(cat out)"
            ! mountpoint -q $mnt || die "the mount was left behind"
            """);
    }

    [Fact]
    public void A_server_that_mounts_by_itself_gets_the_socket_from_the_stand_in()
    {
        Require();
        RequireFuserMount();
        string output = _script.Run(Watch + """
            watch --fusermount --json -- $root/server -f -o source=$src
            cat $mnt/a/f9; ls -lR $mnt >/dev/null
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat err)"
            gone
            ! mountpoint -q $mnt || die "the mount was left behind"
            cat out
            """);
        Assert.StartsWith("9\n", output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(output[2..]);
        Assert.Equal("match", document.RootElement.GetProperty("verdict").GetString());
    }

    [Theory]
    [InlineData("prune", "FUSE_NOTIFY_PRUNE")]
    [InlineData("invalentry", "FUSE_NOTIFY_INVAL_ENTRY")]
    public void With_evict_the_kernel_forgets_what_nobody_uses(string how, string means)
    {
        Require();
        string output = _script.Run(Watch + $$"""
            watch --json --evict {{how}} --evict-every 20 --allow generation-reuse \
              -- $root/server -f -o source=$src
            for i in $(seq 50); do ls -lR $mnt >/dev/null; sleep 0.02; done
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat err)"
            cat out
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.True(
            root.GetProperty("statistics").GetProperty("forgets").GetInt64() > 40, output);
        Assert.Contains(
            root.GetProperty("notes").EnumerateArray(),
            note => note.GetString()!.EndsWith(means, StringComparison.Ordinal));
        Assert.Contains(
            root.GetProperty("latencies").EnumerateArray(),
            row => row.GetProperty("operation").GetString() == "READDIRPLUS"
                && row.GetProperty("count").GetInt64() > 0);
    }

    [Theory]
    [InlineData("$mnt -- $root/none", 2, "cannot start")]
    [InlineData("$root/none -- true", 2, "no such directory")]
    [InlineData("$mnt -- false", 1, "ended with exit code 1 before it had answered INIT")]
    public void A_server_that_cannot_be_watched_is_one_line(string arguments, int code, string says)
    {
        string output = _script.Run($$"""
            rc=0
            timeout 30 dotnet "$program" watch {{arguments}} 2>&1 || rc=$?
            [ $rc = {{code}} ] || die "ended with $rc"
            ! mountpoint -q $mnt || die "the mount was left behind"
            """);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
    }

    private static void RequireFuserMount()
    {
        foreach (string tool in new[] { "unshare", "setpriv" })
        {
            if (!File.Exists($"/usr/bin/{tool}"))
                Assert.Skip($"needs {tool}: apt-get install util-linux");
        }
    }

    private static void Require()
    {
        if (!File.Exists(Source) || !File.Exists("/usr/include/fuse3/fuse.h"))
            Assert.Skip("needs libfuse3-dev: apt-get install libfuse3-dev");
        if (!File.Exists("/usr/bin/gcc"))
            Assert.Skip("needs gcc: apt-get install gcc");
    }
}
