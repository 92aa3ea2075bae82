using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Workload;
using HandleCache.Linux.Slab;
using HandleCache.Model.Slab;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Counts the kernel's fuse_inode objects and slabs while inodes are made and dropped, and holds
/// them against the model's inodes and the modelled SLUB (SLUB.md, section 4). Before
/// 7.0 a shrink makes the object count exact, since it takes the per-CPU slabs back.
/// </summary>
internal sealed class SlabStage
{
    private const string Inodes = "fuse_inode";
    private const string Dentries = "dentry";
    private const int Directories = 24;
    private const int FilesPerDirectory = 1000;

    /// <summary>How often the vectors' growth is measured before it counts as a mismatch.</summary>
    private const int Attempts = 3;

    /// <summary>RCU and the per-CPU lists give objects back within this.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);

    /// <summary>Directories walked before each measurement, in all.</summary>
    private static readonly int[] Steps = [1, 4, 12, 24];

    private readonly StagePlan _plan;
    private readonly SlabSysfs _slab = new();
    private readonly KernelProfile _kernel = RunningKernel.Read();
    private readonly MemcgVector _inodeVector;
    private readonly SlabObject _inode;
    private readonly int _objectsPerSlab;

    private SlabStage(StagePlan plan)
    {
        _plan = plan;
        _inode = KernelProfile.FuseInodeCache(_kernel.FuseInodeBytes);
        SlabGeometry geometry = SlabGeometry.Of(_kernel, _inode);
        _objectsPerSlab = geometry.ObjectsPerSlab;
        _inodeVector = MemcgVector.Of(_kernel, geometry);
    }

    public static void Run(StagePlan plan)
    {
        SlabStage stage = new(plan);
        if (stage.ReasonNotToCompare() is { } reason)
        {
            plan.Ledger.NotCompared(ValidateChecks.SlabObjects, reason);
            plan.Ledger.NotCompared(ValidateChecks.SlabPages, reason);
            return;
        }

        stage.Measure();
    }

    /// <summary>
    /// Other mounts' inodes lie in the same cache, each mount has at least its root: without
    /// any mount of ours the cache must be empty.
    /// </summary>
    private string? ReasonNotToCompare()
    {
        if (!_slab.Exists || _slab.TryRead(Inodes) is null)
            return "this kernel shows no /sys/kernel/slab/fuse_inode";
        SlabCacheInfo empty = Settle(0);
        return empty.Objects > 0
            ? $"{empty.Objects} fuse_inode objects belong to other FUSE mounts"
            : null;
    }

    private void Measure()
    {
        SyntheticOptions options = new()
        {
            Seed = _plan.Options.Seed,
            Directories = Directories,
            FilesPerDirectory = FilesPerDirectory,
        };
        using Stage stage = Stage.Start(
            "slab",
            _plan,
            new SyntheticFileSystem(options),
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.On },
            readOnly: true);
        SyntheticTree tree = new(options);
        for (int attempt = 1; !MeasureGrowth(stage, tree, isLast: attempt == Attempts); attempt++)
            _plan.Notes.Add("memcg vectors: measured again, others changed the same caches");

