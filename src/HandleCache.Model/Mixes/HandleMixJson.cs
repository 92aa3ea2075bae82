using System.Buffers;
using System.Globalization;
using System.Text.Json;
using HandleCache.Model.Handles;
using HandleCache.Model.Json;

namespace HandleCache.Model.Mixes;

/// <summary>
/// Reads a mix of handles (models/filesystems/*.json, and what `survey --save` writes), checking
/// every field; pure, the file's name is added by who read it.
/// </summary>
public static class HandleMixJson
{
    public const int SchemaVersion = 1;

    /// <summary>
    /// True and the mix; or false and "line N, field 'PATH': rule" or "line N, column M: rule".
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out HandleMix? mix, out string? error)
    {
        mix = null;
        using JsonDocument? document = JsonText.TryParse(utf8, out error);
        if (document is null)
            return false;
        JsonErrors errors = new();
        HandleMix read = Read(JsonFields.Root(document.RootElement, errors));
        if (errors.First is { } first)
        {
            error = JsonLines.Locate(utf8, first);
            return false;
        }

        mix = read;
        return true;
    }

    /// <summary>A mix as <see cref="TryParse"/> reads it, indented, with a line end.</summary>
    public static byte[] Write(HandleMix mix)
    {
        ArgumentNullException.ThrowIfNull(mix);
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("name", mix.Name);
            json.WriteString("how", mix.How);
            json.WriteString("origin", mix.Origin);
            if (mix.Objects is { } objects)
                json.WriteNumber("objects", objects);
            WriteRows(json, "lengths", mix.Lengths);
            if (mix.Connectable.Count > 0)
                WriteRows(json, "connectable", mix.Connectable);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteRows(
        Utf8JsonWriter json, string name, IReadOnlyList<HandleShare> rows)
    {
        json.WriteStartArray(name);
        foreach (HandleShare row in rows)
        {
            json.WriteStartObject();
            json.WriteString("type", FormattableString.Invariant($"0x{row.Type:x}"));
            json.WriteNumber("bytes", row.Bytes);
            json.WriteNumber("share", row.Share);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static HandleMix Read(JsonFields root)
    {
        root.RequiredInt("schemaVersion", SchemaVersion, SchemaVersion);
        string how = root.RequiredString("how");
        if (how is not (ProfileSource.Measured or ProfileSource.Derived or ""))
            root.Reject("how", $"expected measured or derived, found '{how}'");
        HandleMix mix = new()
        {
            Name = root.RequiredString("name"),
            How = how,
            Origin = root.RequiredString("origin"),
            Objects = (long?)root.OptionalNumber("objects", 1, 1e15),
            Lengths = Rows(root, "lengths", true),
            Connectable = Rows(root, "connectable", false),
        };
        root.NoOthers();
        return mix;
    }

    private static List<HandleShare> Rows(JsonFields root, string name, bool required)
    {
        List<HandleShare> rows = [];
        double sum = 0;
        foreach (JsonFields item in root.Objects(name, required))
        {
            string type = item.RequiredString("type");
            if (!TryType(type, out uint bits) && type.Length > 0)
                item.Reject("type", $"expected 0x and up to 8 hexadecimal digits, found '{type}'");
            int bytes = item.RequiredInt("bytes", 0, HandleStrategy.MaxHandleBytes);
            double share = item.RequiredNumber("share", 0, 1);
            item.NoOthers();
            rows.Add(new HandleShare(bits, bytes, share));
            sum += share;
        }

        bool empty = rows.Count == 0;
        if (empty && required)
            root.Reject(name, "a mix has at least one length");
        if (!empty && Math.Abs(sum - 1) > HandleMix.SumTolerance)
        {
            root.Reject(name, string.Create(
                CultureInfo.InvariantCulture, $"the shares add up to {sum:0.######}, not 1"));
        }

        return rows;
    }

    private static bool TryType(string text, out uint type)
    {
        type = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && uint.TryParse(
                text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out type);
    }
}
