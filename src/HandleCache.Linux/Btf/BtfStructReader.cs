namespace HandleCache.Linux.Btf;

/// <summary>Reads structs with their members, those of types declared in place included.</summary>
public static class BtfStructReader
{
    /// <summary>Members of one struct, nested ones included; sk_buff has some 120.</summary>
    private const int MaxMembers = 1 << 16;

    private const int MaxNesting = 32;

    /// <summary>The struct or union of that name; no error message where there is none.</summary>
    public static bool TryRead(
        BtfFile file, string name, out BtfStruct? result, out BtfError error)
    {
        ArgumentNullException.ThrowIfNull(file);
        result = null;
        error = default;
        int id = file.FindStruct(name);
        if (id < 0)
        {
            error = new BtfError(0, $"no struct {name}");
            return false;
        }

        Walk walk = new(file);
        if (!walk.TryMembers(id, 0, out List<BtfMember> members, out error))
            return false;
        BtfRecord record = file.Record(id);
        result = new BtfStruct(
            name, record.Kind == BtfKind.Union, (int)record.SizeOrType, members);
        return true;
    }

    private sealed class Walk(BtfFile file)
    {
        private readonly BtfMeasure _measure = new(file);
        private int _left = MaxMembers;

        public bool TryMembers(
            int id, int depth, out List<BtfMember> members, out BtfError error)
        {
            members = [];
            BtfRecord record = file.Record(id);
            if (!_measure.TryMeasure(id, out int structBytes, out int structAlign, out error))
                return false;
            if (depth > MaxNesting || (_left -= record.Count) < 0)
            {
                error = new BtfError(file.OffsetOf(id), "too many members, nested ones counted");
                return false;
            }

            for (int i = 0; i < record.Count; i++)
            {
                if (!TryMember(id, record, i, depth, structAlign, out BtfMember? member, out error))
                    return false;
                long bits = member!.BitFieldBits != 0
                    ? member.BitFieldBits
                    : 8L * member.SizeBytes;
                if (member.BitOffset + bits > 8L * structBytes)
                {
                    error = new BtfError(
                        file.OffsetOf(id),
                        $"member '{member.Name}' ends after the struct's {structBytes} bytes");
                    return false;
                }

                members.Add(member);
            }

            return true;
        }

        private bool TryMember(
            int id, in BtfRecord record, int index, int depth, int structAlign,
            out BtfMember? member, out BtfError error)
        {
            member = null;
            uint name = file.DataWord(id, record, 3 * index);
            int type = (int)file.DataWord(id, record, (3 * index) + 1);
            uint raw = file.DataWord(id, record, (3 * index) + 2);
            long bitOffset = record.Flag ? raw & 0xffffff : raw;
            int bits = record.Flag ? (int)(raw >> 24) : 0;
            if (!_measure.TryMeasure(type, out int size, out int align, out error))
                return false;
            if (!record.Flag)
                OldBitField(type, size, ref bitOffset, ref bits);
            if (bits == 0 && bitOffset % 8 != 0)
            {
                error = new BtfError(
                    file.OffsetOf(id), $"member {index} begins inside a byte and is no bit field");
                return false;
            }

            List<BtfMember> nested = [];
            BtfRecord target = file.Record(type);
            bool inPlace = target.Kind is BtfKind.Struct or BtfKind.Union
                && file.Name(target.NameOffset).Length == 0;
            if (inPlace && !TryMembers(type, depth + 1, out nested, out error))
                return false;
            (string prefix, string suffix) = BtfDeclaration.Of(file, type);
            int effective = record.Kind == BtfKind.Struct ? Math.Min(align, structAlign) : align;
            member = new BtfMember(
                file.Name(name), prefix, suffix, bitOffset, bits, size, effective, nested);
            return true;
        }

        /// <summary>
        /// Before kind_flag a bit field was an integer type of its own, whose encoding tells offset
        /// and width.
        /// </summary>
        private void OldBitField(int type, int size, ref long bitOffset, ref int bits)
        {
            int id = type;
            for (int steps = 0; steps < MaxNesting && file.Record(id).IsTransparent; steps++)
                id = (int)file.Record(id).SizeOrType;
            BtfRecord record = file.Record(id);
            if (record.Kind != BtfKind.Integer)
                return;
            uint encoding = file.DataWord(id, record, 0);
            int width = (int)(encoding & 0xff);
            int shift = (int)((encoding >> 16) & 0xff);
            if (width == 8 * size && bitOffset % 8 == 0 && shift == 0)
                return;
            bitOffset += shift;
            bits = width;
        }
    }
}

/// <summary>A struct or union with its members in the order they are declared.</summary>
public sealed record BtfStruct(
    string Name, bool IsUnion, int SizeBytes, IReadOnlyList<BtfMember> Members);

/// <summary>One member of a struct or union as BTF has it.</summary>
/// <param name="Name">Empty for an anonymous struct or union.</param>
/// <param name="TypePrefix">The C declaration before the name.</param>
/// <param name="TypeSuffix">The C declaration after the name.</param>
/// <param name="BitOffset">From the start of the enclosing struct or union.</param>
/// <param name="BitFieldBits">Width of a bit field, 0 for any other member.</param>
/// <param name="SizeBytes">sizeof its type; of the storage type for a bit field.</param>
/// <param name="AlignBytes">Natural alignment, which BTF does not hold and sizes imply.</param>
/// <param name="Members">Members of a type declared in place, else empty.</param>
public sealed record BtfMember(
    string Name, string TypePrefix, string TypeSuffix, long BitOffset, int BitFieldBits,
    int SizeBytes, int AlignBytes, IReadOnlyList<BtfMember> Members);
