using System.Text;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>What READDIRPLUS makes of the names it lists (R11, R14).</summary>
public class ListedNamesTests
{
    private static readonly int OpenDirectory = OpenFlags.Directory;

    private const FuseInitFlags Flags = FuseInitFlags.FUSE_PARALLEL_DIROPS
        | FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_EXPORT_SUPPORT;

    /// <summary>One name of a listing.</summary>
    private readonly record struct Listed(ulong NodeId, string Name, uint Mode);

    [Fact]
    public void An_entry_that_cannot_be_linked_is_forgotten()
    {
        Assert.Equal(["7 1"], ForgetsOfImpossibleEntry(ModelFaults.None));
        Assert.Empty(ForgetsOfImpossibleEntry(ModelFaults.Of(KernelFault.PlusErrorKept)));
    }

    /// <summary>
    /// d_alloc_parallel() marks what is found below a disconnected directory as disconnected too,
    /// and clear_disconnected() clears the way up alone (fs/dcache.c, fs/exportfs/expfs.c).
    /// </summary>
    [Fact]
    public void Names_listed_on_the_way_up_from_a_handle_are_forgotten_where_the_way_is_not_known()
    {
        Assert.Equal(["5 1"], ForgetsWhileConnecting(ModelFaults.None));
        Assert.Empty(ForgetsWhileConnecting(ModelFaults.Of(KernelFault.DisconnectedNamesKept)));
    }

    private static IReadOnlyList<string> ForgetsOfImpossibleEntry(ModelFaults faults)
    {
        using KernelDriver bench = new(
            Flags, inodes: new FuseInodeCacheOptions { Faults = faults });
        KernelCall open = Open(bench, 0);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        KernelCall list = bench.Kernel.Start(new(VfsCallKind.ReadDirOnce) { Size = 4096 });
        AnswerListing(bench, bench.Read(), new Listed(7, "a", 0));
        Assert.Equal(0, list.Result.Errno);
        return bench.ReadForgets();
    }

    /// <summary>
    /// The directory 2 of 3 ("d") of the root, opened by handle when none of them is cached: all
    /// forgets until it is open. Beside it in 3 lies 5, beside 3 in the root lies 6.
    /// </summary>
    private static List<string> ForgetsWhileConnecting(ModelFaults faults)
    {
        using KernelDriver bench = new(
            Flags, inodes: new FuseInodeCacheOptions { Faults = faults });
        KernelCall mount = Open(bench, ModelKernel.MountSlot);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, mount.Result.Errno);
        KernelCall name = bench.Kernel.Start(new(VfsCallKind.NameToHandle) { Path = "a" });
        bench.AnswerEntry(bench.Read(), Entry(2, KernelDriver.Directory));
        Assert.Equal(0, name.Result.Errno);
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());

        KernelCall open = bench.Kernel.Start(
            new(VfsCallKind.OpenByHandle) { Flags = OpenDirectory, Mode = 1 });
        List<string> forgets = [];
        while (bench.Kernel.HasRequest)
        {
            AskedRequest asked = bench.Read();
            if (!TryAddForgets(asked, forgets))
                AnswerAsTree(bench, asked);
        }

        Assert.Equal(0, open.Result.Errno);
        return forgets;
    }

    private static void AnswerAsTree(KernelDriver bench, AskedRequest asked)
    {
        switch (asked.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP:
                ulong found = asked.Name == "." ? asked.NodeId : asked.NodeId == 2 ? 3ul : 1ul;
                bench.AnswerEntry(asked, Entry(found, KernelDriver.Directory));
                break;
            case FuseOpcode.FUSE_OPENDIR:
                bench.Answer(asked, new fuse_open_out());
                break;
            case FuseOpcode.FUSE_READDIRPLUS when asked.NodeId == 3:
                AnswerListing(
                    bench, asked, new(2, "a", KernelDriver.Directory), new(5, "b", Regular));
                break;
            case FuseOpcode.FUSE_READDIRPLUS:
                AnswerListing(
                    bench, asked, new(3, "d", KernelDriver.Directory), new(6, "e", Regular));
                break;
            case FuseOpcode.FUSE_GETATTR:
                bench.Answer(asked, Attributes(KernelDriver.Directory) with
                {
                    attr = Entry(asked.NodeId, KernelDriver.Directory).attr,
                });
                break;
            default:
                bench.AnswerBytes(asked);
                break;
        }
    }

    private static KernelCall Open(KernelDriver bench, int slot) => bench.Kernel.Start(
        new(VfsCallKind.Open) { Path = ".", Slot = slot, Flags = OpenDirectory });

    private static void AnswerListing(KernelDriver bench, AskedRequest asked, params Listed[] names)
    {
        byte[] room = new byte[4096];
        DirentWriter writer = new(room);
        foreach (Listed one in names)
        {
            fuse_dirent dirent = new()
            {
                ino = one.NodeId,
                off = one.NodeId,
                type = one.Mode >> 12,
            };
            Assert.True(writer.TryAddPlus(
                Dialect.Classic, Entry(one.NodeId, one.Mode), 0, [], dirent,
                Encoding.Latin1.GetBytes(one.Name)));
        }

        bench.AnswerBytes(asked, room[..writer.WrittenBytes]);
    }
}
