using System.Text.Json;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// What the tap saw on a real mount, recorded and replayed: the replay ends in the tap's state.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class RecordTests : IDisposable
{
    private const string Tree = """
        mkdir -p $src/a/b
        for i in $(seq 60); do echo $i > $src/a/f$i; done

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void A_recorded_mount_replays_to_the_state_the_tap_ended_in()
    {
        string output = _script.Run(Tree + """
            serve --timeout 0 --record $root/t.trace
            ls -lR $mnt >/dev/null; cat $mnt/a/f* >/dev/null
            mv $mnt/a/f1 $mnt/a/b/g1; rm $mnt/a/f2; ln $mnt/a/f3 $mnt/a/b/g3; mkdir $mnt/a/c
            exec 9< $mnt/a/f9
            stop TERM
            [ $rc = 0 ] || die "ended with $rc"
            dotnet "$program" replay $root/t.trace --kernel 6.18 --json
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        AssertReplays(document.RootElement, mounts: 1);
        JsonElement row = document.RootElement.GetProperty("rows")[0];
        Assert.True(row.GetProperty("entries").GetInt64() > 120, output);
        Assert.True(row.GetProperty("requests").GetInt64() > 120, output);
        Assert.True(row.GetProperty("inodes").GetInt32() >= 63, output);
    }

    [Fact]
    public void A_recorded_validation_replays_to_the_end_of_every_stage()
    {
        string output = _script.Run("""
            dotnet "$program" validate --files 60 --directories 5 --operations 300 --seed 7 \
              --scripts 5 --dialect-scripts 2 \
              --record t.trace >/dev/null
            dotnet "$program" replay t.trace --kernel 6.18 --strategy inline:12 static:128 --json
            """);
        using JsonDocument document = JsonDocument.Parse(output);
        AssertReplays(document.RootElement, mounts: 4);
        JsonElement row = document.RootElement.GetProperty("rows")[0];
        Assert.True(row.GetProperty("forgets").GetInt64() > 100, output);
        Assert.True(row.GetProperty("replaced").GetInt64() > 0, output);
        Assert.True(row.GetProperty("spilled").GetInt64() > 0, output);
    }

    [Fact]
    public void A_full_disk_under_the_recording_is_told_and_ends_with_1()
    {
        _script.Run(Tree + """
            mkdir small; mount -t tmpfs -o size=16k tmpfs small
            serve --timeout 0 --record small/t.trace
            for i in $(seq 12); do ls -lR $mnt >/dev/null; done
            stop INT
            umount small
            [ $rc = 1 ] || die "ended with $rc"
            """);
        Assert.Contains("t.trace: not recorded whole", _script.Notes, StringComparison.Ordinal);
    }

    private static void AssertReplays(JsonElement replay, int mounts)
    {
        string text = replay.ToString();
        Assert.True(replay.GetProperty("verdict").GetString() == "match", text);
        Assert.Equal(mounts, replay.GetProperty("mounts").GetInt32());
        foreach (JsonElement row in replay.GetProperty("rows").EnumerateArray())
        {
            // Inodes, peak, lookups, and digests of state and handles: of every mount.
            JsonElement end = row.GetProperty("checks").EnumerateArray()
                .Single(check => check.GetProperty("name").GetString() == "final-state");
            Assert.Equal(5 * mounts, end.GetProperty("compared").GetInt32());
        }
    }
}
