using System.Text.Json;

namespace HandleCache.Model.Json;

/// <summary>
/// Reads the fields of one JSON object and remembers the first thing wrong, with the field's path
/// (<c>structs.inode.sizeBytes</c>, <c>measured[2].order</c>). After an error every read gives a
/// default, so a parser needs one check at its end. Fields nobody asked for are an error.
/// </summary>
public sealed class JsonFields
{
    private readonly JsonElement _element;
    private readonly string _path;
    private readonly JsonErrors _errors;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private JsonFields(JsonElement element, string path, JsonErrors errors)
    {
        _element = element;
        _path = path;
        _errors = errors;
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
            errors.Add(path.Length == 0 ? "document" : path, "expected an object");
    }

    /// <summary>
    /// The document's own fields; the errors are shared by everything read from it.
    /// </summary>
    public static JsonFields Root(JsonElement root, JsonErrors errors) => new(root, "", errors);

    public string RequiredString(string name)
    {
        if (!TryField(name, true, out JsonElement value))
            return "";
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            return text;
        Fail(name, value, "expected a text that is not empty");
        return "";
    }

    public string? OptionalString(string name) => Has(name) ? RequiredString(name) : null;

    /// <summary>An integer from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int RequiredInt(string name, int least, int most)
    {
        if (!TryField(name, true, out JsonElement value))
            return least;
        if (value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out int number)
            && number >= least
            && number <= most)
        {
            return number;
        }

        Fail(name, value, FormattableString.Invariant($"expected an integer {least}..{most}"));
        return least;
    }

    public int? OptionalInt(string name, int least, int most) =>
        Has(name) ? RequiredInt(name, least, most) : null;

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public double RequiredNumber(string name, double least, double most)
    {
        if (!TryField(name, true, out JsonElement value))
            return least;
        if (value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double number)
            && number >= least
            && number <= most)
        {
            return number;
        }

        Fail(name, value, FormattableString.Invariant($"expected a number {least}..{most}"));
        return least;
    }

    public double? OptionalNumber(string name, double least, double most) =>
        Has(name) ? RequiredNumber(name, least, most) : null;

    public bool? OptionalBool(string name)
    {
        if (!TryField(name, false, out JsonElement value))
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Fail(name, value, "expected true or false");
        return null;
    }

    /// <summary>One of a few words; <paramref name="absent"/> where the field is not there.
    /// </summary>
    public T OptionalWord<T>(
        string name, T absent, params ReadOnlySpan<(string Word, T Value)> known)
    {
        if (!TryField(name, false, out JsonElement value))
            return absent;
        if (value.ValueKind == JsonValueKind.String)
        {
            foreach ((string word, T meaning) in known)
            {
                if (value.ValueEquals(word))
                    return meaning;
            }
        }

        List<string> words = [];
        foreach ((string word, T _) in known)
            words.Add(word);
        Fail(name, value, $"expected one of {string.Join(", ", words)}");
        return absent;
    }

    /// <summary>The texts of an array; null where the field is absent.</summary>
    public IReadOnlyList<string>? OptionalTexts(string name)
    {
        if (!TryField(name, false, out JsonElement value))
            return null;
        List<string> texts = [];
        bool isArray = value.ValueKind == JsonValueKind.Array;
        foreach (JsonElement item in isArray ? value.EnumerateArray() : default)
        {
            if (item.ValueKind == JsonValueKind.String)
                texts.Add(item.GetString()!);
            else
                isArray = false;
        }

        if (!isArray)
            Fail(name, value, "expected an array of texts");
        return texts;
    }

    /// <summary>Whether the field is there.</summary>
    public bool Names(string name) => Has(name);

    public JsonFields RequiredObject(string name) =>
        TryField(name, true, out JsonElement value)
            ? new JsonFields(value, PathOf(name), _errors)
            : new JsonFields(default, PathOf(name), _errors);

    public JsonFields? OptionalObject(string name) => Has(name) ? RequiredObject(name) : null;

    /// <summary>The objects of an array; none where the field is absent and not required.</summary>
    public IReadOnlyList<JsonFields> Objects(string name, bool required)
    {
        if (!TryField(name, required, out JsonElement value))
            return [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            Fail(name, value, "expected an array of objects");
            return [];
        }

        List<JsonFields> items = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            string path = FormattableString.Invariant($"{PathOf(name)}[{items.Count}]");
            items.Add(new JsonFields(item, path, _errors));
        }

        return items;
    }

    /// <summary>Adds an error about a field that reads well and is wrong all the same.</summary>
    public void Reject(string name, string rule) => _errors.Add(PathOf(name), rule);

    /// <summary>Call last: a field that was not asked for is an error (a misspelt name).</summary>
    public void NoOthers()
    {
        if (_element.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
                _errors.Add(PathOf(property.Name), "unknown field");
        }
    }

    private bool Has(string name)
    {
        _asked.Add(name);
        return _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out _);
    }

    private bool TryField(string name, bool required, out JsonElement value)
    {
        value = default;
        _asked.Add(name);
        if (_element.ValueKind != JsonValueKind.Object)
            return false;
        if (_element.TryGetProperty(name, out value))
            return true;
        if (required)
            _errors.Add(PathOf(name), "missing");
        return false;
    }

    private string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    private void Fail(string name, JsonElement value, string expected)
    {
        string raw = value.GetRawText();
        string shown = raw.Length <= 40 ? raw : string.Concat(raw.AsSpan(0, 37), "...");
        _errors.Add(PathOf(name), $"{expected}, found {shown}");
    }
}
