using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// `watch` on a toy server with a fault planted, behind the running kernel: the rule, the request,
/// the path and both values are named.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class WatchFaultTests : IDisposable
{
    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Theory]
    [InlineData(
        "early", """
        mkdir $mnt/d
        for i in $(seq 12); do : > $mnt/d/y$i; exec {x}> $mnt/d/x$i; fds[$i]=$x; done
        kill -USR1 $(toy); expire
        for i in $(seq 12); do
          stat $mnt/d/y$i; stat -L /dev/fd/${fds[$i]} || true; stat $mnt/d/x$i
        done
        """,
        "lookup-counts", "does not know it (ESTALE), asked by GETATTR", "(/d/y", "as nodeid")]
    [InlineData(
        "again", "mkdir $mnt/d; : > $mnt/d/f; exec 9< $mnt/d/f; rm $mnt/d/f; : > $mnt/d/g",
        "entry-identity", "FUSE_CREATE returned nodeid", "generation 1", "it had 0",
        "CREATE", "(/d/g)")]
    [InlineData(
        "same-generation",
        "for i in $(seq 12); do : > $mnt/f$i; rm $mnt/f$i; sleep 0.1; done",
        "generation-reuse", "FUSE_CREATE gives nodeid", "generation 0 for inode",
        "were given for inode", "(/f")]
    [InlineData(
        "no-entry", "mkdir $mnt/d; exec 9< $mnt/d; rmdir $mnt/d; expire; stat -L /dev/fd/9 || true",
        "errno-class", "ENOENT about nodeid", "ESTALE is due", "GETATTR")]
    [InlineData(
        "plus-generation", "mkdir $mnt/d; : > $mnt/d/f; ls -l $mnt/d",
        "entry-identity", "FUSE_READDIRPLUS returned nodeid", "generation 1", "it had 0",
        "seen at READDIRPLUS", "(/d)")]
    [InlineData(
        "short-entry", "! mkdir $mnt/d",
        "reply-shape", "128", "120", "seen at MKDIR 1 \"d\" (/d)")]
    [InlineData(
        "lost", ": > $mnt/f; mv $mnt/f $mnt/g & sleep 2",
        "no-reply", "no reply to RENAME2 1 \"f\" \"g\" (/f) after")]
    [InlineData(
        "positive", "stat $mnt/none & sleep 2",
        "reply-errno", "-511..0, this one is 2", "seen at LOOKUP 1 \"none\" (/none)")]
    [InlineData(
        "twice", ": > $mnt/f; exec 9< $mnt/f; sleep 0.1",
        "reply-unique", "answered before or never asked")]
    public void A_planted_fault_is_named_with_rule_request_path_and_both_values(
        string fault, string calls, string rule, params string[] says)
    {
        JsonElement check = Check(Run(fault, calls), rule);
        Assert.True(check.GetProperty("mismatches").GetInt64() > 0, $"{check}");
        foreach (string words in says)
        {
            Assert.Contains(
                words, check.GetProperty("firstMismatch").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_server_without_a_fault_breaks_no_rule_by_the_same_calls()
    {
        JsonElement root = Run("none", """
            mkdir $mnt/d
            for i in $(seq 3); do : > $mnt/d/y$i; exec {x}> $mnt/d/x$i; fds[$i]=$x; done
            kill -USR1 $(toy); expire
            for i in $(seq 3); do
              stat $mnt/d/y$i; stat -L /dev/fd/${fds[$i]}; stat $mnt/d/x$i
            done
            : > $mnt/d/f; exec 9< $mnt/d/f; rm $mnt/d/f; : > $mnt/d/g
            for i in $(seq 12); do : > $mnt/f$i; rm $mnt/f$i; done
            mkdir $mnt/e; exec 9< $mnt/e; rmdir $mnt/e; expire; stat -L /dev/fd/9
            ls -l $mnt/d; : > $mnt/f; mv $mnt/f $mnt/g; ! stat $mnt/none; exec 9< $mnt/g
            """, code: 0);
        Assert.Equal("match", root.GetProperty("verdict").GetString());
        foreach (string rule in new[]
        {
            "errno-class", "generation-reuse", "inode-number", "reply-shape", "reply-unique",
        })
        {
            Assert.True(Check(root, rule).GetProperty("compared").GetInt64() > 0, rule);
        }
    }

    [Fact]
    public void A_rule_that_is_allowed_is_counted_and_no_failure()
    {
        JsonElement root = Run(
            "no-entry", "mkdir $mnt/d; exec 9< $mnt/d; rmdir $mnt/d; expire; ! stat -L /dev/fd/9",
            code: 0, "--allow errno-class");
        Assert.Equal("match", root.GetProperty("verdict").GetString());
        Assert.True(Check(root, "errno-class").GetProperty("mismatches").GetInt64() > 0);
    }

    private static JsonElement Check(JsonElement root, string name) =>
        root.GetProperty("rules").EnumerateArray()
            .Concat(root.GetProperty("checks").EnumerateArray())
            .Single(check => check.GetProperty("name").GetString() == name);

    private JsonElement Run(string fault, string calls, int code = 1, string options = "")
    {
        string output = ToyWatch.Run(_script, $$"""
            watch {{fault}} --patience 1 {{options}}
            { {{calls}}
            } >"$root/calls" 2>&1
            stop INT
            [ $rc = {{code}} ] || die "ended with $rc: $(cat err out)"
            cat out
            """);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        DocumentSchema.AssertValid("watch", root);
        return root;
    }
}
