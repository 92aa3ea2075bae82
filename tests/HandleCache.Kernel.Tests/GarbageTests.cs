using HandleCache.Lab.Differential;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Replies that no server should send, each with what the kernel makes of it: the errno of the
/// server's write and that of the caller (fuse_dev_do_write(), fs/fuse/dev.c; R1, R4, R6 to R8,
/// R10 and R11 of <c>RULES.md</c>).
/// </summary>
public class GarbageTests
{
    private const int EntryBytes = 128;

    [Theory]
    [InlineData(0)]
    [InlineData(EntryBytes - 1)]
    [InlineData(EntryBytes + 1)]
    [InlineData(4096)]
    public void A_lookup_reply_of_the_wrong_length_is_EINVAL_to_the_server_and_EIO_to_the_caller(
        int bytes)
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        Assert.Equal(EINVAL, bench.AnswerBytes(bench.Read(), new byte[bytes]));
        Assert.Equal(EIO, stat.Result.Errno);
        AssertNothingKept(bench);
    }

    [Fact]
    public void A_reply_nobody_waits_for_is_ENOENT()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest asked = bench.Read();
        Assert.Equal(ENOENT, bench.AnswerError(asked with { Unique = 12345 }, 0));
        Assert.False(stat.IsDone);
        bench.AnswerEntry(asked, Entry(2, Regular));
        Assert.Equal(ENOENT, bench.AnswerEntry(asked, Entry(2, Regular)));
        Assert.Equal(1u, bench.Kernel.Inodes.Held(2));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(512)]
    [InlineData(int.MaxValue)]
    public void An_error_out_of_range_is_refused_and_the_caller_waits_on(int errno)
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest asked = bench.Read();
        Assert.Equal(EINVAL, bench.AnswerError(asked, errno));
        Assert.False(stat.IsDone);
        Assert.Equal(0, bench.AnswerError(asked, 511));
        Assert.Equal(511, stat.Result.Errno);
    }

    [Fact]
    public void An_error_with_a_body_ends_the_call_with_EIO()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        Assert.Equal(EINVAL, bench.AnswerError(bench.Read(), 13, 1, 2, 3));
        Assert.Equal(EIO, stat.Result.Errno);
    }

    /// <summary>R4: EIO and no FORGET; the root's nodeid is R5's.</summary>
    [Theory]
    [InlineData(2ul, 0xF000u, 0ul)]
    [InlineData(2ul, 0x0u, 0ul)]
    [InlineData(2ul, FileModes.Regular644, 0x8000_0000_0000_0000ul)]
    [InlineData(1ul, FileModes.Directory755, 0ul)]
    public void An_impossible_entry_is_EIO_without_a_FORGET(ulong nodeId, uint mode, ulong size)
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        Assert.Equal(0, bench.AnswerEntry(bench.Read(), Entry(nodeId, mode, size: size)));
        Assert.Equal(EIO, stat.Result.Errno);
        AssertNothingKept(bench);
    }

    [Fact]
    public void Nodeid_0_is_no_object_and_is_believed_for_its_validity()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(0, 0));
        Assert.Equal(ENOENT, stat.Result.Errno);
        Assert.Equal(ENOENT, bench.Stat("a").Result.Errno);
        bench.Kernel.NowNs += (long)(LongSeconds + 1) * 1_000_000_000;
        Assert.False(bench.Stat("a").IsDone);
    }

    /// <summary>init_special_inode() alone takes it, and for these two types.</summary>
    [Theory]
    [InlineData(0x21A4u, 259u)]
    [InlineData(0x61A4u, 259u)]
    [InlineData(FileModes.Directory755, 0u)]
    [InlineData(FileModes.Regular644, 0u)]
    [InlineData(FileModes.Symlink777, 0u)]
    [InlineData(0x11A4u, 0u)]
    [InlineData(0xC1A4u, 0u)]
    public void Only_a_device_has_the_device_number_that_the_server_sends(uint mode, uint rdev)
    {
        const int NoFollow = AtFlags.SymlinkNoFollow;
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a", NoFollow);
        fuse_entry_out entry = Entry(2, mode);
        entry.attr.rdev = 259;
        bench.AnswerEntry(bench.Read(), entry);
        Assert.Equal(rdev, stat.Result.Stat!.Rdev);
    }

    /// <summary>R8: EIO, no FORGET.</summary>
    [Theory]
    [InlineData(0ul, FileModes.Directory755)]
    [InlineData(1ul, FileModes.Directory755)]
    [InlineData(3ul, FileModes.Regular644)]
    [InlineData(3ul, 0xF1EDu)]
    public void A_made_directory_that_is_none_is_EIO_without_a_FORGET(ulong nodeId, uint mode)
    {
        using KernelDriver bench = new();
        KernelCall make = bench.Call(VfsCallKind.MkDir, "a");
        bench.AnswerError(bench.Read(), ENOENT);
        bench.AnswerEntry(bench.Read(), Entry(nodeId, mode));
        Assert.Equal(EIO, make.Result.Errno);
        AssertNothingKept(bench);
    }

    /// <summary>R7: EIO, no FORGET and no RELEASE.</summary>
    [Theory]
    [InlineData(0ul, FileModes.Regular644)]
    [InlineData(1ul, FileModes.Regular644)]
    [InlineData(3ul, FileModes.Directory755)]
    [InlineData(3ul, 0xC1A4u)]
    public void A_created_file_that_is_none_is_EIO_and_its_open_file_is_lost(
        ulong nodeId, uint mode)
    {
        const int CreateForWriting = OpenFlags.Create | OpenFlags.WriteOnly;
        using KernelDriver bench = new();
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "a",
            Flags = CreateForWriting,
            Mode = FileModes.Octal644,
        });
        bench.AnswerError(bench.Read(), ENOENT);
        AskedRequest create = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_CREATE, create.Opcode);
        bench.AnswerBytes(
            create,
            [.. BytesOf(Entry(nodeId, mode)), .. BytesOf(new fuse_open_out())]);
        Assert.Equal(EIO, open.Result.Errno);
        AssertNothingKept(bench);
    }

    /// <summary>R10 and R15; the next lookup heals the path.</summary>
    [Fact]
    public void Attributes_of_another_type_make_the_inode_bad_until_it_is_looked_up_again()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);
        KernelCall forced = bench.Stat("a", 0x2100);
        bench.Answer(bench.Read(), Attributes(KernelDriver.Directory));
        Assert.Equal(EIO, forced.Result.Errno);
        KernelCall healed = bench.Stat("a");
        Assert.Equal(["2 1"], ReadForgetsAnd(bench, out AskedRequest lookup));
        bench.AnswerEntry(lookup, Entry(2, Regular));
        Assert.Equal(0, healed.Result.Errno);
    }

    /// <summary>T4 of the thread: more than was agreed on is no handle, and never cut.</summary>
    [Theory]
    [InlineData(64, 64, 0)]
    [InlineData(64, 65, EIO)]
    [InlineData(128, 128, 0)]
    [InlineData(12, 128, EIO)]
    public void A_handle_longer_than_agreed_is_an_invalid_reply(int agreed, int sent, int errno)
    {
        using KernelDriver bench = new(dialect: Dialect.Thread, maxHandleBytes: agreed);
        KernelCall stat = bench.Stat("a");
        int written = bench.AnswerEntry(
            bench.Read(), Entry(2, Regular), new byte[sent]);
        Assert.Equal(errno, stat.Result.Errno);
        Assert.Equal(errno == 0 ? 0 : EINVAL, written);
        Assert.Equal(errno == 0 ? 2 : 1, bench.Kernel.Inodes.Count);
    }

    [Theory]
    [InlineData(129u)]
    [InlineData(uint.MaxValue)]
    public void A_handle_that_says_it_is_longer_than_its_field_is_an_invalid_reply(uint size)
    {
        using KernelDriver bench = new(dialect: Dialect.Thread);
        KernelCall stat = bench.Stat("a");
        byte[] field = new byte[8 + 128];
        BitConverter.TryWriteBytes(field, size);
        Assert.Equal(EINVAL, bench.AnswerBytes(
            bench.Read(), [.. BytesOf(Entry(2, Regular)), .. field]));
        Assert.Equal(EIO, stat.Result.Errno);
        AssertNothingKept(bench);
    }

    /// <summary>Another handle is another object: R6 for it is as for another nodeid.</summary>
    [Fact]
    public void A_revalidation_with_another_handle_is_another_object()
    {
        using KernelDriver bench = new(dialect: Dialect.Thread);
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(
            bench.Read(), Entry(2, Regular, seconds: 0), 1, 2, 3, 4);
        bench.Answer(bench.Read(), Attributes(Regular));
        Assert.Equal(0, stat.Result.Errno);
        bench.Kernel.NowNs++;
        KernelCall again = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular), 4, 3, 2, 1);
        List<string> forgets = ReadForgetsAnd(bench, out AskedRequest lookup);
        Assert.Equal(["2 1", "2 1"], forgets);
        bench.AnswerEntry(lookup, Entry(2, Regular), 4, 3, 2, 1);
        if (!again.IsDone)
            bench.Answer(bench.Read(), Attributes(Regular));
        Assert.Equal(0, again.Result.Errno);
        InodeInfo inode = bench.Kernel.Inodes.Get(bench.Kernel.Inodes.Find(2));
        Assert.Equal<byte>([4, 3, 2, 1], inode.Handle.Bytes.ToArray());
        Assert.Equal(1u, inode.NLookup);
    }

    /// <summary>A strategy that cannot keep a handle refuses the entry: FORGET, ENOMEM.</summary>
    [Fact]
    public void A_handle_that_the_strategy_refuses_is_forgotten()
    {
        using KernelDriver bench = new(dialect: Dialect.Thread, inodes: new FuseInodeCacheOptions
        {
            Strategy = Model.Handles.HandleStrategy.Parse("inline-only:12"),
        });
        KernelCall stat = bench.Stat("a");
        Assert.Equal(0, bench.AnswerEntry(
            bench.Read(), Entry(2, Regular), new byte[13]));
        Assert.Equal(12, stat.Result.Errno);
        Assert.Equal(["2 1"], bench.ReadForgets());
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    public void A_notification_of_the_wrong_length_is_EINVAL(byte[] body)
    {
        using KernelDriver bench = new();
        foreach (FuseNotifyCode code in Enum.GetValues<FuseNotifyCode>())
        {
            bool takesNothing = code
                is FuseNotifyCode.FUSE_NOTIFY_RESEND or FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH;
            int errno = bench.Kernel.WriteReply(
            [
                .. BytesOf(new fuse_out_header
                {
                    len = (uint)(16 + body.Length),
                    error = (int)code,
                }),
                .. body,
            ]);
            Assert.True(takesNothing || errno == EINVAL, $"{code}: {errno}");
        }
    }

    /// <summary>
    /// Any bytes at all, in both dialects: no call hangs, no count is lost or invented.
    /// </summary>
    [Fact]
    public void Random_replies_never_corrupt_the_cache() => PropertyRun.CheckSeeds(300, seed =>
    {
        Dialect dialect = seed % 2 == 0 ? Dialect.Thread : Dialect.Classic;
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_DO_READDIRPLUS
                | FuseInitFlags.FUSE_EXPORT_SUPPORT,
            dialect)
        {
            IsBroken = true, // It is validated after every call, and that verdict counts.
        };
        Script script = ScriptGenerator.Make(seed, 60);
        VfsCall[] calls = [.. script.Calls.Where(
            call => call.Kind is < VfsCallKind.NotifyInvalInode and not VfsCallKind.Sleep)];
        return new RandomGarbage(bench, dialect, seed).Run(calls);
    });

    private static void AssertNothingKept(KernelDriver bench)
    {
        Assert.False(bench.Kernel.HasRequest);
        Assert.Equal(1, bench.Kernel.Inodes.Count);
        Assert.Empty(bench.Kernel.Inodes.Validate());
    }

    /// <summary>
    /// The one request that waits and all forgets beside it: which comes first is R3's.
    /// </summary>
    private static List<string> ReadForgetsAnd(KernelDriver bench, out AskedRequest request)
    {
        List<string> forgets = [];
        request = null!;
        while (bench.Kernel.HasRequest)
        {
            AskedRequest next = bench.Read();
            if (!TryAddForgets(next, forgets))
                request = next;
        }

        return forgets;
    }
}
