using System.Text.Json;
using HandleCache.Cli.Common;
using HandleCache.Linux.Tests.Images;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`replay` as a user meets it.</summary>
public sealed class ReplayCommandTests : IDisposable
{
    private const string Access = "01000000" + "a100000000000000" + "00000000" + "ffffffffffffffff";

    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-replay-").FullName;

    private string Trace => Path.Combine(_folder, "t.trace");

    [Fact]
    public void The_json_has_the_figures_a_row_per_strategy_and_the_checks()
    {
        Generate("--operations", "50K", "--inodes", "1K", "--filesystem", "container-host");
        JsonElement replay = Cli.Json(
            "replay", Trace, "--kernel", "6.18", "--strategy", "inline:12,none", "static:128");
        Assert.Equal("match", replay.GetProperty("verdict").GetString());
        Assert.True(replay.GetProperty("operations").GetInt64() >= 49_999);
        Assert.Equal(1001, replay.GetProperty("inodes").GetInt32());
        Assert.True(replay.GetProperty("operationsPerSecond").GetDouble() > 0);
        Assert.True(replay.GetProperty("counting").GetProperty("agrees").GetBoolean());
        Assert.True(replay.GetProperty("counting").GetProperty("forgets").GetInt64() > 0);
        JsonElement[] rows = [.. replay.GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            ["inline:12", "none", "static:128"],
            rows.Select(row => row.GetProperty("strategy").GetString()));
        Assert.Equal(961.06, rows[1].GetProperty("bytesPerInode").GetDouble(), 0.01);
        Assert.True(rows[0].GetProperty("spilled").GetInt64() > 0);
        Assert.Equal(0, rows[2].GetProperty("spilled").GetInt64());
        foreach (JsonElement row in rows)
        {
            Assert.Equal(
                replay.GetProperty("operations").GetInt64(),
                row.GetProperty("operations").GetInt64());
            JsonElement[] checks = [.. row.GetProperty("checks").EnumerateArray()];
            Assert.Equal(
                ["forget-nlookup", "live-nodeids", "entry-identity", "final-state", "cache-valid"],
                checks.Select(check => check.GetProperty("name").GetString()));
            Assert.All(checks, c => Assert.True(c.GetProperty("compared").GetInt64() > 0));
            Assert.All(checks, c => Assert.Equal(0, c.GetProperty("mismatches").GetInt64()));
        }
    }

