using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>
/// struct fuse_inode with a slot as one kernel may be configured: CONFIG_FUSE_DAX,
/// CONFIG_FUSE_PASSTHROUGH (from 6.9), memory cgroups, and CPUs present. The members that the
/// first two switch are as in fs/fuse/fuse_i.h.
/// </summary>
public static class LayoutMatrix
{
    private static readonly int[] SomeCpus = [1, 2, 4, 8, 16, 64];

    private static readonly StructMember Dax =
        new("dax", "struct fuse_inode_dax *", "", 0, 8, 8);

    private static readonly StructMember Backing =
        new("fb", "struct fuse_backing *", "", 0, 8, 8);

    /// <summary>
    /// A row for each configuration on each count of CPUs; <paramref name="cpus"/> alone where it
    /// is given.
    /// </summary>
    /// <exception cref="BadInputException">The kernel's members are not known.</exception>
    public static IReadOnlyList<MatrixRow> Of(
        KernelProfile kernel, HandleHeader header, int inlineBytes, SlotPlacement placement,
        int? cpus)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        StructLayout own = kernel.FuseInode ?? throw new BadInputException(
            $"kernel {kernel.Name}: the members of its struct fuse_inode are not known, and "
            + "--matrix takes two of them away; read them with --btf");
        HandleSlotLayout slot = new(header, inlineBytes, false, true);
        bool[] both = [false, true];
        bool[] backing = kernel.Version.IsAtLeast(6, 9) ? both : [false];
        List<MatrixRow> rows = [];
        foreach ((bool dax, bool fb, bool memcg) in
            from dax in both from fb in backing from memcg in both select (dax, fb, memcg))
        {
            StructLayout today = With(With(own, Backing, "submount_lookup", fb), Dax, "lock", dax);
            StructLayout with = slot.PlaceIn(today, placement);
            foreach (int count in cpus is { } one ? [one] : SomeCpus)
            {
                KernelProfile there = kernel.WithCpus(count) with { Memcg = memcg };
                rows.Add(new MatrixRow(
                    dax, fb, memcg, count, today.SizeBytes,
                    CostOf(there, today), CostOf(there, with),
                    dax == (own.IndexOf(Dax.Name) >= 0) && fb == (own.IndexOf(Backing.Name) >= 0)
                        && memcg == kernel.Memcg));
            }
        }

        return rows;
    }

    private static ObjectCost CostOf(KernelProfile kernel, StructLayout layout) =>
        ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(layout.SizeBytes));

    /// <summary>The layout with the member, or without it.</summary>
    private static StructLayout With(
        StructLayout layout, StructMember member, string behind, bool wanted)
    {
        int index = layout.IndexOf(member.Name);
        if (index >= 0 == wanted)
            return layout;
        if (!wanted)
            return StructRemoval.Of(layout, index);
        int anchor = layout.IndexOf(behind);
        return anchor >= 0
            ? StructInsertion.After(
                layout, anchor, member.AlignBytes, at => member with { BitOffset = 8L * at })
            : throw new BadInputException(
                $"struct {layout.Name} has no member {behind}, behind which {member.Name} goes");
    }
}

/// <summary>One configuration on so many CPUs; costs derived.</summary>
/// <param name="Dax">CONFIG_FUSE_DAX.</param>
/// <param name="Passthrough">CONFIG_FUSE_PASSTHROUGH.</param>
/// <param name="Memcg">Accounted objects carry a memcg vector.</param>
/// <param name="Cpus">CPUs present.</param>
/// <param name="SizeofBytes">sizeof the struct without the slot.</param>
/// <param name="Today">Cost of the inode without the slot.</param>
/// <param name="WithSlot">Cost of the inode with it.</param>
/// <param name="IsOwn">It is the configuration of the kernel itself.</param>
public sealed record MatrixRow(
    bool Dax, bool Passthrough, bool Memcg, int Cpus, int SizeofBytes, ObjectCost Today,
    ObjectCost WithSlot, bool IsOwn)
{
    /// <summary>Bytes per inode that the slot costs.</summary>
    public double DeltaBytes => WithSlot.TotalBytes - Today.TotalBytes;
}
