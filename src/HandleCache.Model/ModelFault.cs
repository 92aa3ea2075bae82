namespace HandleCache.Model;

/// <summary>
/// A known fault that can be put into the model, to show that a check would see it. Each name is
/// what the command line and JSON call it.
/// </summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Description">One line: what the model then does wrong.</param>
public sealed record ModelFault(string Name, string Description)
{
    public static ModelFault LoseNLookup { get; } =
        new("lose-nlookup", "every 100th iget is not counted");

    public static ModelFault SkipGeneration { get; } =
        new("skip-generation", "an inode of another generation is taken for the same");

    public static ModelFault SkipType { get; } =
        new("skip-type", "an inode of another file type is taken for the same");

    public static ModelFault SkipHandle { get; } =
        new("skip-handle", "an inode with another handle is taken for the same");

    public static ModelFault TruncateHandle { get; } =
        new("truncate-handle", "handles are cut to 12 bytes");

    public static ModelFault ForgetHeld { get; } =
        new("forget-held", "every 100th iget forgets its inode although it is held");

    public static ModelFault ForgetOneLess { get; } =
        new("forget-one-less", "a FORGET counts one lookup less than it should");

    public static ModelFault KeepForgotten { get; } =
        new("keep-forgotten", "every 10th forgotten inode stays, with its lookups");

    public static ModelFault DropOldCounts { get; } =
        new("drop-old-counts", "an inode replaced by a new generation loses its lookups");

    public static ModelFault ReplacedKeepsCounts { get; } =
        new("replaced-keeps-counts", "a new generation also starts with the old one's lookups");

    public static ModelFault SwapSpilled { get; } =
        new("swap-spilled", "every 5th spilled handle changes places with the one before");

    public static ModelFault ForgetsReversed { get; } =
        new("forgets-reversed", "the entries of a BATCH_FORGET come in reverse order");

    public static ModelFault ForgetsUnbatched { get; } =
        new("forgets-unbatched", "queued forgets are never sent as BATCH_FORGET");

    /// <summary>Every fault, in the order they are listed to a user.</summary>
    public static IReadOnlyList<ModelFault> All { get; } =
    [
        LoseNLookup, SkipGeneration, SkipType, SkipHandle, TruncateHandle, ForgetHeld,
        ForgetOneLess, KeepForgotten, DropOldCounts, ReplacedKeepsCounts, SwapSpilled,
        ForgetsReversed, ForgetsUnbatched,
    ];
}
