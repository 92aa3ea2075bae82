using System.Buffers.Binary;
using System.Text;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>Writes BTF by hand, right or wrong (Documentation/bpf/btf.rst).</summary>
internal sealed class BtfBlob
{
    private readonly List<byte> _types = [];
    private readonly List<byte> _strings;
    private readonly int _firstString;
    private int _nextId;

    public BtfBlob(int firstId = 1, int firstString = 0)
    {
        _nextId = firstId;
        _firstString = firstString;
        _strings = firstString == 0 ? [0] : [];
    }

    public int StringsLength => _firstString + _strings.Count;

    public int NextId => _nextId;

    public int Integer(string name, int size) =>
        Record(1, name, 0, false, (uint)size, (uint)(8 * size));

    /// <summary>An integer of some bits at an offset: a bit field before kind_flag.</summary>
    public int BitInteger(string name, int size, int bits, int offset) =>
        Record(1, name, 0, false, (uint)size, (uint)(bits | (offset << 16)));

    public int Pointer(int to) => Record(2, "", 0, false, (uint)to);

    public int Array(int element, uint count) =>
        Record(3, "", 0, false, 0, (uint)element, (uint)element, count);

    public int Typedef(string name, int to) => Record(8, name, 0, false, (uint)to);

    public int Const(int of) => Record(10, "", 0, false, (uint)of);

    /// <summary>Members as name, type, bit offset, bit-field width.</summary>
    public int Struct(
        string name, uint size, bool union,
        params (string Name, int Type, uint Bit, uint Width)[] of)
    {
        bool flag = of.Any(m => m.Width != 0);
        uint[] data = [.. of.SelectMany(m => (uint[])
            [Name(m.Name), (uint)m.Type, flag ? m.Bit | (m.Width << 24) : m.Bit])];
        return Record(union ? 5 : 4, name, of.Length, flag, size, data);
    }

    public int Record(
        int kind, string name, int count, bool flag, uint sizeOrType, params uint[] data)
    {
        Word(Name(name));
        Word(((uint)kind << 24) | (uint)count | (flag ? 0x80000000u : 0));
        Word(sizeOrType);
        foreach (uint word in data)
            Word(word);
        return _nextId++;
    }

    public byte[] Bytes()
    {
        byte[] head = new byte[24];
        BinaryPrimitives.WriteUInt16LittleEndian(head, 0xeb9f);
        head[2] = 1;
        Put(head, 4, 24);
        Put(head, 8, 0);
        Put(head, 12, (uint)_types.Count);
        Put(head, 16, (uint)_types.Count);
        Put(head, 20, (uint)_strings.Count);
        return [.. head, .. _types, .. _strings];
    }

    public static void Put(byte[] into, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(into.AsSpan(offset), value);

    private uint Name(string name)
    {
        if (name.Length == 0)
            return 0;
        uint at = (uint)StringsLength;
        _strings.AddRange(Encoding.ASCII.GetBytes(name));
        _strings.Add(0);
        return at;
    }

    private void Word(uint value)
    {
        byte[] bytes = new byte[4];
        Put(bytes, 0, value);
        _types.AddRange(bytes);
    }

    /// <summary>
    /// struct small { int a; int b:3; int c:5; struct { char *p; } ; pair_t q[3]; } and what it
    /// needs, every kind of record among it.
    /// </summary>
    public static byte[] Small()
    {
        BtfBlob blob = new();
        int i = blob.Integer("int", 4);
        int c = blob.Integer("char", 1);
        int p = blob.Pointer(blob.Const(c));
        int pair = blob.Struct("pair", 8, false, ("x", i, 0, 0), ("y", i, 32, 0));
        int pairType = blob.Typedef("pair_t", pair);
        int array = blob.Array(pairType, 3);
        int inner = blob.Struct("", 8, true, ("p", p, 0, 0), ("n", i, 0, 0));
        blob.Struct("small", 40, false,
            ("a", i, 0, 0), ("b", i, 32, 3), ("c", i, 35, 5), ("", inner, 64, 0),
            ("q", array, 128, 0));
        int proto = blob.Record(13, "", 2, false, (uint)i, 0, (uint)i, 0, (uint)p);
        blob.Pointer(proto);
        blob.Record(12, "callee", 1, false, (uint)proto);
        blob.Record(6, "colour", 1, false, 4, 0, 7);
        blob.Record(19, "wide", 1, false, 8, 0, 7, 0);
        blob.Record(7, "ahead", 0, false, 0);
        blob.Record(16, "double", 0, false, 8);
        int variable = blob.Record(14, "var", 0, false, (uint)i, 1);
        blob.Record(15, ".data", 1, false, 4, (uint)variable, 0, 4);
        blob.Record(17, "tag", 0, false, (uint)variable, 0xffffffff);
        blob.Record(18, "rcu", 0, false, (uint)p);
        return blob.Bytes();
    }
}
