using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using HandleCache.Bars.Model;
using Xunit;

namespace HandleCache.Perf.Tests;

/// <summary>
/// The contenders of the bars throw where an iget does not hit or a forget does not fit; here they
/// do their work once, small.
/// </summary>
public sealed class ContenderTests
{
    private static readonly Work _inline = new(20_000, 10_000, handleType: 1, handleBytes: 8);
    private static readonly Work _spilled = new(20_000, 10_000, handleType: 0x4d, handleBytes: 20);

    [Fact]
    public void The_cache_does_the_work_inline_and_spilled()
    {
        foreach (Work work in (Work[])[_inline, _spilled])
        {
            using var cache = new CacheContender(work);
            DoAll(cache);
            Assert.Equal(0, cache.AllocatedPerOperation());
        }
    }

    [Fact]
    public void The_dictionary_does_the_work()
    {
        DoAll(new DictionaryContender(_inline));
        DoAll(new DictionaryContender(_spilled));
    }

    [Theory]
    [InlineData(1.6)]
    [InlineData(3.0)]
    public void Records_in_buckets_do_the_work(double perBucket)
    {
        var bucketed = new BucketedContender(_inline, perBucket);
        DoAll(bucketed);
        Assert.InRange(
            bucketed.MemoryBytes / _inline.Inodes, BucketedTable.BucketBytes / perBucket,
            BucketedTable.BucketBytes);
    }

    [Fact]
    public void A_table_of_buckets_has_what_was_added_and_not_removed()
    {
        var table = new BucketedTable(perBucket: 3);
        var expected = new HashSet<ulong>();
        ulong random = 7;
        for (int i = 0; i < 50_000; i++)
        {
            ulong nodeId = 1 + (Work.Next(ref random) % 5_000);
            if (expected.Add(nodeId))
                table.Add(new() { NodeId = nodeId });
            else if (expected.Remove(nodeId))
                Assert.True(table.Remove(nodeId));
        }

        Assert.Equal(expected.Count, table.Count);
        for (ulong nodeId = 1; nodeId <= 5_000; nodeId++)
        {
            ref BucketedTable.Record at = ref table.Find(nodeId);
            Assert.Equal(expected.Contains(nodeId), !Unsafe.IsNullRef(ref at));
            Assert.True(Unsafe.IsNullRef(ref at) || at.NodeId == nodeId);
        }
    }

    [Fact]
    public void The_C_peer_does_the_work_inline_and_spilled()
    {
        string program = Path.Combine(Path.GetTempPath(), $"handlecache-peer-{Guid.NewGuid():N}");
        string source = Path.Combine(AppContext.BaseDirectory, "peers", "inodes.c");
        try
        {
            using Process gcc = Process.Start(
                "gcc", ["-O2", "-Wall", "-Werror", "-o", program, source]);
            gcc.WaitForExit();
            Assert.Equal(0, gcc.ExitCode);
            foreach (Work work in (Work[])[_inline, _spilled])
            {
                using var peer = new CPeer(program, work);
                DoAll(peer);
                Assert.True(peer.BytesPerInode() > 0);
            }
        }
        catch (Win32Exception)
        {
            Assert.Skip("needs gcc (apt-get install gcc libc6-dev)");
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Fact]
    public void The_median_is_that_of_each_contender_whatever_the_order_of_turns()
    {
        int a = 0;
        int b = 100;
        double[] medians = Rounds.Medians(5, () => a++, () => b++);
        Assert.Equal([2.0, 102.0], medians);
    }

    private static void DoAll(IContender contender)
    {
        contender.Fill();
        foreach (bool inFlight in (bool[])[false, true, false])
        {
            contender.Hit(inFlight);
            contender.Forget(inFlight);
        }
    }
}
