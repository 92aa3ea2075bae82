using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Synthetic;

/// <summary>
/// Counts the allocations of the whole process, so no other test may run beside it.
/// </summary>
[CollectionDefinition(nameof(SyntheticMemoryTests), DisableParallelization = true)]
[Collection(nameof(SyntheticMemoryTests))]
public sealed class SyntheticMemoryTests
{
    [Fact]
    public void An_inode_costs_the_server_at_most_16_bytes_and_a_request_nothing()
    {
        const int Many = 300_000;
        const int RecordBytes = 296;
        SyntheticFileSystem fs = new(new SyntheticOptions
        {
            Directories = 1,
            FilesPerDirectory = Many,
        });
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 1, Dialect = Dialect.Thread });
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;
        byte[] buffer = new byte[1 << 20];
        byte[] request = InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_READDIRPLUS, 1, directory, new byte[40]);
        BitConverter.TryWriteBytes(request.AsSpan(56), 1_000_000u);
        ListAll(kernel, request, buffer, start: Many - 4000, RecordBytes);

        long before = GC.GetTotalAllocatedBytes(precise: true);
        ListAll(kernel, request, buffer, start: 0, RecordBytes);
        long first = GC.GetTotalAllocatedBytes(precise: true) - before;
        // What a request allocates shows in each listing; what the test runner allocates
        // meanwhile, to report on tests before this one, does not.
        long second = long.MaxValue;
        for (int listing = 0; listing < 5; listing++)
        {
            before = GC.GetTotalAllocatedBytes(precise: true);
            ListAll(kernel, request, buffer, start: 0, RecordBytes);
            second = Math.Min(second, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(2 + Many, fs.LiveNodeIds);
        Assert.InRange(first, 1, 16L * Many);
        Assert.InRange(second, 0, 10_000);
    }

    private static void ListAll(
        InMemoryKernel kernel, byte[] request, byte[] buffer, int start, int recordBytes)
    {
        ulong offset = (ulong)start;
        int length;
        do
        {
            BitConverter.TryWriteBytes(request.AsSpan(48), offset);
            kernel.Client.Send(request);
            Assert.True(kernel.Client.TryReceive(buffer, InMemoryKernel.Patience, out length));
            offset += (ulong)((length - 16) / recordBytes);
        }
        while (length > 16);
    }
}
