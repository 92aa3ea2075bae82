using System.Runtime.InteropServices;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// What kernel versions do differently, each row of the table by what it changes.
/// </summary>
public class VersionRuleTests
{
    [Theory]
    [InlineData("6.12", 0)]
    [InlineData("6.18", 0)]
    [InlineData("6.19", ENOENT)]
    [InlineData("7.0", ENOENT)]
    [InlineData("7.1", 0)]
    [InlineData("7.3", 0)]
    public void Invalidating_a_name_known_to_be_absent_is_ENOENT_in_6_19_and_7_0(
        string version, int errno)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall stat = bench.Stat("c");
        bench.AnswerEntry(bench.Read(), new fuse_entry_out { entry_valid = LongSeconds });
        Assert.Equal(ENOENT, stat.Result.Errno);
        Assert.Equal(errno, bench.InvalEntry(FuseConstants.FUSE_ROOT_ID, "c"));

        // Refused, it changes nothing: the name is known to be absent for as long as before.
        KernelCall again = bench.Stat("c");
        Assert.Equal(errno == 0, bench.Kernel.HasRequest);
        Assert.Equal(errno != 0, again.IsDone);
    }

    [Theory]
    [InlineData("6.12", true)]
    [InlineData("6.18", true)]
    [InlineData("7.1", true)]
    [InlineData("7.2", false)]
    [InlineData("7.3", false)]
    public void A_changed_directory_keeps_its_owner_for_permission_from_7_2_on(
        string version, bool asks)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_POSIX_ACL,
            version: Versions.Of(version));
        KernelCall stat = bench.Stat(".");
        bench.Answer(bench.Read(), Attributes(KernelDriver.Directory));
        Assert.Equal(0, stat.Result.Errno);
        KernelCall made = bench.Call(VfsCallKind.MkDir, "a");
        bench.AnswerError(bench.Read(), ENOENT);
        bench.AnswerEntry(bench.Read(), Entry(2, KernelDriver.Directory));
        Assert.Equal(0, made.Result.Errno);

        // The name is valid: what is asked is the directory's owner, or nothing.
        KernelCall walked = bench.Stat("a");
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (asks)
            Assert.Equal(FuseOpcode.FUSE_GETATTR, bench.Read().Opcode);
        Assert.Equal(!asks, walked.IsDone);

        // Time and size are outdated in every version.
        if (!asks)
        {
            bench.Stat(".");
            Assert.Equal(FuseOpcode.FUSE_GETATTR, bench.Read().Opcode);
        }
    }

    [Theory]
    [InlineData("6.12", (int)Errno.ESTALE)]
    [InlineData("6.18", (int)Errno.ESTALE)]
    [InlineData("6.19", EIO)]
    [InlineData("7.3", EIO)]
    public void A_page_that_the_server_refuses_is_EIO_from_6_19_on(string version, int errno)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall open = bench.Kernel.Start(
            new(VfsCallKind.Open) { Path = "f", Flags = OpenFlags.ReadOnly });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, size: 5));
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        KernelCall read = bench.Kernel.Start(new(VfsCallKind.Read) { Size = 5 });
        bench.AnswerError(bench.Read(), (int)Errno.ESTALE);
        Assert.Equal(errno, read.Result.Errno);
    }

    [Theory]
    [InlineData("6.12", true)]
    [InlineData("6.18", false)]
    public void A_name_of_more_than_1024_bytes_is_not_looked_up_in_6_12(
        string version, bool isTooLong)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_MAX_PAGES, version: Versions.Of(version));
        KernelCall stat = bench.Stat(new string('x', FuseConstants.FUSE_NAME_LOW_MAX + 1));
        Assert.Equal(isTooLong, stat.IsDone);
        if (isTooLong)
            Assert.Equal((int)Errno.ENAMETOOLONG, stat.Result.Errno);
    }

    [Theory]
    [InlineData("6.12", FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH, EINVAL)]
    [InlineData("6.16", FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH, 0)]
    [InlineData("6.12", FuseNotifyCode.FUSE_NOTIFY_RESEND, 0)]
    [InlineData("7.3", FuseNotifyCode.FUSE_NOTIFY_BACKING_CLOSE, EINVAL)]
    [InlineData("7.3", FuseNotifyCode.FUSE_NOTIFY_MAP, EINVAL)]
    [InlineData("7.4", FuseNotifyCode.FUSE_NOTIFY_BACKING_CLOSE, 0)]
    [InlineData("7.4", FuseNotifyCode.FUSE_NOTIFY_MAP, 0)]
    public void A_notification_that_a_version_does_not_know_is_EINVAL(
        string version, FuseNotifyCode code, int errno)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Assert.Equal(errno, bench.Notify(code));
    }

    /// <summary>fuse_open_out of include/uapi/linux/fuse.h: 16 bytes, 24 in 7.47.</summary>
    [Theory]
    [InlineData("7.3", 46u, 16, 0)]
    [InlineData("7.3", 46u, 24, EINVAL)]
    [InlineData("7.3", 47u, 24, EINVAL)]
    [InlineData("7.4", 46u, 24, EINVAL)]
    [InlineData("7.4", 47u, 16, 0)]
    [InlineData("7.4", 47u, 24, 0)]
    [InlineData("7.4", 47u, 20, EINVAL)]
    public void An_opened_file_has_24_bytes_where_7_47_is_agreed_on(
        string version, uint minor, int bytes, int errno)
    {
        foreach (bool creates in new[] { false, true })
        {
            using ModelKernel kernel = new(new() { Version = Versions.Of(version) });
            kernel.Mount();
            AskedRequest init = Read(kernel);
            Write(kernel, init, BytesOf(
                new fuse_init_out { major = 7, minor = minor, max_write = 65536 }));
            KernelCall call = kernel.Start(new VfsCall(VfsCallKind.Open)
            {
                Path = "f",
                Flags = creates ? OpenFlags.Create | OpenFlags.ReadWrite : OpenFlags.ReadOnly,
                Mode = FileModes.Octal700,
            });
            byte[] entry = BytesOf(Entry(2, Regular));
            AskedRequest asked = Read(kernel);
            if (asked.Opcode == FuseOpcode.FUSE_LOOKUP)
            {
                Write(kernel, asked, creates ? BytesOf(default(fuse_entry_out)) : entry);
                asked = Read(kernel);
            }

            Assert.Equal(
                creates ? FuseOpcode.FUSE_CREATE : FuseOpcode.FUSE_OPEN, asked.Opcode);
            byte[] open = new byte[bytes];
            open[0] = 7;
            Assert.Equal(errno, Write(kernel, asked, creates ? [.. entry, .. open] : open));
            Assert.Equal(errno == 0 ? 0 : EIO, call.Result.Errno);
            if (errno != 0)
                continue;
            kernel.Start(new VfsCall(VfsCallKind.Close));
            AskedRequest close = Read(kernel);
            Assert.Equal(7ul, BitConverter.ToUInt64(close.Body));
        }
    }

    private static AskedRequest Read(ModelKernel kernel)
    {
        byte[] message = new byte[1 << 16];
        int bytes = kernel.ReadRequest(message);
        Assert.True(FuseRequest.TryParse(message.AsSpan(0, bytes), out FuseRequest asked, out _));
        return new(
            asked.Opcode, asked.Header.nodeid, asked.Header.unique, asked.Body.ToArray());
    }

    private static int Write(ModelKernel kernel, AskedRequest asked, byte[] body) =>
        kernel.WriteReply(MessageBuilder.Reply(asked.Unique, body));

    [Theory]
    [InlineData("6.12", EINVAL)]
    [InlineData("6.17", EINVAL)]
    [InlineData("6.18", 0)]
    public void PRUNE_is_known_from_6_18_on(string version, int errno)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        byte[] one = [.. KernelDriver.BytesOf(1u), .. new byte[12], .. KernelDriver.BytesOf(2UL)];
        Assert.Equal(errno, bench.Notify(FuseNotifyCode.FUSE_NOTIFY_PRUNE, one));
    }

    [Theory]
    [InlineData("6.12", true)]
    [InlineData("6.13", false)]
    public void A_connectable_handle_is_EINVAL_without_a_walk_in_6_12(
        string version, bool isUnknown)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall name = bench.Kernel.Start(new(VfsCallKind.NameToHandle)
        {
            Path = "a",
            Flags = AtFlags.HandleConnectable,
        });
        Assert.Equal(!isUnknown, bench.Kernel.HasRequest);
        Assert.Equal(isUnknown, name.IsDone);
        if (isUnknown)
            Assert.Equal(EINVAL, name.Result.Errno);
    }

    [Theory]
    [InlineData("6.12", 4096u)]
    [InlineData("6.15", 4096u)]
    [InlineData("6.16", 16384u)]
    public void A_listing_asks_for_one_page_up_to_6_15(string version, uint bytes)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = ".",
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        });
        bench.Answer(bench.Read(), new fuse_open_out());
        bench.Kernel.Start(new(VfsCallKind.ReadDir) { Size = 16384 });
        Assert.Equal(bytes, MemoryMarshal.Read<fuse_read_in>(bench.Read().Body).size);
    }

    [Theory]
    [InlineData("6.18", false)]
    [InlineData("7.1", false)]
    [InlineData("7.2", true)]
    public void A_cached_directory_is_read_again_after_INC_EPOCH_from_7_2_on(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = ".",
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        });
        bench.Answer(bench.Read(), new fuse_open_out
        {
            open_flags = (uint)FuseOpenFlags.FOPEN_CACHE_DIR,
        });
        bench.Kernel.Start(new(VfsCallKind.ReadDir) { Size = 4096 });
        bench.AnswerBytes(bench.Read());
        Assert.Equal(0, bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH));
        bench.Kernel.Start(new(VfsCallKind.ReadDir) { Size = 4096 });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (!asks)
            return;
        bench.AnswerBytes(bench.Read());
        bench.Kernel.Start(new(VfsCallKind.ReadDir) { Size = 4096 });
        Assert.False(bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    [InlineData("6.12", false)]
    [InlineData("6.18", true)]
    public void A_node_with_a_slash_behind_it_believes_a_valid_negative_name_from_5_18_to_6_14(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(
            bench.Read(), new fuse_entry_out { entry_valid = KernelDriver.LongSeconds });
        Assert.Equal(KernelDriver.ENOENT, stat.Result.Errno);
        KernelCall made = bench.Kernel.Start(
            new(VfsCallKind.MkNod) { Path = "a/", Mode = FileModes.Regular644 });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (asks)
        {
            bench.AnswerEntry(
                bench.Read(), new fuse_entry_out { entry_valid = KernelDriver.LongSeconds });
        }

        while (!made.IsDone)
            bench.AnswerError(bench.Read(), KernelDriver.ENOENT);
        Assert.Equal(KernelDriver.ENOENT, made.Result.Errno);
    }

    [Fact]
    public void Every_rule_has_its_function_its_source_and_a_range_of_versions() =>
        Assert.All(VersionRule.All, rule =>
        {
            Assert.Matches("^[a-z0-9-]+$", rule.Name);
            Assert.Matches(@"\(\), (fs|mm)/", rule.Function);
            Assert.NotEmpty(rule.Source);
            Assert.True(rule.Commit.Length is 0 or 12, rule.Name);
            Assert.True(rule.AppliesTo(rule.First));
            Assert.False(rule.AppliesTo(new KernelVersion(rule.First.Major, rule.First.Minor - 1)));
            Assert.True(rule.Last is not { } last || last >= rule.First);
        });
}
