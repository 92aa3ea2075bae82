using System.Reflection;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;
using Xunit;

namespace HandleCache.Protocol.Tests;

/// <summary>The table of operations against the header's numbers and the structs.</summary>
public class OperationTests
{
    /// <summary>
    /// Bytes of the fixed part and number of names, as include/uapi/linux/fuse.h has them and the
    /// kernel's FUSE_ARGS put them together.
    /// </summary>
    private static readonly Dictionary<FuseOpcode, (int Bytes, int Names)> Arguments = new()
    {
        [FuseOpcode.FUSE_LOOKUP] = (0, 1),
        [FuseOpcode.FUSE_FORGET] = (8, 0),
        [FuseOpcode.FUSE_GETATTR] = (16, 0),
        [FuseOpcode.FUSE_SETATTR] = (88, 0),
        [FuseOpcode.FUSE_READLINK] = (0, 0),
        [FuseOpcode.FUSE_SYMLINK] = (0, 2),
        [FuseOpcode.FUSE_MKNOD] = (16, 1),
        [FuseOpcode.FUSE_MKDIR] = (8, 1),
        [FuseOpcode.FUSE_UNLINK] = (0, 1),
        [FuseOpcode.FUSE_RMDIR] = (0, 1),
        [FuseOpcode.FUSE_RENAME] = (8, 2),
        [FuseOpcode.FUSE_LINK] = (8, 1),
        [FuseOpcode.FUSE_OPEN] = (8, 0),
        [FuseOpcode.FUSE_READ] = (40, 0),
        [FuseOpcode.FUSE_WRITE] = (40, 0),
        [FuseOpcode.FUSE_STATFS] = (0, 0),
        [FuseOpcode.FUSE_RELEASE] = (24, 0),
        [FuseOpcode.FUSE_FSYNC] = (16, 0),
        [FuseOpcode.FUSE_SETXATTR] = (16, 1),
        [FuseOpcode.FUSE_GETXATTR] = (8, 1),
        [FuseOpcode.FUSE_LISTXATTR] = (8, 0),
        [FuseOpcode.FUSE_REMOVEXATTR] = (0, 1),
        [FuseOpcode.FUSE_FLUSH] = (24, 0),
        [FuseOpcode.FUSE_INIT] = (64, 0),
        [FuseOpcode.FUSE_OPENDIR] = (8, 0),
        [FuseOpcode.FUSE_READDIR] = (40, 0),
        [FuseOpcode.FUSE_RELEASEDIR] = (24, 0),
        [FuseOpcode.FUSE_FSYNCDIR] = (16, 0),
        [FuseOpcode.FUSE_GETLK] = (48, 0),
        [FuseOpcode.FUSE_SETLK] = (48, 0),
        [FuseOpcode.FUSE_SETLKW] = (48, 0),
        [FuseOpcode.FUSE_ACCESS] = (8, 0),
        [FuseOpcode.FUSE_CREATE] = (16, 1),
        [FuseOpcode.FUSE_INTERRUPT] = (8, 0),
        [FuseOpcode.FUSE_BMAP] = (16, 0),
        [FuseOpcode.FUSE_DESTROY] = (0, 0),
        [FuseOpcode.FUSE_IOCTL] = (32, 0),
        [FuseOpcode.FUSE_POLL] = (24, 0),
        [FuseOpcode.FUSE_NOTIFY_REPLY] = (40, 0),
        [FuseOpcode.FUSE_BATCH_FORGET] = (8, 0),
        [FuseOpcode.FUSE_FALLOCATE] = (32, 0),
        [FuseOpcode.FUSE_READDIRPLUS] = (40, 0),
        [FuseOpcode.FUSE_RENAME2] = (16, 2),
        [FuseOpcode.FUSE_LSEEK] = (24, 0),
        [FuseOpcode.FUSE_COPY_FILE_RANGE] = (56, 0),
        [FuseOpcode.FUSE_SETUPMAPPING] = (40, 0),
        [FuseOpcode.FUSE_REMOVEMAPPING] = (4, 0),
        [FuseOpcode.FUSE_SYNCFS] = (8, 0),
        [FuseOpcode.FUSE_TMPFILE] = (16, 1),
        [FuseOpcode.FUSE_STATX] = (24, 0),
        [FuseOpcode.FUSE_COPY_FILE_RANGE_64] = (56, 0),
        [FuseOpcode.CUSE_INIT] = (16, 0),
    };