    [Fact]
    public void Text_is_plain_and_fits_a_mail()
    {
        Generate("--operations", "5K", "--inodes", "1K");
        Cli.Outcome outcome = Cli.Run("replay", Trace, "--kernel", "6.18");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Cli.AssertPlainText(outcome.Output.Replace(_folder, "", StringComparison.Ordinal));
        Assert.Contains("verdict: match", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(
            "FORGET one per life agrees with counted lookups", outcome.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_in_which_a_server_with_one_lookup_per_life_errs_is_told_and_still_matches()
    {
        using (FileSink file = new(Trace))
        {
            TraceWriter trace = new(file);
            trace.Mount(1, false, "m"u8);
            trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 0, FileModes.Regular, 0, []);
            trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 0, FileModes.Regular, 0, []);
            trace.Forget(5, 1, batch: false, firstOfMessage: true);
            trace.Request(FuseOpcode.FUSE_GETATTR, 5, 0, false);
            trace.End();
            trace.Complete();
        }

        JsonElement replay = Cli.Json("replay", Trace, "--kernel", "6.18");
        Assert.Equal("match", replay.GetProperty("verdict").GetString());
        JsonElement counting = replay.GetProperty("counting");
        Assert.False(counting.GetProperty("agrees").GetBoolean());
        Assert.Equal(1, counting.GetProperty("differing").GetInt64());
        Assert.Equal(1, counting.GetProperty("staleRequests").GetInt64());
        Assert.Equal(32 + 24 + 10 + 5 + 5, counting.GetProperty("firstOffset").GetInt64());
        string text = string.Join(' ', Cli.Run("replay", Trace, "--kernel", "6.18").Output
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(
            "keeps 1, one that has one per life forgets it", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_packed_by_zstd_gives_what_it_gives_unpacked_and_a_cut_one_is_refused()
    {
        Assert.SkipUnless(KernelBlob.Has("zstd"), "zstd is not installed");
        string oracle = Path.Combine(_folder, "cdn.oracleGeneral");
        WriteHex(oracle, string.Concat(Enumerable.Range(0, 60_000).Select(i => Access.Replace(
            "a1", (2 + (i * 7 % 250)).ToString("x2", null), StringComparison.Ordinal))));
        byte[] plain = File.ReadAllBytes(oracle);
        byte[] packed = KernelBlob.Pipe(plain, "zstd", "-9", "--long=27", "-c");
        File.WriteAllBytes(oracle + ".zst", packed);
        JsonElement expected = Cli.Json("replay", oracle, "--inodes", "100", "--kernel", "6.18");
        JsonElement actual = Cli.Json(
            "replay", oracle + ".zst", "--inodes", "100", "--kernel", "6.18");
        Assert.Equal(plain.Length, actual.GetProperty("bytes").GetInt64());
        foreach (string figure in (string[])["operations", "inodes", "format", "bytesPerInode"])
        {
            Assert.Equal(
                expected.GetProperty(figure).ToString(), actual.GetProperty(figure).ToString());
        }

        string cut = Path.Combine(_folder, "cut.oracleGeneral.zst");
        File.WriteAllBytes(cut, packed[..(packed.Length - 9)]);
        Cli.Outcome outcome = Cli.Run("replay", cut, "--kernel", "6.18");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("zstd: damaged or cut", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>20 bytes beside a slot of 12 are a kmalloc-cg-32 with its vector: +40.00.</summary>
    [Fact]
    public void Inodes_without_a_handle_are_reckoned_with_one_of_the_mix_that_is_given()
    {
        using (FileSink sink = new(Trace))
        {
            TraceWriter writer = new(sink);
            writer.Mount(1, reusesNodeIds: false, "classic"u8);
            for (ulong nodeId = 2; nodeId < 102; nodeId++)
                writer.Entry(FuseOpcode.FUSE_LOOKUP, nodeId, 0, FileModes.Regular, 0, []);
            writer.Figure(TraceFigure.Inodes, 101);
            writer.End();
            writer.Complete();
        }

        JsonElement bare = Cli.Json("replay", Trace, "--kernel", "6.18");
        Assert.Equal(961.06, bare.GetProperty("bytesPerInode").GetDouble(), 0.01);
        Assert.Equal(100, bare.GetProperty("inodesWithoutHandle").GetInt64());
        Assert.Contains(
            "100 inodes came without a handle",
            Cli.Run("replay", Trace, "--kernel", "6.18").Output, StringComparison.Ordinal);

        JsonElement mixed = Cli.Json(
            "replay", Trace, "--kernel", "6.18", "--filesystem", "btrfs");
        Assert.Equal(1001.06, mixed.GetProperty("bytesPerInode").GetDouble(), 0.01);
        Assert.Equal(0, mixed.GetProperty("inodesWithoutHandle").GetInt64());
        Assert.Equal("btrfs", mixed.GetProperty("mix").GetProperty("name").GetString());
        Assert.Equal("match", mixed.GetProperty("verdict").GetString());

        WriteHex(Trace, Access);
        Cli.Outcome import = Cli.Run(
            "replay", Trace, "--format", "oracle-general", "--filesystem", "btrfs", "--kernel",
            "6.18");
        Assert.Equal(2, import.ExitCode);
    }

    private sealed class FileSink(string path) : ITraceSink, IDisposable
    {
        private readonly FileStream _file = new(path, FileMode.Create);

        public void Write(ReadOnlySpan<byte> bytes) => _file.Write(bytes);

        public void Dispose() => _file.Dispose();
    }

    [Fact]
    public void An_imported_trace_saved_and_replayed_gives_the_same_counts()
    {
        string oracle = Path.Combine(_folder, "cdn.oracleGeneral");
        string ids = "a1a2a3a4a1a5a6a7a8a9a1a2";
        WriteHex(oracle, string.Concat(ids.Chunk(2).Select(
            id => Access.Replace("a1", new string(id), StringComparison.Ordinal))));
        JsonElement imported = Cli.Json(
            "replay", oracle, "--inodes", "4", "--save", Trace, "--kernel", "6.18");
        JsonElement saved = Cli.Json("replay", Trace, "--kernel", "6.18");
        Assert.Equal("oracleGeneral", imported.GetProperty("format").GetString());
        Assert.Equal("handleCache", saved.GetProperty("format").GetString());
        foreach (JsonElement document in new[] { imported, saved })
        {
            JsonElement row = document.GetProperty("rows")[0];
            Assert.Equal(12, row.GetProperty("entries").GetInt64());
            Assert.Equal(1, row.GetProperty("hits").GetInt64());
            Assert.Equal(7, row.GetProperty("forgets").GetInt64());
            Assert.Equal(5, row.GetProperty("inodes").GetInt32());
        }
    }

    [Fact]
    public void A_trace_that_contradicts_itself_ends_with_1_and_names_the_byte()
    {
        // A mount, a FORGET of nodeid 5 that nobody gave, and the mount's end.
        WriteHex(Trace, Whole("1100000001" + "1411000005" + "01" + "07000000", 3));
        Cli.Outcome outcome = Cli.Run("replay", Trace, "--kernel", "6.18");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(
            "byte 61: BATCH_FORGET takes 1 lookups from nodeid 5", outcome.Output,
            StringComparison.Ordinal);
        Assert.Contains("verdict: diverge", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("28b52ffd0000000000", "zstd: damaged or cut", "--strategy", "none")]
    [InlineData("1f8b080000000000ff", "gunzip", "--strategy", "none")]
    [InlineData("7f454c460201010000", "byte 0: not a trace", "--strategy", "none")]
    [InlineData("", "byte 0: the file ends here", "--strategy", "none")]
    [InlineData(Access + "0102", "byte 24: the file ends after 2 bytes", "--format",
        "oracle-general")]
    [InlineData(Access, "unknown format 'csv'", "--format", "csv")]
    [InlineData(Access, "unknown storage strategy 'heap'", "--strategy", "heap")]
    [InlineData(Access, "--inodes 0: 1 to", "--inodes", "0")]
    [InlineData(Access, "unknown kernel '9.9'", "--kernel", "9.9")]
    public void Bad_input_is_one_line_on_stderr_and_exit_2(
        string hex, string says, string option, string value)
    {
        WriteHex(Trace, hex);
        Cli.Outcome outcome = option == "--kernel"
            ? Cli.Run("replay", Trace, option, value)
            : Cli.Run("replay", Trace, "--kernel", "6.18", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.Equal("", outcome.Output);
    }

    [Fact]
    public void A_trace_cut_off_or_with_a_flipped_bit_is_refused_with_the_byte()
    {
        Generate("--operations", "20K", "--inodes", "1K");
        byte[] whole = File.ReadAllBytes(Trace);
        File.WriteAllBytes(Trace, whole[..^40]);
        Refused($"byte {whole.Length - 40}: the file ends here");
        byte[] flipped = [.. whole];
        flipped[whole.Length / 2] ^= 4;
        File.WriteAllBytes(Trace, flipped);
        Refused("the checksum of this block is wrong");
        File.WriteAllBytes(Trace, [.. whole, 0]);
        Refused($"byte {whole.Length}: bytes behind the end");
    }

    [Fact]
    public void A_full_disk_is_said_at_once_and_ends_with_1()
    {
        if (!File.Exists("/dev/full"))
            Assert.Skip("no /dev/full");
        Cli.Outcome outcome = Cli.Run("generate-trace", "/dev/full", "--operations", "100K");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("/dev/full: not recorded whole", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("No space left", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Refused(string says)
    {
        Cli.Outcome outcome = Cli.Run("replay", Trace, "--kernel", "6.18");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
    }

    private void Generate(params string[] options)
    {
        Cli.Outcome outcome = Cli.Run(["generate-trace", Trace, .. options]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    private static void WriteHex(string path, string hex) =>
        File.WriteAllBytes(path, Convert.FromHexString(hex));

    /// <summary>A trace of one block, as FORMAT.md has it.</summary>
    private static string Whole(string payload, int records)
    {
        string header = Sealed("894843540d0a1a0a" + Word(1) + Word(32) + new string('0', 24));
        string block = Sealed(
            "48435442" + Word(payload.Length / 2) + Word(0) + Word(0) + Word(records) + Word(0)
            + payload + Word(0));
        string end = Sealed(
            "48435445" + Word(0) + Word(records) + Word(0) + Word(0) + Word(0) + Word(0));
        return header + block + end;
    }

    private static string Word(int value) =>
        Convert.ToHexString(BitConverter.GetBytes(value));

    /// <summary>With its CRC-32C behind it, computed bit by bit.</summary>
    private static string Sealed(string hex)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in Convert.FromHexString(hex))
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        }

        return hex + Convert.ToHexString(BitConverter.GetBytes(~crc));
    }
}
