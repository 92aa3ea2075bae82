using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Rules that random scripts meet too seldom: each is asked of the sound model and of the one
/// that breaks it, which must answer otherwise.
/// </summary>
public class SeldomFaultTests
{
    private static readonly (ModelFault Fault, Func<ModelFaults, bool> Holds)[] Cases =
    [
        (KernelFault.ExportSkipsGeneration, OldHandleIsStale),
        (KernelFault.ExportTakesAnother, AnotherNodeIdIsStale),
        (KernelFault.ListingOutlivesChange, ChangedDirectoryIsReadAgain),
        (KernelFault.OpenKeepsListing, OpenDropsListing),
        (KernelFault.PlusCountsOnBad, EntryOfBadInodeIsForgotten),
        (KernelFault.PlusRefusedKept, RefusedEntryIsForgotten),
        (KernelFault.SizeChangeKeepsPages, SizeChangeDropsPages),
        (KernelFault.InvalInodeDropsPages, NegativeOffsetKeepsPages),
        (KernelFault.DeleteLeavesNLink, DeleteTakesLinks),
        (KernelFault.UnlinkKeepsNLink, UnlinkTakesALink),
        (KernelFault.LinkAskedAgain, LinkIsAskedOnce),
        (KernelFault.MissAdvisesPlus, MissGivesNoAdvice),
        (KernelFault.RenameKeepsCTime, RenameOutdatesCTime),
        (KernelFault.NotKnownForgotten, NotKnownIsRemembered),
        (ModelFault.SkipGeneration, OtherGenerationIsAnotherObject),
        (ModelFault.SkipType, OtherTypeIsAnotherObject),
        (KernelFault.WriteKeepsPrivileges, WriteTakesPrivileges),
    ];

    internal static IEnumerable<ModelFault> Faults => Cases.Select(one => one.Fault);

    public static TheoryData<string> Names() => [.. Faults.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_rule_holds_in_the_sound_model_and_not_in_the_broken_one(string name)
    {
        (ModelFault fault, Func<ModelFaults, bool> holds) =
            Cases.Single(one => one.Fault.Name == name);
        Assert.True(holds(ModelFaults.None));
        Assert.False(holds(ModelFaults.Of(fault)));
    }

    private static bool OldHandleIsStale(ModelFaults faults)
    {
        using KernelDriver bench = WithHandleOf2(faults);
        Look(bench, generation: 2);
        return ByHandle(bench).Result.Errno == (int)Errno.ESTALE;
    }

    private static bool AnotherNodeIdIsStale(ModelFaults faults)
    {
        using KernelDriver bench = WithHandleOf2(faults);
        KernelCall open = ByHandle(bench);
        AskedRequest lookup = bench.Read();
        Assert.Equal((2u, "."), (lookup.NodeId, lookup.Name));
        bench.AnswerEntry(lookup, KernelDriver.Entry(5, KernelDriver.Regular));
        return open.Result.Errno == (int)Errno.ESTALE;
    }

    private static bool ChangedDirectoryIsReadAgain(ModelFaults faults)
    {
        using KernelDriver bench = WithListing(faults);
        KernelCall made = bench.Call(VfsCallKind.MkDir, "d");
        bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        bench.AnswerEntry(bench.Read(), KernelDriver.Entry(2, KernelDriver.Directory));
        Assert.Equal(0, made.Result.Errno);
        return !ReadDir(bench).IsDone;
    }

    private static bool OpenDropsListing(ModelFaults faults)
    {
        using KernelDriver bench = WithListing(faults);
        KernelCall open = Open(bench, ".", 1, 0);
        bench.Answer(bench.Read(), Caching);
        Assert.Equal(0, open.Result.Errno);
        return !ReadDir(bench).IsDone;
    }

    private static bool EntryOfBadInodeIsForgotten(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        KernelCall stat = bench.Stat("a", AtFlags.StatxForceSync);
        bench.Answer(bench.Read(), KernelDriver.Attributes(KernelDriver.Directory));
        Assert.Equal(KernelDriver.EIO, stat.Result.Errno);
        return IsForgotten(bench, KernelDriver.Entry(2, KernelDriver.Regular));
    }

    private static bool RefusedEntryIsForgotten(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        return IsForgotten(bench, KernelDriver.Entry(2, FileModes.TypeMask));
    }

    /// <summary>Whether a READDIRPLUS entry "a" is followed by a FORGET of its own.</summary>
    private static bool IsForgotten(KernelDriver bench, fuse_entry_out entry)
    {
        KernelCall open = Open(bench, ".", 0, 0);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        ReadDir(bench);
        AskedRequest reading = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_READDIRPLUS, reading.Opcode);
        byte[] room = new byte[512];
        DirentWriter writer = new(room);
        writer.TryAddPlus(
            Dialect.Classic, entry, 0, [], new fuse_dirent { ino = 2, off = 1, type = 8 }, "a"u8);
        bench.AnswerBytes(reading, room[..writer.WrittenBytes]);
        return bench.Read().Opcode == FuseOpcode.FUSE_FORGET;
    }

