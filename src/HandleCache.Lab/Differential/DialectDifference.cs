using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Differential;

/// <summary>What a dialect's rule makes different from today's protocol.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Reason">The rule, and why it shows.</param>
/// <param name="Applies">To which dialects.</param>
public sealed record DialectDifference(string Name, string Reason, Func<Dialect, bool> Applies)
{
    public static DialectDifference Counts { get; } = new(
        "one-lookup-for-life",
        "an inode has one lookup for its life, whatever replies return it: lookups held are "
            + "compared as held or not, the root's not at all (today a LOOKUP of \"..\" that "
            + "returns it counts, though the root is never forgotten), and the server's own "
            + "count is not",
        dialect => dialect.ForgetsOne);

    public static DialectDifference Generations { get; } = new(
        "no-generation",
        "entries have no generation: exported handles differ in it",
        dialect => dialect.AsksStatx);

    public static DialectDifference Export { get; } = new(
        "export-of-its-own",
        "an exported handle holds the file's handle: its type, bytes and length are the dialect's",
        dialect => dialect.Export != NodeExport.Classic);

    public static DialectDifference Attributes { get; } = new(
        "attributes-apart",
        "attributes come by STATX, where today an entry or GETATTR brings them: when they are "
            + "asked for differs, and with it what has changed on the server since (access times)",
        dialect => dialect.ListsWithoutAttributes);

    /// <summary>Every one of them.</summary>
    public static IReadOnlyList<DialectDifference> All { get; } =
        [Counts, Generations, Export, Attributes];
}
