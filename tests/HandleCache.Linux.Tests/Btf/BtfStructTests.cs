using HandleCache.Linux.Btf;
using Xunit;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>Structs are read from well-formed BTF.</summary>
public sealed class BtfStructTests
{
    [Fact]
    public void Members_have_offset_size_alignment_and_C_type()
    {
        BtfStruct small = Read(BtfBlob.Small(), "small");

        Assert.Equal(40, small.SizeBytes);
        Assert.Equal(
            [
                ("a", "int", "", 0L, 0, 4, 4),
                ("b", "int", "", 32L, 3, 4, 4),
                ("c", "int", "", 35L, 5, 4, 4),
                ("", "union", "", 64L, 0, 8, 8),
                ("q", "pair_t", "[3]", 128L, 0, 24, 4),
            ],
            small.Members.Select(m => (
                m.Name, m.TypePrefix, m.TypeSuffix, m.BitOffset, m.BitFieldBits, m.SizeBytes,
                m.AlignBytes)));
        Assert.Equal(
            [("p", "const char *"), ("n", "int")],
            small.Members[3].Members.Select(m => (m.Name, m.TypePrefix)));
    }

    [Fact]
    public void A_module_continues_the_numbers_and_strings_of_its_base()
    {
        byte[] baseBytes = BtfBlob.Small();
        Assert.True(BtfFile.TryParse(baseBytes, null, out BtfFile? vmlinux, out _));
        int strings = BitConverter.ToInt32(baseBytes, 20);
        BtfBlob module = new(vmlinux!.TypeCount, strings);
        module.Struct("fuse_inode", 8, false, ("first", 1, 0, 0), ("second", 1, 32, 0));

        Assert.True(BtfFile.TryParse(
            module.Bytes(), vmlinux, out BtfFile? fuse, out BtfError error), error.ToString());
        Assert.True(BtfStructReader.TryRead(fuse!, "fuse_inode", out BtfStruct? read, out error));
        Assert.Equal(
            [("first", "int", 0L), ("second", "int", 32L)],
            read!.Members.Select(m => (m.Name, m.TypePrefix, m.BitOffset)));
        Assert.True(BtfStructReader.TryRead(fuse!, "small", out _, out _));
    }

    [Fact]
    public void A_packed_struct_has_alignment_1()
    {
        BtfBlob blob = new();
        int i = blob.Integer("int", 4);
        int c = blob.Integer("char", 1);
        int packed = blob.Struct("packed", 5, false, ("c", c, 0, 0), ("i", i, 8, 0));
        blob.Struct("outer", 6, false, ("c", c, 0, 0), ("p", packed, 8, 0));
        Assert.Equal([1, 1], Read(blob.Bytes(), "packed").Members.Select(m => m.AlignBytes));
        Assert.Equal(1, Read(blob.Bytes(), "outer").Members[1].AlignBytes);
    }

    [Fact]
    public void A_bit_field_of_the_older_form_is_an_integer_of_few_bits()
    {
        BtfBlob blob = new();
        int three = blob.BitInteger("unsigned int", 4, 3, 0);
        int five = blob.BitInteger("unsigned int", 4, 5, 3);
        int whole = blob.Integer("unsigned int", 4);
        blob.Struct("old", 8, false, ("x", three, 0, 0), ("y", five, 0, 0), ("z", whole, 32, 0));
        Assert.Equal(
            [("x", 0L, 3), ("y", 3L, 5), ("z", 32L, 0)],
            Read(blob.Bytes(), "old").Members.Select(m => (m.Name, m.BitOffset, m.BitFieldBits)));
    }

    [Fact]
    public void A_pointer_to_a_function_is_written_as_C_writes_it()
    {
        BtfBlob blob = new();
        int i = blob.Integer("int", 4);
        int proto = blob.Record(13, "", 2, false, 0, 0, (uint)i, 0, 0);
        int pointer = blob.Pointer(proto);
        blob.Struct("ops", 8, false, ("call", pointer, 0, 0));
        BtfMember call = Read(blob.Bytes(), "ops").Members[0];
        Assert.Equal(("void (*", ")(int, ...)"), (call.TypePrefix, call.TypeSuffix));
    }

    internal static BtfStruct Read(byte[] blob, string name)
    {
        Assert.True(
            BtfFile.TryParse(blob, null, out BtfFile? file, out BtfError error), error.ToString());
        Assert.True(
            BtfStructReader.TryRead(file!, name, out BtfStruct? read, out error), error.ToString());
        return read!;
    }
}
