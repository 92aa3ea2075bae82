using HandleCache.Model.Slab;

namespace HandleCache.Cli.Common;

/// <summary>The kernel a figure was reckoned for, as every document names it.</summary>
internal static class KernelJson
{
    public static object Of(KernelProfile kernel) => new
    {
        kernel.Name,
        kernel.Release,
        Version = kernel.Version.ToString(),
        kernel.PresentCpus,
        kernel.PossibleCpus,
        kernel.PageBytes,
        kernel.CacheLineBytes,
        kernel.SlabMaxOrder,
        kernel.SlabMinOrder,
        kernel.SlabMinObjects,
        kernel.Memcg,
    };
}
