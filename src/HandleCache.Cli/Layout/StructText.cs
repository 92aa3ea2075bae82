using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>A struct as pahole prints it: offsets, sizes, holes, cache-line boundaries.</summary>
internal sealed class StructText
{
    private const int CommentColumn = 59;
    private const int CacheLineBytes = 64;

    private readonly StringBuilder _text = new();
    private long _line;

    private StructText()
    {
    }

    public static string Of(StructLayout layout)
    {
        StructText writer = new();
        writer._text.Append(CultureInfo.InvariantCulture, $"struct {layout.Name} {{\n");
        writer.Members(layout.Members, 0, 1, layout.Holes(), layout.Members.Count - 1);
        writer.Footer(layout);
        writer._text.Append("};\n");
        return writer._text.ToString();
    }

    private void Members(
        IReadOnlyList<StructMember> members, long baseBits, int depth,
        IReadOnlyList<StructHole> holes, int lastIndex)
    {
        for (int i = 0; i < members.Count; i++)
        {
            StructMember member = members[i];
            long bits = baseBits + member.BitOffset;
            Boundary(bits / 8, depth);
            if (member.Members.Count > 0)
                Nested(member, bits, depth);
            else
                Line(Declaration(member), bits, member, depth);
            foreach (StructHole hole in holes)
            {
                if (hole.AfterMember == i && i != lastIndex)
                    Hole(hole, depth);
            }
        }
    }

    private void Nested(StructMember member, long bits, int depth)
    {
        Indent(depth).Append(member.TypePrefix).Append(" {\n");
        bool union = member.TypePrefix.StartsWith("union", StringComparison.Ordinal);
        StructLayout inner = new(member.Name, member.SizeBytes, member.Members);
        long line = _line;
        if (union)
        {
            foreach (StructMember choice in member.Members)
            {
                _line = line;
                Members([choice], bits, depth + 1, [], 0);
            }
        }
        else
        {
            Members(member.Members, bits, depth + 1, inner.Holes(), member.Members.Count - 1);
        }

        _line = Math.Max(line, (bits / 8) / CacheLineBytes);
        string name = member.Name.Length == 0 ? "" : " " + member.Name;
        Line($"}}{name}{member.TypeSuffix}", bits, member, depth);
    }

    private void Line(string declaration, long bits, StructMember member, int depth)
    {
        string start = new string(' ', 8 * depth) + declaration + ";";
        string where = member.BitFieldBits == 0
            ? $"/* {bits / 8,5} {member.SizeBytes,5} */"
            : BitField(bits, member);
        if (start.Length + 1 + where.Length > TextTable.Columns)
        {
            _text.Append(start).Append('\n');
            start = "";
        }

        int column = Math.Min(CommentColumn, TextTable.Columns - where.Length);
        _text.Append(start.PadRight(Math.Max(column, start.Length + 1)));
        _text.Append(where).Append(member.Added ? " +" : "").Append('\n');
    }

    /// <summary>Byte of the storage unit, first bit in it, size of the unit.</summary>
    private static string BitField(long bits, StructMember member)
    {
        long unit = 8L * Math.Max(1, member.SizeBytes);
        long start = bits / unit * unit;
        return $"/* {start / 8,4}:{bits - start,2} {member.SizeBytes,3} */";
    }

    private static string Declaration(StructMember member)
    {
        string width = member.BitFieldBits == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $":{member.BitFieldBits}");
        string prefix = member.TypePrefix;
        bool glued = prefix.EndsWith("(*", StringComparison.Ordinal);
        string gap = glued || member.Name.Length == 0 ? "" : " ";
        string whole = $"{prefix}{gap}{member.Name}{member.TypeSuffix}{width}";
        if (whole.Length <= TextTable.Columns - 10)
            return whole;

        // A long list of parameters says little here.
        string suffix = member.TypeSuffix.StartsWith(")(", StringComparison.Ordinal)
            ? ")(...)"
            : member.TypeSuffix;
        return $"{prefix}{gap}{member.Name}{suffix}{width}";
    }

    private void Boundary(long offset, int depth)
    {
        long line = offset / CacheLineBytes;
        if (line <= _line)
            return;
        _line = line;
        long boundary = line * CacheLineBytes;
        string ago = offset == boundary
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" was {offset - boundary} bytes ago");
        Indent(depth).Append(
            CultureInfo.InvariantCulture,
            $"/* --- cacheline {line} boundary ({boundary} bytes){ago} --- */\n");
    }

    private void Hole(StructHole hole, int depth)
    {
        if (hole.Bits % 8 != 0)
        {
            Indent(depth).Append(
                CultureInfo.InvariantCulture,
                $"/* {hole.Bits % 8} bits hole, try to pack */\n");
        }

        if (hole.Bits >= 8)
        {
            Indent(depth).Append(
                CultureInfo.InvariantCulture,
                $"/* {hole.Bits / 8} bytes hole, try to pack */\n");
        }
    }

    private void Footer(StructLayout layout)
    {
        long holeBits = 0;
        int holes = 0;
        long padding = 0;
        foreach (StructHole hole in layout.Holes())
        {
            if (hole.AfterMember == layout.Members.Count - 1)
            {
                padding = hole.Bits / 8;
                continue;
            }

            holes++;
            holeBits += hole.Bits;
        }

        int lines = (layout.SizeBytes + CacheLineBytes - 1) / CacheLineBytes;
        _text.Append('\n');
        Indent(1).Append(
            CultureInfo.InvariantCulture,
            $"/* size: {layout.SizeBytes}, cachelines: {lines}, ");
        _text.Append(CultureInfo.InvariantCulture, $"members: {layout.Members.Count} */\n");
        if (holes > 0)
        {
            Indent(1).Append(
                CultureInfo.InvariantCulture, $"/* holes: {holes}, sum holes: {holeBits / 8} */\n");
        }

        if (padding > 0)
            Indent(1).Append(CultureInfo.InvariantCulture, $"/* padding: {padding} */\n");
        if (layout.SizeBytes % CacheLineBytes != 0)
        {
            Indent(1).Append(
                CultureInfo.InvariantCulture,
                $"/* last cacheline: {layout.SizeBytes % CacheLineBytes} bytes */\n");
        }
    }

    private StringBuilder Indent(int depth) => _text.Append(' ', 8 * depth);
}
