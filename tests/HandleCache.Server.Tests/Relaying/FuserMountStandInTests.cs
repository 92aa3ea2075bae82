using HandleCache.Linux;
using HandleCache.Server.Relaying;
using Xunit;

namespace HandleCache.Server.Tests.Relaying;

public class FuserMountStandInTests
{
    [Fact]
    public void Each_server_is_started_on_an_empty_directory()
    {
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        using (mine)
        using (theirs)
        using (FuserMountStandIn standIn = new())
        {
            // As go-fuse's mount leaves it behind; libfuse 2 mounts on no such directory.
            string left = Path.Combine(standIn.MountPoint, ".go-fuse-epoll-hack");
            for (int life = 0; life < 2; life++)
            {
                standIn.Wrap(["server"], theirs);
                Assert.Empty(Directory.EnumerateFileSystemEntries(standIn.MountPoint));
                File.WriteAllBytes(left, []);
            }
        }
    }
}
