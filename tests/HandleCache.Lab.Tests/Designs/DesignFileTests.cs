using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HandleCache.Lab.Designs;
using HandleCache.Model.Designs;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Lab.Tests.Designs;

/// <summary>Design files: what is read, what is refused and where, and random ones.</summary>
public sealed class DesignFileTests
{
    [Fact]
    public void Every_shipped_design_reads_and_has_the_name_of_its_file() => Assert.All(
        DesignFiles.ShippedNames, name => Assert.Equal(name, DesignFiles.Load(name).Name));

    [Fact]
    public void The_commented_template_says_what_an_empty_file_means()
    {
        Design template = DesignFiles.Load("thread");
        Assert.True(Parse("""{ "name": "thread" }""", out Design? empty, out string? error), error);
        Assert.Equal(Show(template.Wire), Show(empty!.Wire));
        Assert.Equal(template.Storage, empty.Storage);
    }

    [Theory]
    [InlineData("""{ "nam": 1 }""", "field 'name': missing")]
    [InlineData("{\n \"name\": \"x\",\n \"handle\": { \"size\": \"u64\" }\n}",
        "line 3, field 'handle.size': expected one of u8, u16, u32, found \"u64\"")]
    [InlineData("""{ "name": "x", "handle": { "align": 3 } }""", "expected 1, 2, 4 or 8")]
    [InlineData("""{ "name": "x", "handle": { "type": "folded", "array": 4 } }""",
        "no handle fits")]
    [InlineData("""{ "name": "x", "carried": { "by": "every-request", "as": "argument" } }""",
        "expected extension or node-record with every-request")]
    [InlineData("""{ "name": "x", "export": { "as": "handle" } }""",
        "needs identity.foundBy handle")]
    [InlineData("""{ "name": "x", "export": { "fixedSize": true } }""", "only with as handle")]
    [InlineData("""{ "name": "x", "export": { "asksAnew": true } }""", "only with as handle")]
    [InlineData("""{ "name": "x", "returned": ["OPEN"] }""", "'OPEN' returns no entry")]
    [InlineData("""{ "name": "x", "identity": { "compares": ["name"] } }""", "expected some of")]
    [InlineData("""{ "name": "x", "framing": "v3", "handle": { "size": "u8" } }""",
        "the framing decides")]
    [InlineData("""{ "name": "x", "storage": { "strategy": "heap" } }""",
        "unknown storage strategy")]
    [InlineData("""{ "name": "x", "storage": { "strategy": "none" } }""", "the design sends some")]
    [InlineData("""{ "name": "x", "negotiation": { "optIn": "none", "bit": 3 } }""",
        "nothing is negotiated")]
    [InlineData("""{ "name": "x", "storage": { "index": "hlist" } }""", "identity.foundBy")]
    [InlineData("""{ "name": "x", "storage": { "index": "tree" } }""", "inode-hash, rhashtable")]
    [InlineData(
        """
        { "name": "x", "identity": { "foundBy": "handle" }, "storage": { "index": "inode-hash" } }
        """, "inode-hash cannot hold an inode without a handle")]
    [InlineData("""{ "name": "x", "negotiation": { "maximum": 0 } }""", "0 bytes only in fusex")]
    [InlineData("""{ "name": "x", "framing": "fusex", "negotiation": { "maximum": 64 } }""",
        "the framing decides it: 124")]
    [InlineData(
        """
        { "name": "x", "framing": "fusex", "negotiation": { "maximum": 0 },
          "carried": { "by": "lookup" } }
        """, "there are no handles")]
    [InlineData("""{ "name": "x", "statxFails": "kept" }""", "no STATX follows")]
    [InlineData("""{ "name": "x y" }""", "expected letters")]
    [InlineData("""{ "name": "x", "colour": 1 }""", "field 'colour': unknown field")]
    [InlineData("{ \"name\": \"x\",", "not JSON")]
    public void What_is_wrong_is_named_by_line_and_field(string json, string message)
    {
        Assert.False(Parse(json, out _, out string? error));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shipped_file_cut_or_damaged_anywhere_never_throws()
    {
        byte[] whole = DesignFiles.Shipped("thread");
        SplitMix64 random = new(3);
        for (int i = 0; i < whole.Length; i++)
        {
            // Only white space stands behind the closing brace.
            bool isWhole = DesignJson.TryParse(whole.AsSpan(0, i), out _, out string? error);
            Assert.Equal(isWhole, error is null);
            Assert.Equal(isWhole, i == whole.Length - 1);
            byte[] damaged = [.. whole];
            damaged[i] ^= (byte)(1 << random.Below(8));
            bool read = DesignJson.TryParse(damaged, out Design? design, out error);
            Assert.Equal(read, error is null);
            Assert.Equal(read, design is not null);
        }
    }

    [Fact]
    public void Random_designs_carry_every_handle_they_take() => SeededProperty.Check(
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            seed =>
            {
                SplitMix64 random = new((ulong)seed);
                int read = 0;
                for (int i = 0; i < 2_000; i++)
                {
                    string json = DesignGenerator.Next(random, i);
                    if (Parse(json, out Design? design, out string? error))
                    {
                        read++;
                        RoundTrip(design!.Wire.ToDialect(), random, json);
                    }
                    else
                    {
                        Assert.StartsWith("line ", error, StringComparison.Ordinal);
                    }
                }

                Assert.True(read > 200, $"{read} designs read");
            }),
        tests: 1);

