using System.Globalization;
using HandleCache.Lab.Soak;
using HandleCache.Protocol;
using Xunit;

namespace HandleCache.Lab.Tests.Soak;

/// <summary>
/// Bytes of others, damaged: nothing is thrown that is not documented, nothing hangs, and what
/// would do so is found.
/// </summary>
[Collection(Alone.Name)]
public sealed class HostileTests
{
    private const int CiMessages = 200_000;

    public static TheoryData<string> Readers { get; } =
        [.. HostileSurfaces.All.Where(one => one.Name
            is "trace" or "oracle" or "design" or "mix" or "profile" or "btf" or "kernel-file")
            .Select(one => one.Name)];

    [Fact]
    public void Two_hundred_thousand_damaged_messages_break_nothing()
    {
        ulong seed = Environment.GetEnvironmentVariable("HANDLECACHE_SEED") is { } given
            ? ulong.Parse(given, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();
        TestContext.Current.TestOutputHelper?.WriteLine($"HANDLECACHE_SEED={seed}");
        HostileResult result = HostileExperiment.Run(
            new HostileOptions { Messages = CiMessages, Seed = seed }, static _ => { },
            TestContext.Current.CancellationToken);

        Assert.True(
            result.Findings.Count == 0, $"seed {seed}: {string.Join("; ", result.Findings)}");
        Assert.True(result.Rows.Sum(row => row.Messages) >= CiMessages);
        Assert.All(
            result.Rows.Where(row => row.Skipped is null), row => Assert.InRange(
                row.Taken, 1, row.Messages - 1));
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_good_message_cut_at_any_byte_is_refused_or_taken(string surface)
    {
        using HostileSurface reader = Make(surface);
        foreach (byte[] good in CorpusOf(reader))
        {
            Assert.True(reader.Take([.. good]), $"{surface} refuses its own corpus");

            // Of long ones every cut near the ends, and every seventh.
            for (int length = 0; length < good.Length; length++)
            {
                if (length < 300 || length > good.Length - 100 || length % 7 == 0)
                    reader.Take(good[..length]);
            }
        }
    }

    /// <summary>What once broke something, one a line: the surface and the message.</summary>
    [Fact]
    public void What_once_broke_a_surface_does_not_any_more()
    {
        string[] lines = File.ReadAllLines(Path.Combine(
            AppContext.BaseDirectory, "Soak", "broke.txt"));
        Assert.NotEmpty(lines);
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            HostileSurface surface;
            try
            {
                surface = Make(words[0]);
            }
            catch (IOException)
            {
                continue; // Without /dev/fuse there is no keeper.
            }

            using (surface)
                Assert.NotNull(surface.Take(Convert.FromHexString(words[1])));
        }
    }

    [Fact]
    public void What_a_reader_throws_is_found_with_its_round_and_its_message()
    {
        HostileFinding finding = Assert.Single(Run(message => message.Length % 50 == 49
            ? throw new FormatException("planted")
            : true).Findings);

        Assert.StartsWith("FormatException: planted", finding.Wrong, StringComparison.Ordinal);
        Assert.Equal(49, finding.Bytes[^1].Length / 2 % 50);
        HostileFinding again = Assert.Single(Run(
            message => message.Length % 50 == 49 ? throw new FormatException("planted") : true,
            finding.Round).Findings);
        Assert.Equal(finding.Bytes, again.Bytes);
    }

    [Fact]
    public void A_reader_that_does_not_end_is_found()
    {
        using ManualResetEventSlim never = new();
        HostileFinding finding = Assert.Single(Run(
            message =>
            {
                if (message.Length % 50 == 49)
                    never.Wait();
                return true;
            },
            patienceSeconds: 1).Findings);
        never.Set();

        Assert.Contains("it hangs", finding.Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_believes_any_length_is_found()
    {
        HostileFinding finding = Assert.Single(Run(message =>
            message.Length % 50 == 49 && GC.AllocateUninitializedArray<byte>(200 << 20)[0] == 0)
            .Findings);

        Assert.Contains("bytes allocated", finding.Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_nothing_but_what_cannot_be_run_holds_nothing()
    {
        MissingRequirementException lacks = Assert.Throws<MissingRequirementException>(
            () => HostileExperiment.Run(
                new HostileOptions { Messages = 1 },
                [new("lacking", "a reader", () => throw new IOException("no such device"))],
                static _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal("no such device", lacks.Message);
    }

    private static HostileResult Run(
        Func<byte[], bool> parse, int? round = null, int patienceSeconds = 60) =>
        HostileExperiment.Run(
            new HostileOptions
            {
                Messages = 100_000,
                Seed = 5,
                Round = round,
                PatienceSeconds = patienceSeconds,
            },
            [
                new("planted", "a reader", () => new ParserSurface(
                    [new SplitMix64(1).Bytes(120)], parse)),
            ],
            static _ => { }, TestContext.Current.CancellationToken);

    private static HostileSurface Make(string surface) =>
        HostileSurfaces.All.Single(one => one.Name == surface).Make();

    private static IReadOnlyList<byte[]> CorpusOf(HostileSurface surface) => surface switch
    {
        ParserSurface parser => parser.Corpus,
        KernelFileSurface kernels => kernels.Corpus,
        _ => throw new ArgumentException("no reader", nameof(surface)),
    };
}

/// <summary>
/// What a process allocates is measured as a whole, so nothing else may run in it meanwhile.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone in the process";
}
