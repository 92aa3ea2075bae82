using System.Text;

namespace HandleCache.Linux.Btf;

/// <summary>
/// The types of one BTF blob, checked once and indexed: every record lies in the type section,
/// every type id and name offset it holds points at something. A module's blob continues the
/// numbering of its base, which is vmlinux's.
/// </summary>
public sealed class BtfFile
{
    /// <summary>BTF_MAX_TYPE, uapi/linux/btf.h: the kernel's own limit.</summary>
    public const int MaxTypes = 0xfffff;

    private readonly ReadOnlyMemory<byte> _data;
    private readonly BtfHeader _header;
    private readonly int[] _offsets;
    private readonly BtfFile? _base;
    private readonly int _firstId;
    private readonly int _firstString;

    private BtfFile(ReadOnlyMemory<byte> data, BtfHeader header, int[] offsets, BtfFile? baseFile)
    {
        _data = data;
        _header = header;
        _offsets = offsets;
        _base = baseFile;
        _firstId = baseFile?.TypeCount ?? 1;
        _firstString = baseFile?.StringsBytes ?? 0;
    }

    /// <summary>Type ids are below this; 0 is void.</summary>
    public int TypeCount => _firstId + _offsets.Length;

    private int StringsBytes => _firstString + _header.StringsBytes;

    /// <summary>
    /// Reads a blob; <paramref name="baseFile"/> is the one it continues, or null.
    /// </summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> data, BtfFile? baseFile, out BtfFile? file, out BtfError error)
    {
        file = null;
        if (!BtfHeader.TryRead(data.Span, out BtfHeader header, out error))
            return false;
        if (!StringsAreTerminated(data.Span, header, baseFile is null, out error))
            return false;
        if (!TryIndex(data.Span, header, out int[] offsets, out error))
            return false;
        BtfFile read = new(data, header, offsets, baseFile);
        if (read.TypeCount > MaxTypes)
        {
            error = new BtfError(header.TypesOffset, $"{read.TypeCount} types, over {MaxTypes}");
            return false;
        }

        for (int i = 0; i < offsets.Length; i++)
        {
            if (!read.ReferencesHold(offsets[i], out error))
                return false;
        }

        file = read;
        return true;
    }

    /// <summary>
    /// Whether a blob goes on from another one, as a module's does: its strings do not begin with
    /// the empty one (btf__new_empty_split(), tools/lib/bpf/btf.c).
    /// </summary>
    public static bool GoesOn(ReadOnlySpan<byte> data) =>
        BtfHeader.TryRead(data, out BtfHeader header, out _)
        && header.StringsBytes > 0 && data[header.StringsOffset] != 0;

    /// <summary>The id of the struct or union of that name, or -1.</summary>
    public int FindStruct(string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name);
        ReadOnlySpan<byte> data = _data.Span;
        for (int i = 0; i < _offsets.Length; i++)
        {
            BtfRecord record = BtfRecord.Read(data, _offsets[i]);
            if (record.Kind is BtfKind.Struct or BtfKind.Union
                && NameBytes(record.NameOffset).SequenceEqual(wanted))
            {
                return _firstId + i;
            }
        }

