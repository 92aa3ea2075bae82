using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// A server that opens /dev/fuse and calls mount(2) itself gets the socket from the call, and
/// nothing is mounted where it wanted to.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class DirectMountTests : IDisposable
{
    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void It_is_watched_on_a_mount_of_ours_and_started_again()
    {
        string output = ToyWatch.Run(_script, """
            fuse() { grep -c ' - fuse' /proc/self/mountinfo; }
            before=$(fuse) || true
            watch none --direct-mount --restart-every 1
            mkdir $mnt/d; stat $mnt/d >/dev/null; first=$(toy)
            for i in $(seq 600); do [ "$(toy)" != "$first" ] && break; sleep 0.05; done
            [ $(fuse) = $((before + 1)) ] || die "$(cat /proc/self/mountinfo)"
            stop INT
            [ $rc = 0 ] || die "ended with $rc: $(cat err out)"
            ! toy >/dev/null || die "the server was left behind"
            cat out
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        DocumentSchema.AssertValid("watch", document.RootElement);
        Assert.Equal("match", document.RootElement.GetProperty("verdict").GetString());
        Assert.True(document.RootElement.GetProperty("restarts").GetProperty("killed")
            .GetInt32() > 0);
    }

    [Fact]
    public void It_is_driven_without_a_mount()
    {
        string output = ToyWatch.Run(_script, """
            before=$(cat /proc/self/mountinfo)
            dotnet "$program" drive --json --direct-mount --restart --scripts 5 \
              -- $root/toy none
            [ "$before" = "$(cat /proc/self/mountinfo)" ] || die "something was mounted"
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal("match", document.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(5, document.RootElement.GetProperty("scripts").GetInt32());
    }

    [Fact]
    public void A_server_that_does_not_come_so_far_is_said_in_one_line()
    {
        string output = ToyWatch.Run(_script, """
            rc=0
            dotnet "$program" drive --direct-mount -- $root/toy no-server 2>said || rc=$?
            [ $rc = 2 ] || die "ended with $rc: $(cat said)"
            cat said
            """);
        Assert.Contains(
            "exit code 3 before it had answered INIT", output, StringComparison.Ordinal);
    }
}
