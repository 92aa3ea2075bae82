using System.Collections.Concurrent;
using System.Globalization;
using HandleCache.Server.Relaying;
using Xunit;

namespace HandleCache.Server.Tests.Relaying;

/// <summary>What is left of a server that somebody else wrote: nothing.</summary>
public sealed class ForeignServerTests
{
    [Theory]
    [InlineData("trap '' TERM; sleep 600 & echo $!; wait")]
    [InlineData("sleep 600 & echo $!; exit 0")]
    [InlineData("(sleep 600 & echo $!; exec sleep 600); wait")]
    public void What_a_server_has_started_ends_with_it_also_where_its_parent_has_gone(
        string script)
    {
        int child = IdOf(script, server => server.Kill());
        Assert.True(Ends(child), "a process of the server lives");
    }

    [Fact]
    public void What_hears_neither_a_hangup_nor_SIGTERM_is_killed()
    {
        int server = IdOf("trap '' TERM; echo $$; while :; do sleep 600; done", _ => { });
        Assert.True(Ends(server), "the server lives");
    }

    /// <summary>The id that a script prints; the server is disposed of.</summary>
    private static int IdOf(string script, Action<ForeignServer> before)
    {
        using BlockingCollection<string> lines = [];
        using ForeignServer server = ForeignServer.Start(["sh", "-c", script], lines.Add);
        string line = lines.Take(TestContext.Current.CancellationToken);
        before(server);
        return int.Parse(line["server: ".Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Gone, or nobody has waited for it yet.</summary>
    private static bool Ends(int pid)
    {
        return SpinWait.SpinUntil(HasEnded, TimeSpan.FromMinutes(1));

        bool HasEnded()
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/stat")
                    .Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return true;
            }
        }
    }
}