        return _base?.FindStruct(name) ?? -1;
    }

    /// <summary>The record of an id that is below <see cref="TypeCount"/>; void for 0.</summary>
    internal BtfRecord Record(int id)
    {
        if (id == 0)
            return default;
        return id < _firstId && _base is not null
            ? _base.Record(id)
            : BtfRecord.Read(_data.Span, _offsets[id - _firstId]);
    }

    /// <summary>Word <paramref name="index"/> of what follows the record's head.</summary>
    internal uint DataWord(int id, in BtfRecord record, int index) =>
        id < _firstId && _base is not null
            ? _base.DataWord(id, record, index)
            : BtfRecord.Word(_data.Span, record.Data + (4 * index));

    /// <summary>Where the record lies in its own blob, for messages.</summary>
    internal long OffsetOf(int id) =>
        id < _firstId ? _base?.OffsetOf(id) ?? 0 : _offsets[id - _firstId];

    internal string Name(uint offset) => Encoding.UTF8.GetString(NameBytes(offset));

    private ReadOnlySpan<byte> NameBytes(uint offset)
    {
        if (offset < _firstString && _base is not null)
            return _base.NameBytes(offset);
        ReadOnlySpan<byte> rest = _data.Span.Slice(_header.StringsOffset, _header.StringsBytes);
        rest = rest[((int)offset - _firstString)..];
        return rest[..rest.IndexOf((byte)0)];
    }

    private static bool StringsAreTerminated(
        ReadOnlySpan<byte> data, BtfHeader header, bool first, out BtfError error)
    {
        ReadOnlySpan<byte> strings = data.Slice(header.StringsOffset, header.StringsBytes);
        error = default;
        if (strings.IsEmpty && !first)
            return true;
        if (strings.IsEmpty || (first && strings[0] != 0))
            error = new BtfError(header.StringsOffset, "the first string is not the empty one");
        else if (strings[^1] != 0)
            error = new BtfError(header.StringsOffset + strings.Length - 1, "string without end");
        return error == default;
    }

    private static bool TryIndex(
        ReadOnlySpan<byte> data, BtfHeader header, out int[] offsets, out BtfError error)
    {
        // Records have 12 bytes or more, so the count is bounded before anything is allocated.
        int[] found = new int[Math.Min(MaxTypes, header.TypesBytes / BtfRecord.HeadBytes) + 1];
        offsets = [];
        error = default;
        int count = 0;
        int at = header.TypesOffset;
        int end = header.TypesOffset + header.TypesBytes;
        while (at < end)
        {
            if (end - at < BtfRecord.HeadBytes)
                error = new BtfError(at, $"a type needs 12 bytes, {end - at} are left");
            else if (count == MaxTypes)
                error = new BtfError(at, $"more than {MaxTypes} types");
            else if (!BtfRecord.InfoIsClean(data, at))
                error = new BtfError(at + 4, "reserved bits of a type's info are set");
            if (error != default)
                return false;
            BtfRecord record = BtfRecord.Read(data, at);
            int bytes = record.DataBytes;
            if (bytes < 0)
                error = new BtfError(at + 4, $"unknown kind {(int)record.Kind}");
            else if (bytes > end - record.Data)
                error = new BtfError(at, $"{record.Kind} needs {bytes} more bytes than are left");
            if (error != default)
                return false;
            found[count++] = at;
            at = record.Data + bytes;
        }

        offsets = found[..count];
        return true;
    }

    /// <summary>Names and types that a record refers to exist.</summary>
    private bool ReferencesHold(int at, out BtfError error)
    {
        ReadOnlySpan<byte> data = _data.Span;
        BtfRecord record = BtfRecord.Read(data, at);
        if (!NameHolds(record.NameOffset, at, out error))
            return false;
        if (record.RefersToType && !TypeHolds(record.SizeOrType, at + 8, out error))
            return false;
        if (record.Kind == BtfKind.Array)
        {
            return TypeHolds(BtfRecord.Word(data, record.Data), record.Data, out error)
                && TypeHolds(BtfRecord.Word(data, record.Data + 4), record.Data + 4, out error);
        }

        bool members = record.Kind is BtfKind.Struct or BtfKind.Union;
        if (!members && record.Kind != BtfKind.FunctionPrototype)
            return true;
        int step = members ? 12 : 8;
        for (int i = 0; i < record.Count; i++)
        {
            int entry = record.Data + (i * step);
            if (!NameHolds(BtfRecord.Word(data, entry), entry, out error)
                || !TypeHolds(BtfRecord.Word(data, entry + 4), entry + 4, out error))
            {
                return false;
            }
        }

        return true;
    }

    private bool NameHolds(uint offset, int at, out BtfError error)
    {
        error = offset < StringsBytes
            ? default
            : new BtfError(at, $"name offset {offset} is past {StringsBytes} bytes of strings");
        return offset < StringsBytes;
    }

    private bool TypeHolds(uint id, int at, out BtfError error)
    {
        error = id < TypeCount
            ? default
            : new BtfError(at, $"type {id} does not exist, the last is {TypeCount - 1}");
        return id < TypeCount;
    }
}
