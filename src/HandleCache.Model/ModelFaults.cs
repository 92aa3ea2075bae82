using System.Diagnostics.CodeAnalysis;

namespace HandleCache.Model;

/// <summary>
/// The faults that a model is built with; by default none. Read once, when a structure is built:
/// a sound model pays one branch for them.
/// </summary>
public sealed class ModelFaults
{
    private readonly HashSet<ModelFault> _faults;

    private ModelFaults(IEnumerable<ModelFault> faults) => _faults = [.. faults];

    public static ModelFaults None { get; } = new([]);

    public bool Any => _faults.Count > 0;

    public static ModelFaults Of(params IEnumerable<ModelFault> faults) => new(faults);

    /// <summary>The fault of this name; <paramref name="error"/> lists the known ones.</summary>
    public static bool TryParse(
        string name, [NotNullWhen(true)] out ModelFaults? faults,
        [NotNullWhen(false)] out string? error)
    {
        ModelFault? found = ModelFault.All.FirstOrDefault(fault => fault.Name == name);
        faults = found is null ? null : Of(found);
        error = found is not null
            ? null
            : $"unknown fault '{name}'; known: "
                + string.Join(", ", ModelFault.All.Select(fault => fault.Name));
        return found is not null;
    }

    public bool Has(ModelFault fault) => _faults.Contains(fault);

    public override string ToString() => string.Join(",", _faults.Select(fault => fault.Name));
}
