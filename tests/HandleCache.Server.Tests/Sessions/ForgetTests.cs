using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>FORGET and BATCH_FORGET have no reply and are exact (rules R2, R3).</summary>
public sealed class ForgetTests : IDisposable
{
    private readonly SyntheticFileSystem _fs = new(new SyntheticOptions
    {
        Directories = 3,
        FilesPerDirectory = 3,
    });

    private readonly InMemoryKernel _kernel;

    public ForgetTests() =>
        _kernel = InMemoryKernel.Mounted(_fs, new SessionOptions { Workers = 1 });

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void A_forget_takes_back_as_many_lookups_as_it_says()
    {
        ulong nodeid = LookUp("d0001", 3);

        _kernel.Forget(nodeid, 2);
        Assert.Equal(1UL, _fs.NLookupOf(nodeid));
        _kernel.Forget(nodeid, 1);
        Assert.Equal(0UL, _fs.NLookupOf(nodeid));
        Assert.Equal(0, _fs.ForgetErrors);
    }

    [Fact]
    public void A_forget_of_more_than_was_given_is_an_error_and_leaves_zero()
    {
        ulong nodeid = LookUp("d0001", 2);

        _kernel.Forget(nodeid, 3);
        Assert.Equal(1, _fs.ForgetErrors);
        Assert.Equal(0UL, _fs.NLookupOf(nodeid));
        _kernel.Forget(12345, 1);
        Assert.Equal(2, _fs.ForgetErrors);
    }

    [Fact]
    public void A_batch_forget_does_each_of_its_entries()
    {
        ulong one = LookUp("d0000", 1);
        ulong two = LookUp("d0001", 5);
        BatchForget(2, (one, 1), (two, 4));

        Assert.Equal(0UL, _fs.NLookupOf(one));
        Assert.Equal(1UL, _fs.NLookupOf(two));
        Assert.Equal(0, _fs.ForgetErrors);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(3u)]
    [InlineData(0x10000002u)]
    [InlineData(uint.MaxValue)]
    public void A_batch_whose_count_lies_forgets_nothing_and_gets_no_reply(uint count)
    {
        ulong one = LookUp("d0000", 1);
        ulong two = LookUp("d0001", 1);
        BatchForget(count, (one, 1), (two, 1));

        Assert.Equal(1UL, _fs.NLookupOf(one));
        Assert.Equal(1UL, _fs.NLookupOf(two));
    }

    [Fact]
    public void A_lookup_whose_reply_nobody_wants_is_not_counted()
    {
        ulong nodeid = LookUp("d0002", 1);
        ulong unique = Abandoned(FuseOpcode.FUSE_LOOKUP, 1, InMemoryKernel.Name("d0002"));
        _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);

        Assert.NotEqual(0UL, unique);
        Assert.Equal(1UL, _fs.NLookupOf(nodeid));
    }

    [Fact]
    public void A_listing_whose_reply_nobody_wants_counts_none_of_its_entries()
    {
        fuse_read_in read = new() { size = 4096 };
        Abandoned(FuseOpcode.FUSE_READDIRPLUS, 1, InMemoryKernel.Of(read));
        _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
        Assert.Equal(1, _fs.LiveNodeIds);

        _kernel.Ask(FuseOpcode.FUSE_READDIRPLUS, 1, InMemoryKernel.Of(read));
        Assert.Equal(1 + 3, _fs.LiveNodeIds);
    }

    [Fact]
    public void An_open_whose_reply_nobody_wants_is_closed_again()
    {
        Abandoned(FuseOpcode.FUSE_OPENDIR, 1, new byte[8]);
        _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);

        Assert.Equal(0, _fs.OpenFiles);
    }

    [Fact]
    public void Destroy_is_answered()
    {
        Assert.Equal(Errno.None, _kernel.Ask(FuseOpcode.FUSE_DESTROY, 0).Errno);
    }

    private ulong LookUp(string name, int times)
    {
        ulong nodeid = 0;
        for (int i = 0; i < times; i++)
            nodeid = _kernel.Lookup(1, name).Read<fuse_entry_out>().nodeid;
        Assert.Equal((ulong)times, _fs.NLookupOf(nodeid));
        return nodeid;
    }

    /// <summary>The unique numbers of the kernel's side rise by 2.</summary>
    private ulong Abandoned(FuseOpcode opcode, ulong nodeid, byte[] arguments)
    {
        ulong next = _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]).Unique + 2;
        _kernel.Client.Abandon(next);
        Assert.Equal(next, _kernel.Send(opcode, nodeid, arguments));
        return next;
    }

    private void BatchForget(uint count, params (ulong NodeId, ulong NLookup)[] entries)
    {
        byte[] body = [.. entries.SelectMany(entry => InMemoryKernel.Of(
            new fuse_forget_one { nodeid = entry.NodeId, nlookup = entry.NLookup }))];
        fuse_batch_forget_in head = new() { count = count };
        _kernel.Send(FuseOpcode.FUSE_BATCH_FORGET, 0, InMemoryKernel.Of(head), body);
        _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
    }
}
