using HandleCache.Lab.Kernels;
using HandleCache.Linux.Slab;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>
/// SLUB geometry: of one described object, or of every cache of the running kernel.
/// </summary>
public static class SlabExperiment
{
    /// <summary>Derived geometry and cost of one object on a kernel.</summary>
    /// <exception cref="BadInputException">Unknown kernel, or an object that cannot be.</exception>
    public static SlabResult Geometry(string kernelName, int? cpus, SlabObject slabObject)
    {
        if (slabObject.Validate() is { } broken)
            throw new BadInputException(broken);
        KernelProfile kernel = KernelProfiles.LoadSwitches(kernelName, cpus);
        return new SlabResult(kernel, slabObject, ObjectCost.Of(kernel, slabObject));
    }

    /// <summary>
    /// Predicts every cache of the running kernel and compares with sysfs. Alignment is taken from
    /// sysfs, for callers choose it; the free pointer's place is not shown there, so a cache that
    /// misses without a named field for it is tried with one.
    /// </summary>
    /// <exception cref="MissingRequirementException">There is no /sys/kernel/slab.</exception>
    public static SlabVerifyResult Verify() =>
        Verify(new SlabSysfs(), RunningKernel.ReadWithoutStructs());

    /// <summary>The same for another sysfs folder or another kernel's rules.</summary>
    public static SlabVerifyResult Verify(SlabSysfs sysfs, KernelProfile kernel)
    {
        ArgumentNullException.ThrowIfNull(sysfs);
        if (!sysfs.Exists)
        {
            throw new MissingRequirementException(
                $"{SlabSysfs.DefaultRoot} is missing or not readable: the kernel needs "
                + "CONFIG_SLUB_DEBUG=y, and you must be root (sudo handlecache slab --verify)");
        }

        (IReadOnlyList<string> names, int aliases) = sysfs.Names();
        List<SlabVerifyRow> rows = [];
        foreach (string name in names)
        {
            try
            {
                if (sysfs.TryRead(name) is { } cache)
                    rows.Add(VerifyCache(kernel, cache));
            }
            catch (UnauthorizedAccessException e)
            {
                throw new MissingRequirementException(
                    "reading /sys/kernel/slab needs root (sudo handlecache slab --verify)", e);
            }
            catch (InvalidDataException e)
            {
                throw new MissingRequirementException(e.Message, e);
            }
        }

        return new SlabVerifyResult(kernel, aliases, rows);
    }

    private static SlabVerifyRow VerifyCache(KernelProfile kernel, SlabCacheInfo cache)
    {
        SlabObject plain = new(cache.ObjectSize)
        {
            AlignBytes = cache.Align,
            HwCacheAlign = cache.HwCacheAlign,
            Ctor = cache.Ctor is not null,
            Rcu = cache.DestroyByRcu,
        };
        SlabGeometry predicted = SlabGeometry.Of(kernel, plain);
        SlabVerifyOutcome outcome = SlabVerifyOutcome.Exact;
        string? reason = null;
        if (!Matches(predicted, cache))
        {
            SlabGeometry given = SlabGeometry.Of(kernel, plain with { FreePointerGiven = true });
            if (Matches(given, cache))
            {
                predicted = given;
                outcome = SlabVerifyOutcome.ExactWithFreePointerGiven;
                reason = "the cache names a field for the free pointer (use_freeptr_offset), "
                    + "which sysfs does not show";
            }
            else
            {
                outcome = SlabVerifyOutcome.Mismatch;
                reason = cache.Debug
                    ? SlabVerifyRow.DebugReason
                    : "not explained by the model";
            }
        }

        return new SlabVerifyRow(
            cache.Name, cache.ObjectSize, cache.Align,
            new SlabShape(cache.SlabSize, cache.Order, cache.ObjsPerSlab),
            new SlabShape(predicted.SlotBytes, predicted.Order, predicted.ObjectsPerSlab),
            outcome, reason);
    }

    private static bool Matches(SlabGeometry predicted, SlabCacheInfo cache) =>
        predicted.SlotBytes == cache.SlabSize
        && predicted.Order == cache.Order
        && predicted.ObjectsPerSlab == cache.ObjsPerSlab
        && predicted.AlignBytes == cache.Align;
}
