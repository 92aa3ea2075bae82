using HandleCache.Model.Mixes;

namespace HandleCache.Cli.Common;

/// <summary>A mix of handles, as every document shows it.</summary>
internal sealed record MixJson(
    string Name, string How, string Origin, long? Objects,
    IReadOnlyList<MixJson.MixRowJson> Lengths)
{
    public static MixJson Of(HandleMix mix) => new(
        mix.Name,
        mix.How,
        mix.Origin,
        mix.Objects,
        [.. mix.Lengths.Select(row => new MixRowJson($"0x{row.Type:x}", row.Bytes, row.Share))]);

    internal sealed record MixRowJson(string Type, int Bytes, double Share);
}
