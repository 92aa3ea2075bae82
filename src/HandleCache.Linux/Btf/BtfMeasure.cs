namespace HandleCache.Linux.Btf;

/// <summary>
/// Sizes and natural alignments of types. Each type is measured once, a type that contains itself
/// by value is an error, and nesting is bounded, so hostile data cannot hang or overflow it.
/// </summary>
internal sealed class BtfMeasure(BtfFile file)
{
    /// <summary>Types nested by value; the kernel itself resolves to depth 32 per chain.</summary>
    private const int MaxDepth = 128;

    private const int PointerBytes = 8;
    private readonly Dictionary<int, (int Size, int Align)> _known = [];
    private readonly HashSet<int> _open = [];

    /// <summary>Size in bytes and natural alignment; 0 and 1 for void and functions.</summary>
    public bool TryMeasure(int id, out int sizeBytes, out int alignBytes, out BtfError error)
    {
        error = default;
        if (_known.TryGetValue(id, out (int Size, int Align) known))
        {
            (sizeBytes, alignBytes) = known;
            return true;
        }

        (sizeBytes, alignBytes) = (0, 1);
        if (_open.Count >= MaxDepth)
        {
            error = new BtfError(file.OffsetOf(id), $"types nest deeper than {MaxDepth}");
            return false;
        }

        if (!_open.Add(id))
        {
            error = new BtfError(file.OffsetOf(id), $"type {id} contains itself");
            return false;
        }

        bool ok = Measure(id, out sizeBytes, out alignBytes, out error);
        _open.Remove(id);
        if (ok)
            _known[id] = (sizeBytes, alignBytes);
        return ok;
    }

    private bool Measure(int id, out int size, out int align, out BtfError error)
    {
        BtfRecord record = file.Record(id);
        (size, align, error) = (0, 1, default);
        if (record.IsTransparent)
            return TryMeasure((int)record.SizeOrType, out size, out align, out error);
        switch (record.Kind)
        {
            case BtfKind.Integer or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                if (record.SizeOrType > 16)
                {
                    error = new BtfError(
                        file.OffsetOf(id) + 8, $"{record.Kind} of {record.SizeOrType} bytes");
                    return false;
                }

                size = (int)record.SizeOrType;
                align = ScalarAlign(size);
                return true;
            case BtfKind.Pointer:
                size = align = PointerBytes;
                return true;
            case BtfKind.Array:
                return MeasureArray(id, record, out size, out align, out error);
            case BtfKind.Struct or BtfKind.Union:
                return MeasureStruct(id, record, out size, out align, out error);
            default:
                return true;
        }
    }

    private bool MeasureArray(
        int id, in BtfRecord record, out int size, out int align, out BtfError error)
    {
        size = 0;
        int element = (int)file.DataWord(id, record, 0);
        if (!TryMeasure(element, out int elementBytes, out align, out error))
            return false;
        long bytes = (long)elementBytes * file.DataWord(id, record, 2);
        if (bytes > int.MaxValue)
        {
            error = new BtfError(file.OffsetOf(id), $"an array of {bytes} bytes");
            return false;
        }

        size = (int)bytes;
        return true;
    }

    private bool MeasureStruct(
        int id, in BtfRecord record, out int size, out int align, out BtfError error)
    {
        (size, align, error) = (0, 1, default);
        if (record.SizeOrType > int.MaxValue)
        {
            error = new BtfError(file.OffsetOf(id) + 8, $"a size of {record.SizeOrType} bytes");
            return false;
        }

        size = (int)record.SizeOrType;
        bool packed = false;
        for (int i = 0; i < record.Count; i++)
        {
            int type = (int)file.DataWord(id, record, (3 * i) + 1);
            uint offset = file.DataWord(id, record, (3 * i) + 2);
            if (!TryMeasure(type, out _, out int memberAlign, out error))
                return false;
            bool bitField = record.Flag && offset >> 24 != 0;
            long bits = record.Flag ? offset & 0xffffff : offset;
            if (!bitField && bits % (8L * memberAlign) != 0)
                packed = true;
            align = Math.Max(align, memberAlign);
        }

        // A packed struct has members off their alignment, or a size that is none of its multiples.
        if (packed || size % align != 0)
            align = 1;
        return true;
    }

    private static int ScalarAlign(int size) => size switch
    {
        0 => 1,
        _ when int.IsPow2(size) => size,
        _ => 1,
    };
}
