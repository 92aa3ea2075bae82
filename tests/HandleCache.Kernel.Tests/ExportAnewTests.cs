using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// What comes back by a handle of the mount that has the file handle in it, after the server said
/// that it is another (FUSE_NOTIFY_INC_EPOCH).
/// </summary>
public class ExportAnewTests
{
    private static readonly byte[] Given = [1, 2, 3, 4];

    private static DesignDialect Exported(bool asksAnew) => new(PostedDesigns.Thread with
    {
        Encoding = PostedDesigns.Thread.Encoding with { ArrayBytes = 0, AlignBytes = 4 },
        Export = ExportForm.Both,
        ExportAsksAnew = asksAnew,
    });

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void A_cached_inode_is_asked_for_with_its_handle_in_a_new_epoch_alone(
        bool asksAnew, bool isNewEpoch, bool asks)
    {
        using KernelDriver bench = Named(asksAnew);
        if (isNewEpoch)
            Assert.Equal(0, bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH));
        KernelCall open = Open(bench, 2);
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (!asks)
        {
            Assert.Equal(0, open.Result.Errno);
            return;
        }

        AskedRequest asked = bench.Read();
        Assert.Equal((2ul, (byte)'.'), (asked.NodeId, asked.Body[0]));
        Assert.NotEqual(-1, asked.Body.AsSpan().IndexOf(Given));
        bench.AnswerEntry(asked, Entry(2, Regular), Given);
        Assert.Equal(0, open.Result.Errno);

        // Once in an epoch: what is open keeps the name that says so.
        Assert.Equal(0, Open(bench, 1).Result.Errno);
        Assert.False(bench.Kernel.HasRequest);
    }

    [Fact]
    public void What_the_next_server_does_not_find_is_stale()
    {
        using KernelDriver bench = Named(asksAnew: true);
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH);
        KernelCall open = Open(bench, 2);
        bench.AnswerError(bench.Read(), (int)Errno.ESTALE);
        Assert.Equal((int)Errno.ESTALE, open.Result.Errno);
    }

    [Fact]
    public void Another_handle_under_the_same_nodeid_is_stale()
    {
        using KernelDriver bench = Named(asksAnew: true);
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH);
        KernelCall open = Open(bench, 2);
        bench.AnswerEntry(bench.Read(), Entry(2, Regular), 9, 9, 9, 9);
        Assert.Equal((int)Errno.ESTALE, open.Result.Errno);
    }

    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, (int)Errno.ESTALE)]
    [InlineData(false, true, (int)Errno.ESTALE)]
    public void Another_nodeid_is_taken_for_the_same_handle_where_it_is_asked_anew(
        bool asksAnew, bool sameHandle, int errno)
    {
        using KernelDriver bench = Named(asksAnew);
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH);
        bench.Kernel.Shrink();
        while (bench.Kernel.HasRequest)
            bench.Read();
        KernelCall open = Open(bench, 2);
        byte[] handle = sameHandle ? Given : [9, 9, 9, 9];
        bench.AnswerEntry(bench.Read(), Entry(3, Regular), handle);
        Assert.Equal(errno, open.Result.Errno);
    }

    /// <summary>A kernel that has given out the handle of "a", nodeid 2.</summary>
    private static KernelDriver Named(bool asksAnew)
    {
        KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_EXPORT_SUPPORT,
            Exported(asksAnew));
        KernelCall mount = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = ".",
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
            Slot = ModelKernel.MountSlot,
        });
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, mount.Result.Errno);
        KernelCall name = bench.Kernel.Start(new(VfsCallKind.NameToHandle) { Path = "a" });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular), Given);
        Assert.Equal(0, name.Result.Errno);
        return bench;
    }

    private static KernelCall Open(KernelDriver bench, int slot) => bench.Kernel.Start(
        new(VfsCallKind.OpenByHandle) { Slot = 0, Mode = (uint)slot, Flags = OpenFlags.Path });
}
