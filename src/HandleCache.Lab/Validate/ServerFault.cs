namespace HandleCache.Lab.Validate;

/// <summary>
/// A fault planted into the server of a validation: what it says on the wire stays well-formed,
/// and only a check that does not ask the server itself can tell.
/// </summary>
/// <param name="Name">As <c>--break</c> takes it.</param>
/// <param name="Description">What the server does.</param>
public sealed record ServerFault(string Name, string Description)
{
    public static ServerFault UncountedLookup { get; } = new(
        "server-uncounted-lookup", "a file's second lookup is not counted by the server");

    public static ServerFault IgnoredForget { get; } = new(
        "server-ignored-forget", "some FORGETs do not reach the server's table");

    public static ServerFault IgnoredChown { get; } = new(
        "server-ignored-chown", "SETATTR of uid and gid says yes and does nothing");

    public static ServerFault ShiftedOffset { get; } = new(
        "server-shifted-offset", "the offset behind a listing's last record is one too large");

    public static ServerFault DroppedEntry { get; } = new(
        "server-dropped-entry", "listings lack a name");

    public static ServerFault ListedZero { get; } = new(
        "server-listed-zero", "READDIRPLUS counts an entry and sends nodeid 0");

    public static ServerFault DeletedFound { get; } = new(
        "server-deleted-found", "LOOKUP of \".\" finds a deleted file");

    public static ServerFault SameGeneration { get; } = new(
        "server-same-generation", "a nodeid is given again with the same generation");

    public static IReadOnlyList<ServerFault> All { get; } =
    [
        UncountedLookup, IgnoredForget, IgnoredChown, ShiftedOffset, DroppedEntry, ListedZero,
        DeletedFound, SameGeneration,
    ];

    /// <summary>The fault of a name; null where there is none.</summary>
    public static ServerFault? Find(string name) => All.FirstOrDefault(one => one.Name == name);
}
