using System.Globalization;

namespace HandleCache.Linux.Btf;

/// <summary>
/// Writes a type as a C declaration around a name: <c>struct list_head </c> and <c>[16]</c>. A
/// chain that goes on too long, which only hostile data has, ends in "...".
/// </summary>
internal static class BtfDeclaration
{
    private const int MaxSteps = 256;

    public static (string Prefix, string Suffix) Of(BtfFile file, int id)
    {
        int steps = MaxSteps;
        return Declare(file, id, ref steps);
    }

    private static (string Prefix, string Suffix) Declare(BtfFile file, int id, ref int steps)
    {
        string before = "";
        string after = "";
        string qualifiers = "";
        while (true)
        {
            if (steps-- <= 0)
                return ("..." + before, after);
            BtfRecord record = file.Record(id);
            int next = (int)record.SizeOrType;
            switch (record.Kind)
            {
                case BtfKind.Pointer:
                    bool grouped = IsGrouped(file, next);
                    before = (grouped ? "(*" : "*") + before;
                    after = grouped ? after + ")" : after;
                    id = next;
                    break;
                case BtfKind.Array:
                    uint length = file.DataWord(id, record, 2);
                    after += string.Create(CultureInfo.InvariantCulture, $"[{length}]");
                    id = (int)file.DataWord(id, record, 0);
                    break;
                case BtfKind.FunctionPrototype:
                    after += Parameters(file, id, record, ref steps);
                    id = next;
                    break;
                case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                    string word = record.Kind.ToString().ToLowerInvariant();
                    if (file.Record(next).Kind == BtfKind.Pointer)
                        before = $" {word} {before}";
                    else
                        qualifiers += word + " ";
                    id = next;
                    break;
                case BtfKind.TypeTag:
                    id = next;
                    break;
                default:
                    string name = BaseName(file, record);
                    string gap = before.Length == 0 || before[0] == ' ' ? "" : " ";
                    return ((qualifiers + name + gap + before).TrimEnd(), after);
            }
        }
    }

    /// <summary>A pointer to an array or a function needs parentheses.</summary>
    private static bool IsGrouped(BtfFile file, int id)
    {
        for (int steps = 0; steps < 8; steps++)
        {
            BtfRecord record = file.Record(id);
            if (record.Kind is BtfKind.Array or BtfKind.FunctionPrototype)
                return true;
            if (record.Kind is not (BtfKind.Const or BtfKind.Volatile or BtfKind.TypeTag))
                return false;
            id = (int)record.SizeOrType;
        }

        return false;
    }

    private static string Parameters(BtfFile file, int id, in BtfRecord record, ref int steps)
    {
        List<string> parameters = [];
        for (int i = 0; i < record.Count && steps > 0; i++)
        {
            int type = (int)file.DataWord(id, record, (2 * i) + 1);
            if (type == 0)
            {
                parameters.Add("...");
                continue;
            }

            (string prefix, string suffix) = Declare(file, type, ref steps);
            parameters.Add(prefix + suffix);
        }

        return parameters.Count == 0 ? "(void)" : $"({string.Join(", ", parameters)})";
    }

    private static string BaseName(BtfFile file, in BtfRecord record)
    {
        string name = record.Kind == BtfKind.Void ? "void" : file.Name(record.NameOffset);
        string? keyword = record.Kind switch
        {
            BtfKind.Struct => "struct",
            BtfKind.Union => "union",
            BtfKind.Enum or BtfKind.Enum64 => "enum",
            BtfKind.Forward => record.Flag ? "union" : "struct",
            _ => null,
        };
        if (keyword is null)
            return name;
        return name.Length == 0 ? keyword : $"{keyword} {name}";
    }
}
