using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Validate;

/// <summary>
/// The faults that a validation takes: all that have a name. Those of the inode cache that real
/// traffic shows are seen by the stages with a mount (<see cref="OfTraffic"/>), the others by the
/// scripts of the differential part (<see cref="OfScripts"/>), and what is left by tests alone.
/// </summary>
public static class ValidateFaults
{
    /// <summary>Those that the stages before the differential part show.</summary>
    public static IReadOnlyList<ModelFault> OfTraffic { get; } =
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

    public static IReadOnlyList<ModelFault> All => DifferentialFaults.All;

    /// <summary>
    /// What no script shows on a kernel that keeps no handles; and how queued forgets are put
    /// together, which a race decides there.
    /// </summary>
    public static IReadOnlyList<ModelFault> OfTests { get; } =
    [
        ModelFault.SkipHandle, KernelFault.RevalidateSkipsHandle, ModelFault.ForgetsReversed,
        ModelFault.ForgetsUnbatched, .. KernelFault.OfInterleaving,
    ];

    /// <summary>
    /// What hardly any script meets, or none so short that it fits between two reclaims: tests
    /// lead the modelled kernel there by hand.
    /// </summary>
    public static IReadOnlyList<ModelFault> Seldom { get; } =
    [
        KernelFault.ExportSkipsGeneration, KernelFault.ExportTakesAnother,
        KernelFault.DisconnectedNamesKept, KernelFault.PlusRefusedKept,
        KernelFault.SizeChangeKeepsPages, KernelFault.InvalInodeDropsPages,
        KernelFault.DeleteLeavesNLink, KernelFault.OpenKeepsListing,
        KernelFault.UnlinkKeepsNLink, KernelFault.LinkAskedAgain, KernelFault.NotKnownForgotten,
        KernelFault.NoInterruptForgotten,
    ];

    /// <summary>The faults that the scripts of the differential part show.</summary>
    public static IEnumerable<ModelFault> OfScripts => All.Except(
        [.. OfTraffic, .. OfTests, .. Seldom]);

    /// <summary>The part of a validation that shows a fault, in a word or two.</summary>
    public static string ShownBy(ModelFault fault) =>
        OfTests.Contains(fault) ? "tests alone"
        : Seldom.Contains(fault) ? "seldom"
        : OfTraffic.Contains(fault) ? "traffic"
        : "scripts";

    /// <exception cref="BadInputException">
    /// No such fault; the message lists the known ones.
    /// </exception>
    public static ModelFault Parse(string name) => DifferentialFaults.Parse(name);

    /// <summary>A line for each fault: its name, what shows it, what it does.</summary>
    public static IEnumerable<string> Listing() =>
    [
        .. All.Select(fault => $"{fault.Name,-28}{ShownBy(fault),-13}{fault.Description}"),
        .. ServerFault.All.Select(fault => $"{fault.Name,-28}{"server",-13}{fault.Description}"),
    ];
}