    private static bool SizeChangeDropsPages(ModelFaults faults)
    {
        using KernelDriver bench = WithPage(faults);
        KernelCall stat = bench.Stat("a", AtFlags.StatxForceSync);
        bench.Answer(bench.Read(), KernelDriver.Attributes(KernelDriver.Regular, size: 20));
        Assert.Equal(0, stat.Result.Errno);
        return !Read(bench).IsDone;
    }

    private static bool NegativeOffsetKeepsPages(ModelFaults faults)
    {
        using KernelDriver bench = WithPage(faults);
        Assert.Equal(0, bench.Notify(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
            KernelDriver.BytesOf(new fuse_notify_inval_inode_out { ino = 2, off = -1 })));
        return Read(bench).IsDone;
    }

    private static bool DeleteTakesLinks(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        Assert.Equal(0, Open(bench, "a", 0, OpenFlags.Path).Result.Errno);
        Assert.Equal(0, bench.Notify(
            FuseNotifyCode.FUSE_NOTIFY_DELETE,
            [
                .. KernelDriver.BytesOf(
                    new fuse_notify_delete_out { parent = 1, child = 2, namelen = 1 }),
                (byte)'a', 0,
            ]));
        return Links(bench) == 0;
    }

    private static bool UnlinkTakesALink(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        Assert.Equal(0, Open(bench, "a", 0, OpenFlags.Path).Result.Errno);
        KernelCall unlink = bench.Call(VfsCallKind.Unlink, "a");
        bench.AnswerBytes(bench.Read());
        Assert.Equal(0, unlink.Result.Errno);
        return Links(bench) == 0;
    }

    private static bool LinkIsAskedOnce(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        KernelCall first = bench.Kernel.Start(new(VfsCallKind.Link) { Path = "a", Path2 = "b" });
        bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        bench.AnswerError(bench.Read(), (int)Errno.ENOSYS);
        Assert.Equal((int)Errno.EPERM, first.Result.Errno);
        KernelCall second = bench.Kernel.Start(new(VfsCallKind.Link) { Path = "a", Path2 = "c" });
        bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        return second.IsDone;
    }

