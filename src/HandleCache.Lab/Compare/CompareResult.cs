using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Compare;

/// <summary>Dialects side by side.</summary>
public sealed record CompareResult(
    HandleMix Mix, KernelProfile Kernel, IReadOnlyList<DialectRow> Rows,
    IReadOnlyList<QuestionRow> Questions, IReadOnlyList<DefectRow> Defects)
{
    /// <summary>Every defect that was run showed.</summary>
    public bool Holds => Defects.All(defect => defect.Shown);
}
