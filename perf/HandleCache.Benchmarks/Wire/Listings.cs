using BenchmarkDotNet.Attributes;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Benchmarks.Wire;

/// <summary>A READDIRPLUS reply of 4096 bytes, filled and walked.</summary>
public class Listings
{
    private readonly byte[] _page = new byte[4096];
    private readonly byte[] _handle = Population.NewHandle(7, Population.HandleBytes);

    [Benchmark(Baseline = true)]
    public int Classic() => FillAndWalk(Dialect.Classic);

    [Benchmark]
    public int Thread() => FillAndWalk(Dialect.Thread);

    [Benchmark]
    public int V2() => FillAndWalk(Dialect.V2);

    [Benchmark]
    public int V3() => FillAndWalk(Dialect.V3);

    private int FillAndWalk(Dialect dialect)
    {
        int bytes = Messages.Listing(dialect, _handle, _page);
        var reader = new DirentReader(_page.AsSpan(0, bytes), dialect);
        int entries = 0;
        while (reader.MoveNext())
            entries++;
        return entries;
    }
}