        MachineCaches.Drop();
        Settle(stage);
        CompareObjects(stage, "after dropping them again");
        stage.Mirror.Validate();
        _plan.Stages.Add(new StageSummary(stage.Name, stage.Mirror.Statistics));
    }

    /// <summary>
    /// From dropped caches to all files looked up; false when the vectors' growth is not what was
    /// predicted and it may be measured again.
    /// </summary>
    private bool MeasureGrowth(Stage stage, SyntheticTree tree, bool isLast)
    {
        MachineCaches.Drop();
        Settle(stage);
        CompareObjects(stage, "after dropping caches");
        VectorState before = ReadVectors();
        ReclaimWatch watch = new();
        int walked = 0;
        foreach (int step in Steps)
        {
            _plan.Cancel.ThrowIfCancellationRequested();
            for (; walked < step; walked++)
            {
                string directory = tree.PathOf((ulong)walked + 1);
                stage.Ask(new WalkRequest($"{stage.Root}/{directory}"));
            }

            ComparePages(stage, Read(Inodes), watch);
            Settle(stage);
            CompareObjects(stage, $"with {walked * FilesPerDirectory} files looked up");
        }

        return CompareVector(before, ReadVectors(), isLast);
    }

    private void CompareObjects(Stage stage, string when)
    {
        long model = stage.Mirror.Statistics.Inodes;
        SlabCacheInfo kernel = Read(Inodes);
        _plan.Ledger.Compare(ValidateChecks.SlabObjects, kernel.Objects == model, () =>
            $"{when}: the model holds {model} inodes, the kernel {kernel.Objects} fuse_inode "
            + "objects");
    }

    /// <summary>
    /// Inodes were only added since the last shrink, so slabs are as full as can be, but for
    /// those in the hands of a CPU.
    /// </summary>
    private void ComparePages(Stage stage, SlabCacheInfo kernel, ReclaimWatch watch)
    {
        long live = stage.Mirror.Statistics.Inodes;
        long least = (live + _objectsPerSlab - 1) / _objectsPerSlab;
        long most = least + SlabPopulation.PerCpuSlabs(_kernel, _inode);
        bool holds = kernel.Slabs >= least && kernel.Slabs <= most
            && kernel.ObjsPerSlab == _objectsPerSlab;
        if (!holds && _plan.Disturbances.MayExplain(watch))
        {
            _plan.Disturbances.GiveUp(ValidateChecks.SlabPages, $"slabs of {live} inodes", watch);
            return;
        }

        _plan.Ledger.Compare(ValidateChecks.SlabPages, holds, () =>
            $"{live} inodes: predicted {least} to {most} slabs of {_objectsPerSlab} objects, the "
            + $"kernel has {kernel.Slabs} of {kernel.ObjsPerSlab}");
    }

    /// <summary>
    /// The vectors of new fuse_inode slabs, and of the dentry slabs that grew with them, are
    /// objects of kmalloc caches (until 6.19). One in fifty, and what the CPUs hold, is noise of
    /// the rest of the machine; more noise than that does not come three times.
    /// </summary>
    private bool CompareVector(VectorState before, VectorState after, bool isLast)
    {
        if (_inodeVector.Placement != VectorPlacement.Kmalloc)
        {
            _plan.Notes.Add(
                $"the memcg vector of fuse_inode is no kmalloc here: {_inodeVector.Placement}");
            return true;
        }

        long grown = after.VectorObjects - before.VectorObjects;
        long predicted = after.InodeSlabs - before.InodeSlabs;
        if (after.DentriesShareClass)
            predicted += after.DentrySlabs - before.DentrySlabs;
        long tolerance = (predicted / 50) + (4L * after.VectorObjectsPerSlab);
        bool holds = Math.Abs(grown - predicted) <= tolerance;
        if (!holds && !isLast)
            return false;
        _plan.Ledger.Compare(ValidateChecks.SlabPages, holds, () =>
                $"the memcg vectors of {predicted} new slabs are predicted in {after.VectorCache}, "
                + $"which grew by {grown} objects (tolerance {tolerance})");
        _plan.Notes.Add(
            $"memcg vectors: {predicted} predicted in {after.VectorCache}, {grown} measured");
        return true;
    }

    private VectorState ReadVectors()
    {
        int inodeClass = _inodeVector.KmallocClassBytes;
        if (_inodeVector.Placement != VectorPlacement.Kmalloc)
            return new VectorState(0, 0, 0, 0, false, "");
        string cache = Kmalloc.CacheName(_kernel, inodeClass, KmallocType.Normal);
        _slab.Shrink(cache);
        _slab.Shrink(Dentries);
        SlabCacheInfo vectors = Read(cache);
        SlabCacheInfo dentries = Read(Dentries);
        int dentryVectorBytes = dentries.ObjsPerSlab * _kernel.VectorEntryBytes;
        return new VectorState(
            vectors.Objects,
            Read(Inodes).Slabs,
            dentries.Slabs,
            vectors.ObjsPerSlab,
            Kmalloc.ClassBytes(dentryVectorBytes, _kernel.PageBytes) == inodeClass,
            cache);
    }

    private SlabCacheInfo Settle(Stage stage) => Settle(stage.Mirror.Statistics.Inodes, stage);

    /// <summary>
    /// Shrinks and waits until the count is what it must become, or the time is over.
    /// </summary>
    private SlabCacheInfo Settle(long objects, Stage? stage = null)
    {
        long end = Environment.TickCount64 + (long)Settling.TotalMilliseconds;
        while (true)
        {
            _slab.Shrink(Inodes);
            SlabCacheInfo info = Read(Inodes);
            long wanted = stage?.Mirror.Statistics.Inodes ?? objects;
            if (info.Objects == wanted || Environment.TickCount64 > end)
                return info;
            Thread.Sleep(50);
        }
    }

    private SlabCacheInfo Read(string cache) =>
        _slab.TryRead(cache)
        ?? throw new MissingRequirementException($"/sys/kernel/slab/{cache} is gone");

    /// <summary>What the kernel had of slabs and of their vectors at one time.</summary>
    private sealed record VectorState(
        long VectorObjects,
        long InodeSlabs,
        long DentrySlabs,
        int VectorObjectsPerSlab,
        bool DentriesShareClass,
        string VectorCache);
}