    public static TheoryData<FuseOpcode> Opcodes() => [.. Enum.GetValues<FuseOpcode>()];

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Every_opcode_has_a_row_with_the_headers_numbers(FuseOpcode opcode)
    {
        Operation row = Operation.Of(opcode);
        Assert.Equal(opcode, row.Opcode);
        Assert.True(row.IsKnown);
        Assert.Equal(Arguments[opcode], (row.Request.FixedBytes, row.Request.Names));
        Assert.InRange(row.Request.PathNames, 0, row.Request.Names);
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Every_field_of_a_row_is_a_field_of_the_operations_struct(FuseOpcode opcode)
    {
        Operation row = Operation.Of(opcode);
        RequestField[] fields =
            [row.SecondNodeId, row.Fh, row.SecondFh, row.Caller, row.Request.Count];
        Assert.All(fields.Where(field => !field.IsNone), field =>
        {
            Assert.InRange(field.Offset + field.Bytes, 1, row.Request.FixedBytes);
            Assert.Contains(
                StructsOf(row.Request.FixedBytes), t => HasField(t, field.Offset, field.Bytes));
        });
        Assert.Equal(row.Request.Tail == RequestTail.Counted, !row.Request.Count.IsNone);
    }

    [Fact]
    public void Only_the_forgets_interrupt_and_notify_reply_have_no_reply() =>
        Assert.Equal(
            [
                FuseOpcode.FUSE_FORGET, FuseOpcode.FUSE_INTERRUPT, FuseOpcode.FUSE_NOTIFY_REPLY,
                FuseOpcode.FUSE_BATCH_FORGET,
            ],
            Enum.GetValues<FuseOpcode>().Where(opcode => !Operation.Of(opcode).HasReply));

    [Fact]
    public void What_returns_an_open_file_has_it_at_the_end_of_the_reply()
    {
        Assert.Equal(Operation.OpenOutBytes, Marshal.SizeOf<fuse_open_out>());
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            Operation row = Operation.Of(opcode);
            bool opens = row.Entry == EntryReplyForm.EntryAndOpen
                || opcode is FuseOpcode.FUSE_OPEN or FuseOpcode.FUSE_OPENDIR;
            Assert.True(opens == row.ReturnsOpenFile, $"{opcode}");
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    [InlineData(19u)]
    [InlineData(54u)]
    [InlineData(4095u)]
    [InlineData(uint.MaxValue)]
    public void A_code_that_is_no_opcode_has_no_row(uint code)
    {
        Assert.Same(Operation.Unknown, Operation.Of((FuseOpcode)code));
        Assert.False(Operation.Unknown.IsKnown);
        Assert.True(Operation.Unknown.HasReply);
        Assert.Equal(EntryReplyForm.None, Operation.Unknown.Entry);
    }

    [Fact]
    public void A_field_beyond_the_bodys_end_reads_as_zero_and_is_not_cleared()
    {
        RequestField field = new(4, 8);
        byte[] body = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        Assert.Equal(0ul, field.Read(body));
        field.Clear(body);
        Assert.Equal(5, body[4]);
        Assert.Equal(0x0807_0605ul, new RequestField(4, 4).Read(body));
    }

    private static IEnumerable<Type> StructsOf(int bytes) =>
        typeof(fuse_in_header).Assembly.GetTypes().Where(t =>
            t.Namespace == typeof(fuse_in_header).Namespace && t is { IsValueType: true }
            && !t.IsEnum && t.Name.EndsWith("_in", StringComparison.Ordinal)
            && Marshal.SizeOf(t) == bytes);

    private static bool HasField(Type type, int offset, int bytes) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Instance).Any(field =>
            Marshal.OffsetOf(type, field.Name) == offset
            && Marshal.SizeOf(field.FieldType) == bytes);
}
