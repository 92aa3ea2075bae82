using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

/// <summary>Sizes and offsets from ABI.md (fuse_statx mirrors statx) and uapi.</summary>
public class LayoutTests
{
    /// <summary>A buffer whose every 4 bytes hold their own offset.</summary>
    private static byte[] OffsetsAsBytes(int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length; at += 4)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), at);
        return bytes;
    }

    private static ulong Wide(int offset) => (uint)offset + ((ulong)(uint)(offset + 4) << 32);

    [Fact]
    public void Statx_has_the_layout_of_the_uapi_header()
    {
        Assert.Equal(256, Unsafe.SizeOf<Statx>());
        Statx statx = MemoryMarshal.Read<Statx>(OffsetsAsBytes(256));
        Assert.Equal(0u, statx.Mask);
        Assert.Equal(4u, statx.BlockSizeBytes);
        Assert.Equal(Wide(8), statx.Attributes);
        Assert.Equal(16u, statx.NLink);
        Assert.Equal(20u, statx.Uid);
        Assert.Equal(24u, statx.Gid);
        Assert.Equal(28, statx.Mode);
        Assert.Equal(Wide(32), statx.Ino);
        Assert.Equal(Wide(40), statx.SizeBytes);
        Assert.Equal(Wide(48), statx.Blocks512);
        Assert.Equal(Wide(56), statx.AttributesMask);
        Assert.Equal(Wide(64), (ulong)statx.AccessTime.Seconds);
        Assert.Equal(72u, statx.AccessTime.Nanoseconds);
        Assert.Equal(Wide(80), (ulong)statx.BirthTime.Seconds);
        Assert.Equal(Wide(96), (ulong)statx.ChangeTime.Seconds);
        Assert.Equal(Wide(112), (ulong)statx.ModifyTime.Seconds);
        Assert.Equal(128u, statx.RdevMajor);
        Assert.Equal(132u, statx.RdevMinor);
        Assert.Equal(136u, statx.DevMajor);
        Assert.Equal(140u, statx.DevMinor);
        Assert.Equal(Wide(144), statx.MountId);
        Assert.Equal(152u, statx.DioMemoryAlignBytes);
        Assert.Equal(156u, statx.DioOffsetAlignBytes);
    }

    [Fact]
    public void Statfs_has_the_layout_of_the_64_bit_uapi_header()
    {
        Assert.Equal(120, Unsafe.SizeOf<StatFs>());
        StatFs statfs = MemoryMarshal.Read<StatFs>(OffsetsAsBytes(120));
        Assert.Equal(Wide(0), (ulong)statfs.Type);
        Assert.Equal(Wide(8), (ulong)statfs.BlockSizeBytes);
        Assert.Equal(Wide(16), statfs.Blocks);
        Assert.Equal(Wide(24), statfs.BlocksFree);
        Assert.Equal(Wide(32), statfs.BlocksAvailable);
        Assert.Equal(Wide(40), statfs.Files);
        Assert.Equal(Wide(48), statfs.FilesFree);
        Assert.Equal(Wide(56), statfs.FileSystemId);
        Assert.Equal(Wide(64), (ulong)statfs.NameLengthMax);
        Assert.Equal(Wide(72), (ulong)statfs.FragmentSizeBytes);
        Assert.Equal(Wide(80), (ulong)statfs.MountFlags);
    }

    [Theory]
    [InlineData("IoVec", 16)]
    [InlineData("PollFd", 8)]
    [InlineData("MessageHeader", 56)]
    [InlineData("ControlHeader", 16)]
    [InlineData("FLock", 32)]
    [InlineData("CapabilityHeader", 8)]
    [InlineData("CapabilityData", 12)]
    [InlineData("KernelFileHandle", 136)]
    [InlineData("RingParameters", 120)]
    [InlineData("SubmissionOffsets", 40)]
    [InlineData("CompletionOffsets", 40)]
    [InlineData("CompletionEntry", 16)]
    [InlineData("SubmissionEntry", 128)]
    public void Internal_structs_have_the_size_of_the_64_bit_abi(string name, int sizeBytes)
    {
        Type type = typeof(FuseDevice).Assembly.GetType($"HandleCache.Linux.Native.{name}")!;
        object? size = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!
            .MakeGenericMethod(type).Invoke(null, null);
        Assert.Equal(sizeBytes, size);
    }

    [Theory]
    [InlineData("SubmissionEntry", "Fd", 4)]
    [InlineData("SubmissionEntry", "CommandOrOffset", 8)]
    [InlineData("SubmissionEntry", "Address", 16)]
    [InlineData("SubmissionEntry", "Length", 24)]
    [InlineData("SubmissionEntry", "OperationFlags", 28)]
    [InlineData("SubmissionEntry", "UserData", 32)]
    [InlineData("SubmissionEntry", "CommandFlags", 48)]
    [InlineData("SubmissionEntry", "CommitId", 56)]
    [InlineData("SubmissionEntry", "QueueId", 64)]
    [InlineData("RingParameters", "Features", 20)]
    [InlineData("RingParameters", "Sq", 40)]
    [InlineData("RingParameters", "Cq", 80)]
    [InlineData("SubmissionOffsets", "Array", 24)]
    [InlineData("CompletionOffsets", "Entries", 20)]
    [InlineData("CompletionEntry", "Result", 8)]
    public void A_field_of_io_uring_lies_where_its_header_says(
        string structure, string field, int offset)
    {
        Type type =
            typeof(FuseDevice).Assembly.GetType($"HandleCache.Linux.Native.{structure}")!;
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));
    }

    [Fact]
    public void File_handle_buffer_is_the_kernels_struct_with_room_for_128_bytes() =>
        Assert.Equal(136, Unsafe.SizeOf<FileHandleBuffer>());

    [Fact]
    public void Device_numbers_survive_wire_and_libc_forms()
    {
        // /dev/null is 1:3; its dev_t is 0x103 in both forms.
        Assert.Equal(0x103ul, DeviceNumber.ToDevT(1, 3));
        Assert.Equal(0x103u, DeviceNumber.ToWire(1, 3));
        // 259:1048575: libc puts major bits at 8-19 and 44+, minor bits at 0-7 and 20+.
        Assert.Equal(0xFFF103FFul, DeviceNumber.ToDevT(259, 0xFFFFF));
        Assert.Equal(0xFFF103FFu, DeviceNumber.ToWire(259, 0xFFFFF));
        Assert.Equal(DeviceNumber.ToDevT(259, 0xFFFFF), DeviceNumber.ToDevT(0xFFF103FF));
    }
}