    /// <summary>
    /// HANDLECACHE_HISTORIES in the environment says how many random histories designs are run
    /// in that the short ones call safe; without it 1,000.
    /// </summary>
    [Fact]
    public void Random_designs_that_the_short_histories_call_safe_are_so_in_random_ones()
    {
        const int Each = 100;
        int wanted = int.Parse(
            Environment.GetEnvironmentVariable("HANDLECACHE_HISTORIES") ?? "1000",
            CultureInfo.InvariantCulture);
        SeededProperty.Check(
            Prop.ForAll(
                Gen.Choose(0, int.MaxValue).ToArbitrary(),
                seed =>
                {
                    (int safe, int unsafely) = (0, 0);
                    SplitMix64 random = new((ulong)seed);
                    for (int i = 0; safe * Each < wanted; i++)
                    {
                        string json = DesignGenerator.Next(random, i);
                        if (!Parse(json, out Design? design, out _))
                            continue;
                        if (IsSafe(design!.Wire, (ulong)(seed + i), Each, json))
                            safe++;
                        else
                            unsafely++;
                    }

                    TestContext.Current.TestOutputHelper?.WriteLine(
                        $"{safe + unsafely} designs: {unsafely} unsafe in a short history, {safe} "
                        + $"safe in all of them and in {safe * Each} random ones");
                }),
            tests: 1);
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("thread-export")]
    public void A_created_file_without_a_handle_is_not_taken_for_todays_with_a_long_open(
        string name)
    {
        DesignDialect dialect = new(DesignFiles.Load(name).Wire);
        byte[] room = new byte[512];
        byte[] opened = new byte[Operation.Of(FuseOpcode.FUSE_CREATE).TrailingBytes];
        Assert.True(dialect.TryWriteEntryReply(
            room, FuseOpcode.FUSE_CREATE, 2, new fuse_entry_out { nodeid = 9 }, 0, [], opened,
            out int bytes));
        Assert.True(FuseReply.TryParse(
            room.AsSpan(0, bytes), out FuseReply reply, out _));
        Assert.False(dialect.ReadEntryReply(
            FuseOpcode.FUSE_CREATE, reply, out WireEntry entry, out _).IsError);
        Assert.Equal(opened.Length, reply.Body.Length - entry.Bytes);
    }

    private static void RoundTrip(Dialect dialect, SplitMix64 random, string json)
    {
        byte[] handle = new byte[random.Below(129)];
        random.Fill(handle);
        byte[] room = new byte[2048];
        bool fits = dialect.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 2, new fuse_entry_out { nodeid = 9 }, 0,
            dialect.ReplyBrings(FuseOpcode.FUSE_LOOKUP) ? handle : [], [], out int bytes);
        if (!fits)
        {
            Assert.True(handle.Length > dialect.MaxHandleBytes, json);
            return;
        }

        Assert.True(
            FuseReply.TryParse(
                room.AsSpan(0, bytes), out FuseReply reply, out _), json);
        Assert.False(
            dialect.ReadEntryReply(
                FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out _).IsError, json);
        Assert.Equal(9u, entry.Entry.nodeid);
        if (dialect.ReplyBrings(FuseOpcode.FUSE_LOOKUP))
            Assert.True(entry.Handle.Bytes.SequenceEqual(handle), json);
    }

    /// <summary>False where a short history shows it; one that only a random one does fails.
    /// </summary>
    private static bool IsSafe(WireDesign design, ulong seed, int histories, string json)
    {
        FoundHistory? found = DesignExploration.FirstUnsafe(
            design, seed, histories, TestContext.Current.CancellationToken);
        Assert.True(
            found is null || found.Steps.Count <= DesignExploration.MostSteps,
            $"seed {seed}: {json}\n{string.Join("; ", found?.Steps ?? [])}: {found?.Outcome}");
        return found is null;
    }

    private static bool Parse(string json, out Design? design, out string? error) =>
        DesignJson.TryParse(Encoding.UTF8.GetBytes(json), out design, out error);

    private static string Show(WireDesign wire) =>
        (wire with { Returns = [] }).ToString() + string.Join(",", wire.Returns);
}
