using System.Runtime.ExceptionServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class SubmountTests
{
    private const ulong Root = 1;

    [Fact]
    public void A_mount_below_the_source_is_not_entered_the_directory_under_it_is_served()
    {
        if (Credentials.WhyNotMountFuse() is { } reason)
            Assert.Skip(reason);
        string path = Directory.CreateTempSubdirectory("handlecache-").FullName;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                MountNamespace.EnterPrivate();
                Serve(path);
            }
#pragma warning disable CA1031 // Thrown again by the test's thread.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        Directory.Delete(path, recursive: true);
        failure?.Throw();
    }

    /// <summary>The source is a tmpfs, with another one mounted on its directory "below".</summary>
    private static void Serve(string path)
    {
        Mounts.MountTmpfs(path, "size=1m");
        string below = Directory.CreateDirectory($"{path}/below").FullName;
        File.WriteAllText($"{below}/covered", "x");
        Mounts.MountTmpfs(below, "size=1m");
        try
        {
            File.WriteAllText($"{below}/covering", "x");
            using PassthroughFileSystem fs = new(path, new PassthroughOptions());
            using FuseClient client = new(fs);
            ulong nodeid = client.LookupNode(Root, "below");
            Assert.Equal(Errno.ENOENT, client.Lookup(nodeid, "covering").Errno);
            fuse_entry_out covered = client.Lookup(nodeid, "covered").Entry;
            Assert.Equal(1ul, covered.attr.size);
            ulong fh = client.OpenDir(nodeid);
            Assert.Contains(client.ReadDir(nodeid, fh, 0, 4096, plus: true),
                record => record.Name == "covered" && record.Entry.nodeid == covered.nodeid);
            Assert.Equal(Root, client.LookupNode(nodeid, ".."));
        }
        finally
        {
            Mounts.Unmount(below);
            Mounts.Unmount(path);
        }
    }
}
