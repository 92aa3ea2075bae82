using HandleCache.Model;

namespace HandleCache.Lab.Validate;

/// <summary>
/// The faults of the model that real traffic can show. Faults of parts that only the modelled
/// kernel drives (the order of the forget queue, the handle comparison of a stale inode) are for
/// its own tests.
/// </summary>
public static class ValidateFaults
{
    public static IReadOnlyList<ModelFault> All { get; } =
    [
        ModelFault.LoseNLookup,
        ModelFault.SkipGeneration,
        ModelFault.SkipType,
        ModelFault.TruncateHandle,
        ModelFault.ForgetHeld,
        ModelFault.ForgetOneLess,
        ModelFault.KeepForgotten,
        ModelFault.DropOldCounts,
        ModelFault.ReplacedKeepsCounts,
        ModelFault.SwapSpilled,
    ];

    /// <exception cref="BadInputException">
    /// No such fault; the message lists the known ones.
    /// </exception>
    public static ModelFault Parse(string name) =>
        All.FirstOrDefault(fault => fault.Name == name)
        ?? throw new BadInputException(
            $"--break: unknown fault '{name}'; known: "
            + string.Join(", ", All.Select(fault => fault.Name)));
}
