using BenchmarkDotNet.Attributes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Benchmarks.Wire;

/// <summary>A LOOKUP request: head, shape and name.</summary>
public class ParseRequest
{
    private const int Times = 1024;

    private readonly byte[] _message =
        Messages.Request(FuseOpcode.FUSE_LOOKUP, "a-name-of-18-bytes\0"u8);

    [Benchmark(Baseline = true, OperationsPerInvoke = Times)]
    public int BinaryReader()
    {
        int bytes = 0;
        for (int i = 0; i < Times; i++)
            bytes += PlainLookup.Read(_message)!.Name.Length;
        return bytes;
    }

    [Benchmark(OperationsPerInvoke = Times)]
    public int HandleCache()
    {
        int bytes = 0;
        for (int i = 0; i < Times; i++)
        {
            if (!FuseRequest.TryParse(_message, out FuseRequest request, out _)
                || request.CheckShape().IsError)
            {
                throw new InvalidOperationException("the request is refused");
            }

            WireReader reader = request.Reader;
            reader.TryReadName(out ReadOnlySpan<byte> name);
            bytes += name.Length;
        }

        return bytes;
    }
}