    /// <summary>
    /// Behind its first records a directory is listed with entries only where one was looked up.
    /// </summary>
    private static bool MissGivesNoAdvice(ModelFaults faults)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_DO_READDIRPLUS
                | FuseInitFlags.FUSE_READDIRPLUS_AUTO,
            inodes: new FuseInodeCacheOptions { Faults = faults });
        KernelCall open = Open(bench, ".", 0, 0);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        KernelCall first = bench.Kernel.Start(new(VfsCallKind.ReadDirOnce) { Size = 4096 });
        byte[] room = new byte[512];
        DirentWriter writer = new(room);
        writer.TryAddPlus(
            Dialect.Classic, default, 0, [], new fuse_dirent { ino = 2, off = 1, type = 8 }, "a"u8);
        bench.AnswerBytes(bench.Read(), room[..writer.WrittenBytes]);
        Assert.Equal(0, first.Result.Errno);
        KernelCall stat = bench.Stat("b");
        bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        Assert.Equal(KernelDriver.ENOENT, stat.Result.Errno);
        bench.Kernel.Start(new(VfsCallKind.ReadDirOnce) { Size = 4096 });
        AskedRequest second = bench.Read();
        bench.AnswerBytes(second);
        return second.Opcode == FuseOpcode.FUSE_READDIR;
    }

    private static bool RenameOutdatesCTime(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        KernelCall rename = bench.Kernel.Start(
            new(VfsCallKind.Rename) { Path = "a", Path2 = "b" });
        bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        bench.AnswerBytes(bench.Read());
        Assert.Equal(0, rename.Result.Errno);
        return !bench.Stat("b").IsDone;
    }

    private static bool NotKnownIsRemembered(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        KernelCall open = Open(bench, "a", 0, OpenFlags.ReadWrite);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        VfsCall allocate = new(VfsCallKind.FAllocate) { Size = 10 };
        KernelCall first = bench.Kernel.Start(allocate);
        bench.AnswerError(bench.Read(), (int)Errno.ENOSYS);
        Assert.Equal((int)Errno.EOPNOTSUPP, first.Result.Errno);
        return bench.Kernel.Start(allocate).IsDone;
    }

    private static bool OtherGenerationIsAnotherObject(ModelFaults faults) =>
        ReplacesWhatWasCached(faults, KernelDriver.Entry(2, KernelDriver.Regular, 2));

    private static bool OtherTypeIsAnotherObject(ModelFaults faults) =>
        ReplacesWhatWasCached(faults, KernelDriver.Entry(2, KernelDriver.Directory));

    /// <summary>
    /// Whether an entry "b" makes the inode bad that "a" is, so that "a" is looked up again
    /// although its time has not passed.
    /// </summary>
    private static bool ReplacesWhatWasCached(ModelFaults faults, fuse_entry_out entry)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench);
        KernelCall other = bench.Stat("b");
        bench.AnswerEntry(bench.Read(), entry);
        Assert.Equal(0, other.Result.Errno);
        return !bench.Stat("a").IsDone;
    }

    private static bool WriteTakesPrivileges(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench, mode: FileModes.SetUid);
        KernelCall open = Open(bench, "a", 0, OpenFlags.WriteOnly);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        bench.Kernel.Start(new(VfsCallKind.Write) { Size = 10, Uid = 1000 });
        return bench.Read().Opcode == FuseOpcode.FUSE_GETATTR;
    }

    private static KernelDriver NewBench(ModelFaults faults) => new(
        FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_EXPORT_SUPPORT
            | FuseInitFlags.FUSE_DO_READDIRPLUS,
        inodes: new() { Faults = faults });

    private static fuse_open_out Caching => new()
    {
        open_flags = (uint)FuseOpenFlags.FOPEN_CACHE_DIR,
    };

    /// <summary>A handle of nodeid 2, generation 1, in slot 0; the inode is gone.</summary>
    private static KernelDriver WithHandleOf2(ModelFaults faults)
    {
        KernelDriver bench = NewBench(faults);
        KernelCall open = Open(bench, ".", ModelKernel.MountSlot, 0);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        Look(bench);
        KernelCall named = bench.Kernel.Start(new(VfsCallKind.NameToHandle) { Path = "a" });
        Assert.Equal(0, named.Result.Errno);
        Assert.Equal(0, bench.InvalEntry(FuseConstants.FUSE_ROOT_ID, "a"));
        Assert.Equal(["2 1"], bench.ReadForgets());
        return bench;
    }

    /// <summary>The root is open in slot 0 and its names are cached.</summary>
    private static KernelDriver WithListing(ModelFaults faults)
    {
        KernelDriver bench = new(inodes: new() { Faults = faults });
        KernelCall open = Open(bench, ".", 0, 0);
        bench.Answer(bench.Read(), Caching);
        Assert.Equal(0, open.Result.Errno);
        KernelCall reading = ReadDir(bench);
        byte[] room = new byte[64];
        DirentWriter writer = new(room);
        writer.TryAdd(9, 1, 8, "a"u8);
        bench.AnswerBytes(bench.Read(), room[..writer.WrittenBytes]);
        bench.AnswerBytes(bench.Read());
        Assert.Equal(["a 9 8"], reading.Result.Names);
        Assert.True(ReadDir(bench).IsDone);
        return bench;
    }

    /// <summary>A file of 10 bytes is open in slot 0, its page is cached.</summary>
    private static KernelDriver WithPage(ModelFaults faults)
    {
        KernelDriver bench = NewBench(faults);
        Look(bench, size: 10);
        KernelCall open = Open(bench, "a", 0, 0);
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        KernelCall read = Read(bench);
        bench.AnswerBytes(bench.Read(), new byte[10]);
        Assert.Equal(5, read.Result.Value);
        Assert.True(Read(bench).IsDone);
        return bench;
    }

    private static void Look(
        KernelDriver bench, ulong generation = 1, ulong size = 0, uint mode = 0)
    {
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(
            bench.Read(),
            KernelDriver.Entry(2, KernelDriver.Regular | mode, generation, size: size));
        Assert.Equal(0, stat.Result.Errno);
    }

    private static KernelCall Open(KernelDriver bench, string path, int slot, int flags) =>
        bench.Kernel.Start(new(VfsCallKind.Open) { Path = path, Slot = slot, Flags = flags });

    private static KernelCall ByHandle(KernelDriver bench) => bench.Kernel.Start(
        new(VfsCallKind.OpenByHandle) { Slot = 0, Mode = 1, Flags = OpenFlags.Path });

    private static KernelCall ReadDir(KernelDriver bench) =>
        bench.Kernel.Start(new(VfsCallKind.ReadDir) { Size = 4096 });

    private static KernelCall Read(KernelDriver bench) =>
        bench.Kernel.Start(new(VfsCallKind.Read) { Size = 5 });

    private static uint Links(KernelDriver bench)
    {
        KernelCall stat = bench.Kernel.Start(new(VfsCallKind.FStat)
        {
            Flags = AtFlags.StatxDontSync,
            Mode = StatxMask.BasicStats,
        });
        return stat.Result.Stat!.NLink;
    }
}
