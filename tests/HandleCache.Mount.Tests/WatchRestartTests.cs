using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// `watch --restart-every`: servers are killed on a mount that stays, and what survived is said.
/// The toy keeps its tree in memory, so that a new one knows nothing of what another gave.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class WatchRestartTests : IDisposable
{
    /// <summary>anew waits until another server has taken the place of the first.</summary>
    private const string Anew = """
        anew() {
          old=$1
          for i in $(seq 600); do
            now=$(toy) || true
            [ -n "$now" ] && [ "$now" != "$old" ] && stat $mnt >/dev/null 2>&1 && return 0
            sleep 0.05
          done
          die "no other server came: $(cat err)"
        }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void What_a_new_server_refuses_is_ESTALE_and_the_mount_goes_on()
    {
        JsonElement restarts = Restarts("none", 0, """
            mkdir $mnt/d; exec 9< $mnt/d; first=$(toy)
            anew $first
            stat -L /dev/fd/9 2>&1 | grep -q 'Stale file handle' || die "no ESTALE"
            mkdir $mnt/e; stat $mnt/e >/dev/null
            """);
        Assert.True(restarts.GetProperty("killed").GetInt32() > 0);
        Assert.True(restarts.GetProperty("operations").GetInt64() > 1);
        Assert.True(restarts.GetProperty("estale").GetInt64() > 0);
        Assert.Equal(0, restarts.GetProperty("wrongObjects").GetInt64());
    }

    [Fact]
    public void An_old_nodeid_that_a_new_server_takes_for_another_object_is_a_wrong_object()
    {
        JsonElement restarts = Restarts("restart", 1, """
            mkdir $mnt/d; exec 9< $mnt/d; first=$(toy)
            anew $first
            : > $mnt/f || true
            """);
        Assert.True(restarts.GetProperty("wrongObjects").GetInt64() > 0);
    }

    [Fact]
    public void A_request_that_died_with_a_server_is_sent_to_the_next_one()
    {
        // The toy loses the reply to a RENAME that it did; the next one has no such name.
        JsonElement restarts = Restarts("lost", 0, """
            : > $mnt/f; first=$(toy)
            mv $mnt/f $mnt/g 2>said & moved=$!
            anew $first
            wait $moved || true
            grep -q 'No such file' said || die "mv said: $(cat said)"
            """);
        Assert.True(restarts.GetProperty("sentAgain").GetInt64() > 0);
    }

    [Fact]
    public void A_server_that_does_not_start_again_is_one_line_and_bad_input()
    {
        string said = ToyWatch.Run(_script, """
            more=$root/started
            watch none --restart-every 1
            rc=0; wait $server || rc=$?
            [ $rc = 2 ] || die "ended with $rc: $(cat err)"
            ! mountpoint -q $mnt || die "the mount was left behind"
            tail -n 1 err
            """);
        Assert.Contains(
            "--restart-every: the server cannot be started again", said,
            StringComparison.Ordinal);
        Assert.Contains("exit code 3", said, StringComparison.Ordinal);
    }

    private JsonElement Restarts(string fault, int code, string calls)
    {
        string output = ToyWatch.Run(_script, Anew + $$"""
            watch {{fault}} --restart-every 2
            {{calls}}
            stop INT
            [ $rc = {{code}} ] || die "ended with $rc: $(cat err out)"
            cat out
            """);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        DocumentSchema.AssertValid("watch", root);
        return root.GetProperty("restarts");
    }
}
