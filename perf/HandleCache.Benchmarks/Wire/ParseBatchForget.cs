using BenchmarkDotNet.Attributes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Benchmarks.Wire;

/// <summary>The entries of a BATCH_FORGET of 500; per entry.</summary>
public class ParseBatchForget
{
    private const int Entries = 500;
    private const int FirstEntryAt = 48;

    private readonly byte[] _message = Messages.BatchForget(Entries);

    [Benchmark(Baseline = true, OperationsPerInvoke = Entries)]
    public ulong BinaryReader()
    {
        ulong sum = 0;
        using var reader = new BinaryReader(new MemoryStream(_message));
        reader.BaseStream.Position = FirstEntryAt;
        for (int i = 0; i < Entries; i++)
            sum += reader.ReadUInt64() + reader.ReadUInt64();
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public ulong HandleCache()
    {
        if (!FuseRequest.TryParse(_message, out FuseRequest request, out _)
            || request.CheckShape().IsError)
        {
            throw new InvalidOperationException("the request is refused");
        }

        ulong sum = 0;
        var reader = new ForgetReader(request);
        while (reader.TryNext(out fuse_forget_one one))
            sum += one.nodeid + one.nlookup;
        return sum;
    }
}
