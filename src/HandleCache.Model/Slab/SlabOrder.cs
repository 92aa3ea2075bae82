using System.Numerics;

namespace HandleCache.Model.Slab;

/// <summary>
/// The search for a slab's page order; models calculate_order() and calc_slab_order(), mm/slub.c,
/// v6.12. The older form (6.1) gives the same order for every slot below 10,928 bytes and 1 to 128
/// CPUs (SLUB.md, exhaustive over multiples of 8).
/// </summary>
/// <param name="Cpus">CPUs the search reckons with.</param>
/// <param name="MinObjects">Objects a slab should hold for so many CPUs, after the cap.</param>
/// <param name="FirstOrder">The order that holds them, where the search starts.</param>
/// <param name="Fraction">
/// Waste accepted was at most 1/Fraction of the slab; 0: none fitted.
/// </param>
/// <param name="Order">The order found.</param>
public readonly record struct SlabOrder(
    int Cpus, int MinObjects, int FirstOrder, int Fraction, int Order)
{
    /// <summary>MAX_OBJS_PER_PAGE: slab.objects has 15 bits.</summary>
    public const int MaxObjectsPerSlab = 32767;

    public static SlabOrder Of(KernelProfile kernel, int slotBytes)
    {
        int cpus = CpusReckoned(kernel);
        int wanted = kernel.SlabMinObjects != 0
            ? kernel.SlabMinObjects
            : 4 * (FindLastSet(cpus) + 1);
        int most = Math.Max((kernel.PageBytes << kernel.SlabMaxOrder) / slotBytes, 1);
        int minObjects = Math.Min(wanted, most);
        int first = Math.Max(
            kernel.SlabMinOrder, Align.OrderFor((long)minObjects * slotBytes, kernel.PageBytes));
        if ((kernel.PageBytes << first) / slotBytes > MaxObjectsPerSlab)
        {
            int capped = Align.OrderFor((long)slotBytes * MaxObjectsPerSlab, kernel.PageBytes) - 1;
            return new SlabOrder(cpus, minObjects, first, 0, capped);
        }

        for (int fraction = 16; fraction > 1; fraction /= 2)
        {
            for (int order = first; order <= kernel.SlabMaxOrder; order++)
            {
                int slabBytes = kernel.PageBytes << order;
                if (slabBytes % slotBytes <= slabBytes / fraction)
                    return new SlabOrder(cpus, minObjects, first, fraction, order);
            }
        }

        int least = Align.OrderFor(slotBytes, kernel.PageBytes);
        return new SlabOrder(cpus, minObjects, first, 0, least);
    }

    /// <summary>
    /// Present CPUs; where that is just 1, possible CPUs. Before 5.11 it was possible CPUs always
    /// (3286222fc609 "mm, slub: better heuristic for number of cpus when calculating slab order").
    /// </summary>
    private static int CpusReckoned(KernelProfile kernel) =>
        kernel.PresentCpus <= 1 || !kernel.Version.IsAtLeast(5, 11)
            ? kernel.PossibleCpus
            : kernel.PresentCpus;

    /// <summary>fls(): 1 for 1, 2 for 2 and 3, 3 for 4 to 7.</summary>
    private static int FindLastSet(int value) => BitOperations.Log2((uint)value) + 1;
}
