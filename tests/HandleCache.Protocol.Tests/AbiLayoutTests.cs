using System.Reflection;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using Xunit;

namespace HandleCache.Protocol.Tests;

public class AbiLayoutTests
{
    private const StringSplitOptions Split =
        StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private static readonly Assembly Abi = typeof(fuse_in_header).Assembly;

    public static TheoryData<string, string> Structs()
    {
        TheoryData<string, string> data = [];
        string[] rows = AbiTable.Rows.Split(';', StringSplitOptions.RemoveEmptyEntries);
        foreach (string row in rows.Select(r => r.Trim()).Where(r => r.Length > 0))
        {
            string[] parts = row.Split(':');
            data.Add(parts[0].Trim(), parts[1].Trim());
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void A_wire_struct_has_the_size_and_offsets_of_the_kernel(string head, string fields)
    {
        string[] nameAndSize = head.Split(' ');
        Type type = Abi.GetType($"HandleCache.Protocol.Abi.{nameAndSize[0]}", throwOnError: true)!;
        Assert.Equal(int.Parse(nameAndSize[1]), Marshal.SizeOf(type));
        foreach (string field in fields.Split(',', Split))
        {
            string[] parts = field.Split(' ', Split);
            FieldInfo? info = type.GetField(parts[0]);
            Assert.True(info is not null, $"{type.Name} lacks {parts[0]}");
            Assert.Equal(
                (parts[0], int.Parse(parts[1]), int.Parse(parts[2])),
                (parts[0], (int)Marshal.OffsetOf(type, parts[0]), Marshal.SizeOf(info.FieldType)));
        }
    }

    [Fact]
    public void The_table_covers_every_struct_that_the_project_declares_and_the_facts_list()
    {
        string[] listed = [.. Structs().Select(r => r.Data.Item1.Split(' ')[0])];
        string[] notInFacts =
        [
            "fuse_file_lock", "fuse_lk_in", "fuse_lk_out", "fuse_fallocate_in", "fuse_lseek_in",
            "fuse_lseek_out", "fuse_ioctl_in", "fuse_ioctl_out", "fuse_poll_in", "fuse_poll_out",
            "fuse_bmap_in", "fuse_bmap_out", "fuse_syncfs_in", "fuse_setxattr_in",
            "fuse_getxattr_in", "fuse_getxattr_out",
        ];
        string[] declared =
        [
            .. Abi.GetTypes().Where(t => t.Name.StartsWith("fuse_", StringComparison.Ordinal))
                .Select(t => t.Name),
        ];
        Assert.Empty(declared.Except(listed).Except(notInFacts));
    }

    /// <summary>Sizes of uapi/linux/fuse.h that the fact file has no section for.</summary>
    [Theory]
    [InlineData(typeof(fuse_file_lock), 24)]
    [InlineData(typeof(fuse_lk_in), 48)]
    [InlineData(typeof(fuse_lk_out), 24)]
    [InlineData(typeof(fuse_fallocate_in), 32)]
    [InlineData(typeof(fuse_lseek_in), 24)]
    [InlineData(typeof(fuse_lseek_out), 8)]
    [InlineData(typeof(fuse_ioctl_in), 32)]
    [InlineData(typeof(fuse_ioctl_out), 16)]
    [InlineData(typeof(fuse_poll_in), 24)]
    [InlineData(typeof(fuse_poll_out), 8)]
    [InlineData(typeof(fuse_bmap_in), 16)]
    [InlineData(typeof(fuse_bmap_out), 8)]
    [InlineData(typeof(fuse_syncfs_in), 8)]
    [InlineData(typeof(fuse_setxattr_in), 16)]
    [InlineData(typeof(fuse_getxattr_in), 8)]
    [InlineData(typeof(fuse_getxattr_out), 8)]
    public void A_struct_outside_the_table_has_the_size_of_the_header(Type type, int bytes) =>
        Assert.Equal(bytes, Marshal.SizeOf(type));

    [Theory]
    [InlineData(FuseInitFlags.FUSE_EXPORT_SUPPORT, 4)]
    [InlineData(FuseInitFlags.FUSE_INIT_EXT, 30)]
    [InlineData(FuseInitFlags.FUSE_SECURITY_CTX, 32)]
    [InlineData(FuseInitFlags.FUSE_HAS_RESEND, 39)]
    [InlineData(FuseInitFlags.FUSE_REQUEST_TIMEOUT, 42)]
    public void An_init_flag_is_the_bit_of_the_header(FuseInitFlags flag, int bit) =>
        Assert.Equal(1UL << bit, (ulong)flag);
}
