using HandleCache.Model;
using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Differential;

/// <summary>The faults that can be put into the modelled kernel of a differential run.</summary>
public static class DifferentialFaults
{
    public static IReadOnlyList<ModelFault> All { get; } =
        [.. ModelFault.All, .. KernelFault.All];

    /// <exception cref="BadInputException">
    /// No such fault; the message lists the known ones.
    /// </exception>
    public static ModelFault Parse(string name) =>
        All.FirstOrDefault(fault => fault.Name == name)
        ?? throw new BadInputException(
            $"--break: unknown fault '{name}'; known: "
            + string.Join(", ", All.Select(fault => fault.Name)));
}
