using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>fallocate(2), R19: vfs_fallocate() and fuse_file_fallocate().</summary>
public sealed class AllocateTests : IDisposable
{
    private const uint SetUser = 0x89ED;

    private readonly KernelDriver _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(AllocateFlags.CollapseRange)]
    [InlineData(AllocateFlags.UnshareRange)]
    [InlineData(AllocateFlags.PunchHole)]
    [InlineData(AllocateFlags.PunchHole | AllocateFlags.ZeroRange | AllocateFlags.KeepSize)]
    [InlineData(0x100)]
    public void A_mode_that_FUSE_does_not_know_is_refused_without_a_request(int mode)
    {
        Open(OpenFlags.ReadWrite);
        KernelCall call = Allocate(mode, 0, 10);
        Assert.Equal((int)Errno.EOPNOTSUPP, call.Result.Errno);
        Assert.False(_bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData(OpenFlags.ReadWrite, 0, 0, Errno.EINVAL)]
    [InlineData(OpenFlags.ReadWrite, -1, 10, Errno.EINVAL)]
    [InlineData(OpenFlags.ReadOnly, 0, 10, Errno.EBADF)]
    public void What_the_call_itself_forbids_reaches_no_server(
        int flags, long offset, int bytes, Errno errno)
    {
        Open(flags);
        Assert.Equal((int)errno, Allocate(0, offset, bytes).Result.Errno);
        Assert.False(_bench.Kernel.HasRequest);
    }

    [Fact]
    public void ENOSYS_is_EOPNOTSUPP_and_remembered()
    {
        Open(OpenFlags.ReadWrite);
        KernelCall first = Allocate(0, 0, 10);
        _bench.AnswerError(_bench.Read(), (int)Errno.ENOSYS);
        Assert.Equal((int)Errno.EOPNOTSUPP, first.Result.Errno);
        Assert.Equal((int)Errno.EOPNOTSUPP, Allocate(0, 0, 10).Result.Errno);
        Assert.False(_bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData(0, 5000u)]
    [InlineData(AllocateFlags.ZeroRange, 5000u)]
    [InlineData(AllocateFlags.KeepSize, 10u)]
    [InlineData(AllocateFlags.KeepSize | AllocateFlags.PunchHole, 10u)]
    public void The_request_names_file_and_range_and_size_and_times_are_asked_for_next(
        int mode, ulong size)
    {
        Open(OpenFlags.ReadWrite);
        KernelCall call = Allocate(mode, 1000, 4000);
        AskedRequest asked = _bench.Read();
        Assert.Equal((FuseOpcode.FUSE_FALLOCATE, 2ul), (asked.Opcode, asked.NodeId));
        Assert.Equal(
            KernelDriver.BytesOf(new fuse_fallocate_in
            {
                fh = 9,
                offset = 1000,
                length = 4000,
                mode = (uint)mode,
            }),
            asked.Body);
        _bench.AnswerBytes(asked);
        Assert.Equal(0, call.Result.Errno);

        // A set-user-ID file, and no SETATTR: the caller may keep the bit.
        KernelCall stat = _bench.Stat("a");
        AskedRequest attributes = _bench.Read();
        Assert.Equal(FuseOpcode.FUSE_GETATTR, attributes.Opcode);
        _bench.Answer(attributes, KernelDriver.Attributes(SetUser, size: size));
        Assert.Equal(size, stat.Result.Stat!.Size);
    }

    [Fact]
    public void What_is_appended_next_goes_to_the_end_that_was_allocated()
    {
        Open(OpenFlags.ReadWrite | OpenFlags.Append);
        KernelCall call = Allocate(0, 1000, 4000);
        _bench.AnswerBytes(_bench.Read());
        Assert.Equal(0, call.Result.Errno);
        KernelCall write = _bench.Kernel.Start(new(VfsCallKind.Write) { Size = 3 });
        AskedRequest asked = _bench.Read();
        Assert.Equal(5000ul, BitConverter.ToUInt64(asked.Body, 8));
        _bench.Answer(asked, new fuse_write_out { size = 3 });
        Assert.Equal(3, write.Result.Value);
    }

    /// <summary>The set-user-ID file "a" of 10 bytes, nodeid 2, as fh 9.</summary>
    private void Open(int flags)
    {
        KernelCall open = _bench.Kernel.Start(
            new(VfsCallKind.Open) { Path = "a", Flags = flags });
        fuse_entry_out entry = KernelDriver.Entry(2, SetUser);
        entry.attr.size = 10;
        _bench.AnswerEntry(_bench.Read(), entry);
        _bench.Answer(_bench.Read(), new fuse_open_out { fh = 9 });
        Assert.Equal(0, open.Result.Errno);
    }

    private KernelCall Allocate(int mode, long offset, int bytes) => _bench.Kernel.Start(
        new(VfsCallKind.FAllocate) { Flags = mode, Offset = offset, Size = bytes });
}
