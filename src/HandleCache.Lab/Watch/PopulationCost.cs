using HandleCache.Lab.Kernels;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Watch;

/// <summary>What the inodes of a run would cost, derived for the running kernel.</summary>
/// <param name="Strategy">How handles are stored; "none" is today.</param>
/// <param name="BytesPerInode">With slab, buffer and their waste.</param>
/// <param name="TotalBytes">Of the most inodes there were at once.</param>
public sealed record CostRow(string Strategy, double BytesPerInode, double TotalBytes);

/// <summary>Counts the memory of a population under each strategy.</summary>
internal sealed class PopulationCost
{
    private static readonly HandleStrategy[] Strategies =
    [
        HandleStrategy.Inline(12), HandleStrategy.Inline(24), HandleStrategy.Inline(40),
        HandleStrategy.Static(128), HandleStrategy.Pointer, HandleStrategy.PointerMax(128),
    ];

    /// <summary>Read before the run: what is missing is said then.</summary>
    private readonly KernelProfile _kernel = KernelProfiles.Load(KernelProfiles.RunningName);

    /// <summary>Of today's inode, without a handle.</summary>
    public double TodaysBytes => new InodeCostModel(_kernel, default).CostOf(0).TotalBytes;

    /// <param name="createdByLength">Inodes by the length of their handle, bytes.</param>
    /// <param name="mix">Whose handles they are taken to have where none came with one.</param>
    /// <param name="inodes">The most there were at once.</param>
    public IReadOnlyList<CostRow> Of(
        IReadOnlyList<long> createdByLength, HandleMix mix, long inodes)
    {
        bool haveHandles = createdByLength.Skip(1).Any(count => count > 0);
        List<CostRow> rows = [new("none", TodaysBytes, TodaysBytes * inodes)];
        foreach (HandleStrategy strategy in Strategies)
        {
            InodeCostModel model = new(_kernel, new HandleDesign(strategy));
            double bytes = haveHandles
                ? model.MeanOf(createdByLength)
                : mix.Mean(length => model.CostOf(length).TotalBytes);
            rows.Add(new(strategy.ToString(), bytes, bytes * inodes));
        }

        return rows;
    }
}
