using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>However restart ends, no mount and no process stays behind.</summary>
[Collection("mounts, one at a time")]
public sealed class RestartEndingTests : IDisposable
{
    /// <summary>
    /// restart KILLS INTERVAL starts it, its trees in $root/on; work waits until the client has
    /// been at work for a while; processes are those that name the trees.
    /// </summary>
    private const string Starting = """
        mkdir $root/on
        restart() {
          dotnet "$program" restart --kills $1 --interval $2 --on $root/on \
            >$root/out 2>$root/err &
          program_pid=$!
        }
        client() { pgrep -f "restart-client $root/on"; }
        work() {
          for i in $(seq 300); do
            [ "$(ls $root/on/*/shadow 2>/dev/null | wc -l)" = 3 ] && break
            sleep 0.05
          done
          client >/dev/null || die "no client: $(cat $root/err)"
        }
        processes() { pgrep -f "(serve|restart-client) $root/on" || true; }
        none_left() {
          for i in $(seq 60); do
            [ -z "$(processes)" ] && return 0
            sleep 0.05
          done
          die "left behind: $(processes)"
        }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_ends_restart_with_130_and_leaves_nothing(string signal)
    {
        _script.Run(Starting + $"signal={signal}\n" + """
            restart 1000 200
            work; sleep 0.5
            rc=0; kill -$signal $program_pid; wait $program_pid || rc=$?
            [ $rc = 130 ] || die "ended with $rc: $(cat $root/err)"
            none_left
            [ -z "$(ls $root/on)" ] || die "the folder was left"
            """);
    }

    [Fact]
    public void A_signal_after_the_last_kill_is_heard_too()
    {
        _script.Run(Starting + """
            restart 1 1000
            work; pid=$(client)
            kill -STOP $pid
            for i in $(seq 300); do
              grep -q '^1 of 1 servers killed' $root/err && break
              sleep 0.05
            done
            rc=0; kill -INT $program_pid; wait $program_pid || rc=$?
            [ $rc = 130 ] || die "ended with $rc: $(cat $root/err)"
            none_left
            """);
    }

    [Fact]
    public void SIGKILL_leaves_no_mount_and_no_process_and_the_folder_is_the_one_it_named()
    {
        _script.Run(Starting + """
            restart 1000 200
            work; sleep 0.5
            kill -KILL $program_pid; wait $program_pid || true
            none_left
            grep -qx "working in $(echo $root/on/*), removed at the end" $root/err
            """);
    }
}
