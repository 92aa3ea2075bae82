namespace HandleCache.Model.Json;

/// <summary>The first thing wrong with a JSON document; later ones mostly follow from it.</summary>
public sealed class JsonErrors
{
    /// <summary>"field 'PATH': what is wrong", or null.</summary>
    public string? First { get; private set; }

    public void Add(string field, string rule) => First ??= $"field '{field}': {rule}";
}
