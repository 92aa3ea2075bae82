using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>Backing ids as the kernel wants them (fs/fuse/iomode.c, passthrough.c).</summary>
public class BackedInodesTests
{
    private const ulong Root = 1;

    [Fact]
    public void An_inode_has_one_id_while_it_is_open_and_none_when_it_is_closed()
    {
        using ServedFolder served = new();
        IdKeeper kernel = Back(served);
        served.Write("a", "x");
        ulong node = served.Client.Lookup(Root, "a").Entry.nodeid;
        fuse_open_out first = served.Client.Open(node, OpenFlags.ReadOnly).Open;
        fuse_open_out second = served.Client.Open(node, OpenFlags.ReadWrite).Open;
        Assert.Equal((uint)FuseOpenFlags.FOPEN_PASSTHROUGH, first.open_flags);
        Assert.Equal(first.backing_id, second.backing_id);
        served.Client.Release(node, first.fh);
        Assert.Equal([first.backing_id], kernel.Open);
        served.Client.Release(node, second.fh);
        Assert.Empty(kernel.Open);
        Assert.Equal(0, served.FileSystem.BackedInodeCount);
    }

    [Fact]
    public void All_ids_are_closed_with_the_file_system()
    {
        using ServedFolder served = new();
        IdKeeper kernel = Back(served);
        for (int i = 0; i < 5; i++)
        {
            Reply made = served.Client.Create(Root, $"f{i}");
            Assert.NotEqual(0, made.Open.backing_id);
        }

        Assert.Equal(5, kernel.Open.Count);
        served.FileSystem.Destroyed();
        Assert.Empty(kernel.Open);
    }

    [Fact]
    public void An_open_that_never_reached_the_kernel_gives_its_id_back()
    {
        using ServedFolder served = new();
        IdKeeper kernel = Back(served);
        Reply made = served.Client.Create(Root, "f");
        served.FileSystem.TakeBackOpen(made.Open.fh);
        Assert.Empty(kernel.Open);
    }

    [Fact]
    public void An_inode_that_was_opened_plainly_stays_plain_until_it_is_closed()
    {
        using ServedFolder served = new();
        IdKeeper kernel = Back(served);
        served.Write("a", "x");
        ulong node = served.Client.Lookup(Root, "a").Entry.nodeid;
        kernel.Refuses = Errno.ENOMEM;
        fuse_open_out plain = served.Client.Open(node, OpenFlags.ReadOnly).Open;
        Assert.Equal(0, plain.backing_id);
        kernel.Refuses = Errno.None;
        fuse_open_out beside = served.Client.Open(node, OpenFlags.ReadOnly).Open;
        Assert.Equal(0, beside.backing_id);
        Assert.Equal(0u, beside.open_flags & (uint)FuseOpenFlags.FOPEN_PASSTHROUGH);
        served.Client.Release(node, plain.fh);
        served.Client.Release(node, beside.fh);
        Assert.NotEqual(0, served.Client.Open(node, OpenFlags.ReadOnly).Open.backing_id);
    }

    [Fact]
    public void The_id_is_opened_with_the_callers_identity_and_no_right_beyond()
    {
        using ServedFolder served = new();
        IdKeeper kernel = Back(served);
        served.Client.Create(Root, "f");
        Assert.True(kernel.HadAdmin);
        Assert.False(kernel.HadFSetId);
        Assert.True(Credentials.HasCapability(Credentials.FSetId));
    }

    private static IdKeeper Back(ServedFolder served)
    {
        Assert.SkipUnless(Credentials.HasCapability(Credentials.SysAdmin), "needs root");
        IdKeeper kernel = new();
        served.FileSystem.UseBacking(kernel);
        return kernel;
    }

    /// <summary>Gives ids and keeps account, as the kernel's table of them.</summary>
    private sealed class IdKeeper : IBackingFiles
    {
        private int _lastId;

        public List<int> Open { get; } = [];

        public Errno Refuses { get; set; }

        public bool HadAdmin { get; private set; }

        public bool HadFSetId { get; private set; }

        SysResult IBackingFiles.Open(FileDescriptor file)
        {
            HadAdmin = Credentials.HasCapability(Credentials.SysAdmin);
            HadFSetId = Credentials.HasCapability(Credentials.FSetId);
            if (Refuses != Errno.None)
                return SysResult.Failure(Refuses);
            Open.Add(++_lastId);
            return SysResult.Success(_lastId);
        }

        public void Close(int id) => Assert.True(Open.Remove(id), $"id {id} is not open");
    }
}
