using HandleCache.Protocol;

namespace HandleCache.Lab.Soak;

/// <summary>A reader that takes a whole message and says whether it is a good one.</summary>
/// <param name="corpus">Good messages; each of them must be taken.</param>
/// <param name="parse">
/// Whether the message is taken; it turns what it documents to throw into false.
/// </param>
/// <param name="mend">
/// Makes checksums right again after the damage, so that what lies behind them is reached; applied
/// to three messages in four. Null where there are none.
/// </param>
internal sealed class ParserSurface(
    IReadOnlyList<byte[]> corpus, Func<byte[], bool> parse,
    Action<byte[]>? mend = null) : HostileSurface
{
    /// <summary>Good messages.</summary>
    public IReadOnlyList<byte[]> Corpus => corpus;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        for (int i = 0; i < messages; i++)
        {
            byte[] message = HostileBytes.Make(random, corpus);
            if (mend is not null && !random.OneIn(4))
                mend(message);
            tally.Feed(message);
            long before = GC.GetAllocatedBytesForCurrentThread();
            tally.Took(parse(message));
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > MostAllocatedBytes)
            {
                throw new HostileException(FormattableString.Invariant(
                    $"{allocated} bytes allocated for a message of {message.Length}"));
            }
        }
    }

    public override bool? Take(byte[] message) => parse(message);
}
