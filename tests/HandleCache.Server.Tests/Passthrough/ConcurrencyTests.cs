using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class ConcurrencyTests
{
    private const ulong Root = 1;
    private const int Seed = 20251105;

    /// <summary>Looks up, reads and forgets at random; what it counted it takes back.</summary>
    private static void Work(FuseClient client, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 1000; i++)
        {
            string name = $"f{random.Next(40)}";
            fuse_entry_out entry = client.Lookup(Root, name).Entry;
            Assert.Equal(entry.attr.ino, client.GetAttr(entry.nodeid).Attributes.ino);
            ulong fh = client.Open(entry.nodeid, OpenFlags.ReadOnly).Open.fh;
            Assert.Equal(name,
                Encoding.UTF8.GetString(client.Read(entry.nodeid, fh, 0, 100).Body));
            Assert.Equal(Errno.None, client.Release(entry.nodeid, fh).Errno);
            client.Forget(entry.nodeid, 1);
        }
    }

    [Theory]
    [InlineData(ForgottenHandles.Drop)]
    [InlineData(ForgottenHandles.Remember)]
    public async Task Four_workers_on_four_descriptors_always_reach_the_right_file(
        ForgottenHandles forgotten)
    {
        using ServedFolder served = new(
            new PassthroughOptions { MostDescriptors = 0, Forgotten = forgotten });
        for (int i = 0; i < 40; i++)
            served.Write($"f{i}", $"f{i}");
        FuseClient[] clients = [.. Enumerable.Range(0, 4)
            .Select(_ => new FuseClient(served.FileSystem))];
        try
        {
            Task[] tasks = [.. clients.Select((client, n) => Task.Factory.StartNew(
                () => Work(client, Seed + n), TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            await Task.WhenAll(tasks);
        }
        finally
        {
            foreach (FuseClient client in clients)
                client.Dispose();
        }

        bool remembers = forgotten == ForgottenHandles.Remember;
        Assert.Equal(remembers ? 40 : 0, served.FileSystem.RememberedCount);
        Assert.Equal(remembers ? 41 : 1, served.FileSystem.NodeCount);
        Assert.Equal(0, served.FileSystem.OpenFileCount);
    }
}
