using HandleCache.Model.Slab;

namespace HandleCache.Cli.Common;

/// <summary>The kernel a figure was derived for, as every document names it.</summary>
internal sealed record KernelJson(
    string Name,
    string Release,
    string Version,
    int PresentCpus,
    int PossibleCpus,
    int PageBytes,
    int CacheLineBytes,
    int SlabMaxOrder,
    int SlabMinOrder,
    int SlabMinObjects,
    bool Memcg,
    IReadOnlyList<string>? Assumed)
{
    public static KernelJson Of(KernelProfile kernel) => new(
        kernel.Name,
        kernel.Release,
        kernel.Version.ToString(),
        kernel.PresentCpus,
        kernel.PossibleCpus,
        kernel.PageBytes,
        kernel.CacheLineBytes,
        kernel.SlabMaxOrder,
        kernel.SlabMinOrder,
        kernel.SlabMinObjects,
        kernel.Memcg,
        kernel.Assumed.Count == 0 ? null : kernel.Assumed);
}
