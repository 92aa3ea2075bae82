using HandleCache.Lab.Kernels;
using HandleCache.Lab.Validate;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Linux.Slab;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Fills the kernel's cache with inodes of a mix of handles, reads every handle back from it, and
/// counts objects and slabs of its caches.
/// </summary>
internal sealed class PopulationProof
{
    private const int Directories = 36;
    private const string InodeCache = "hfuse_inode";
    private const string HandleCache = "hfuse_handle";
    private const string Dentries = "dentry";

    /// <summary>slab_reclaimable and slab_unreclaimable.</summary>
    private const int ChargedKinds = 2;

    /// <summary>ext4's handle: every strategy takes it, so that every file is reached.</summary>
    private static readonly (uint Type, int Bytes) DirectoryShape = (1, 8);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly KernelProfile _kernel;
    private readonly HandleDesign _storage;
    private readonly InodeCostModel _model;
    private readonly SyntheticOptions _options;
    private readonly SlabSysfs _slab = new();
    private readonly List<ProofRow> _rows = [];

    /// <summary>
    /// Objects of the shared caches by their name: external buffers, and the FORGET of each inode.
    /// </summary>
    private readonly Dictionary<string, (SlabObject Object, long Count)> _shared = [];

    /// <summary>
    /// What makes objects larger than the model knows, so that neither their geometry nor their
    /// bytes are compared; null where nothing does.
    /// </summary>
    private readonly string? _debugged = DebuggedBy();

    private long _buffers;

    private long _kept;
    private long _refused;
    private long _spilled;

    /// <param name="kernel">The running one.</param>
    /// <param name="storage">How it keeps handles.</param>
    /// <param name="mix">Which handles.</param>
    /// <param name="files">Files in all, a multiple of the directories.</param>
    public PopulationProof(
        KernelProfile kernel, HandleDesign storage, HandleMix mix, int files)
    {
        _kernel = kernel;
        _storage = storage;
        _model = new InodeCostModel(kernel, storage);
        int perDirectory = Math.Max(1, files / Directories);
        _options = new SyntheticOptions
        {
            Directories = Directories,
            FilesPerDirectory = perDirectory,
            Shapes =
            [
                .. Enumerable.Repeat(DirectoryShape, Directories + 1),
                .. mix.Spread((long)Directories * perDirectory)
                    .Select(row => (row.Type, row.Bytes)),
            ],
        };
        Count();
    }

    /// <summary>The tree whose inodes it is about.</summary>
    public SyntheticOptions Tree => _options;

    /// <summary>Inodes of the tree that the strategy keeps, and files that it refuses.</summary>
    public (long Inodes, long Refused) Expected => (_kept, _refused);

    /// <summary>object_size, slot, order and objects per slab of the empty cache.</summary>
    public IReadOnlyList<ProofRow> Geometry()
    {
        SlabCacheInfo seen = Read(InodeCache);
        SlabGeometry derived = _model.Inode.Geometry;
        ProofRow size = ProofRow.Equal("object size", _model.Layout.SizeBytes, seen.ObjectSize);
        if (_debugged is not null)
        {
            return
            [
                size,
                new ProofRow(
                    "slot, order, objects and bytes", $"not modelled with {_debugged}",
                    FormattableString.Invariant($"slot {seen.SlabSize}, order {seen.Order}, ")
                        + FormattableString.Invariant($"{seen.ObjsPerSlab} in a slab"), true),
            ];
        }

        return
        [
            size,
            ProofRow.Equal("slot", derived.SlotBytes, seen.SlabSize),
            ProofRow.Equal("order", derived.Order, seen.Order),
            ProofRow.Equal("objects per slab", derived.ObjectsPerSlab, seen.ObjsPerSlab),
        ];
    }

    /// <summary>Mounts, walks, reads back, unmounts.</summary>
    public IReadOnlyList<ProofRow> Run(
        FuseDriver driver, Dialect dialect, CancellationToken cancel)
    {
        using StagePlan plan = new(new ValidateOptions { Seed = 1 }, null, cancel);
        Dictionary<string, SlabCacheInfo> before = ReadAll();
        using (ServedMount mount = ServedMount.Start(
            plan.Namespace, plan.NewMountPoint("prove"), new SyntheticFileSystem(_options),
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.On, Dialect = dialect },
            new FuseMountOptions { Driver = driver, ReadOnly = true }, null))
        using (WorkloadProcess client = plan.Namespace.Invoke(() => WorkloadProcess.Start()))
        using (cancel.Register(client.Kill))
        using (MemoryGroup? group = MemoryGroup.TryCreate(client.ProcessId))
        {
            long charged = group?.SlabBytes() ?? 0;
            WalkReply walked = client.Ask(new WalkRequest(mount.MountPoint), Patience);
            _rows.Add(ProofRow.Equal("inodes", _kept, walked.Objects - 1));
            _rows.Add(ProofRow.Equal("refused, too long", _refused, walked.ErrorCount));
            CompareHandles();
            if (_debugged is null)
            {
                CompareMemory(before);
                if (group is not null)
                    CompareCharge(group.SlabBytes() - charged);
            }
        }

        // The mount is gone; what its inodes had goes through RCU.
        long left = WaitForEmpty();
        _rows.Add(ProofRow.Equal("buffers left after unmounting", 0, left));
        return _rows;
    }

    /// <summary>KASAN leaves no trace in a cache's flags (kasan_cache_create()).</summary>
    private static string? DebuggedBy() =>
        File.ReadAllText($"/sys/kernel/slab/{InodeCache}/red_zone").Trim() != "0" ? "slub_debug"
        : File.ReadLines("/proc/kallsyms").Any(
            line => line.EndsWith(" kasan_report", StringComparison.Ordinal)) ? "KASAN"
        : null;

    /// <summary>What the strategy makes of the mix.</summary>
    private void Count()
    {
        for (int id = 1; id < _options.Shapes!.Count; id++)
        {
            int bytes = _options.Shapes[id].Bytes;
            HandleStorage where = _storage.Strategy.StorageOf(bytes);
            if (where == HandleStorage.Refused)
            {
                _refused++;
                continue;
            }

            _kept++;
            _spilled += where == HandleStorage.External ? 1 : 0;
            AddBuffer(_storage.ExternalBytes(bytes));
        }

        // The root has no handle; where a buffer is bought with the inode it has that, too.
        if (_storage.Strategy.Kind == HandleStrategyKind.PointerMax)
            AddBuffer(_storage.ExternalBytes(0));
        AddKmalloc(_kernel.ForgetLinkBytes, KmallocType.Cgroup, _kept + 1);
    }

    private void AddBuffer(int bytes)
    {
        if (bytes == 0)
            return;
        _buffers++;
        if (_storage.Strategy.Kind == HandleStrategyKind.InlineCache)
            Add(HandleCache, _storage.SpillCacheObject(), 1);
        else
            AddKmalloc(bytes, _storage.SpillType, 1);
    }

    private void AddKmalloc(int bytes, KmallocType type, long count)
    {
        int size = Kmalloc.ClassBytes(bytes, _kernel.PageBytes);
        Add(Kmalloc.CacheName(_kernel, size, type), Kmalloc.CacheObject(size, type), count);
    }

    private void Add(string name, SlabObject cache, long count) =>
        _shared[name] = (cache, _shared.GetValueOrDefault(name).Count + count);

    /// <summary>Each handle in the kernel against the one that the server gave.</summary>
    private void CompareHandles()
    {
        SyntheticTree tree = new(_options);
        Span<byte> bytes = stackalloc byte[SyntheticHandle.MaxBytes];
        long same = 0;
        long external = 0;
        foreach (ListedInode inode in HandleListing.Parse(
            File.ReadAllText(HandleListing.HandlesPath)))
        {
            if (!tree.TryIdOfNodeId(inode.NodeId, out ulong id) || id == 0)
                continue;
            (uint type, int length) = SyntheticHandle.Fill(_options, id, bytes);
            HandleStorage where = _storage.Strategy.StorageOf(length);
            string place = where switch
            {
                HandleStorage.Inline => "inline",
                HandleStorage.External => "external",
                _ => "-",
            };
            string handle = where == HandleStorage.None
                ? "-"
                : Convert.ToHexStringLower(bytes[..length]);
            same += inode.Place == place && inode.Handle == handle
                && (place == "-" || inode.Type == type) ? 1 : 0;
            external += inode.Place == "external" ? 1 : 0;
        }

        _rows.Add(ProofRow.Equal("handles read back, byte for byte", _kept, same));
        _rows.Add(ProofRow.Equal("of them in external buffers", _spilled, external));
        _rows.Add(ProofRow.Equal("buffers allocated", _buffers, Buffers()));
    }

    /// <summary>Objects and slabs that have come since, and what that is an inode.</summary>
    private void CompareMemory(Dictionary<string, SlabCacheInfo> before)
    {
        Dictionary<string, SlabCacheInfo> after = ReadAll();
        SlabPopulation inodes = SlabPopulation.Of(
            _kernel, KernelProfile.FuseInodeCache(_model.Layout.SizeBytes), _kept + 1);
        SlabCacheInfo cache = after[InodeCache];
        _rows.Add(ProofRow.Equal("objects of hfuse_inode", inodes.Objects, cache.Objects));
        _rows.Add(ProofRow.Between(
            "slabs of hfuse_inode", inodes.Slabs, inodes.Slabs + _kernel.PresentCpus,
            cache.Slabs));
        double predicted = inodes.PagesBytes;
        double measured = (double)cache.Slabs * (_kernel.PageBytes << cache.Order);
        long slack = _kernel.PresentCpus * (long)(_kernel.PageBytes << cache.Order);
        foreach ((string name, (SlabObject slabObject, long count)) in _shared)
        {
            SlabPopulation spill = SlabPopulation.Of(_kernel, slabObject, count);
            SlabCacheInfo seen = after[name];
            long perCpu = (long)_kernel.PresentCpus * seen.ObjsPerSlab;
            _rows.Add(ProofRow.Between(
                $"objects of {name}", count - perCpu, count + perCpu,
                seen.Objects - before[name].Objects));
            predicted += spill.PagesBytes;
            measured += (double)(seen.Slabs - before[name].Slabs)
                * (_kernel.PageBytes << seen.Order);
            slack += _kernel.PresentCpus * (long)(_kernel.PageBytes << seen.Order);
        }

        _rows.Add(new ProofRow(
            "slab bytes per inode, buffer and FORGET too",
            FormattableString.Invariant($"{predicted / (_kept + 1):F1}"),
            FormattableString.Invariant($"{measured / (_kept + 1):F1}"),
            Math.Abs(predicted - measured) <= slack));
    }

    /// <summary>
    /// What the walk charged to its memory cgroup: of each inode it and its dentry, its FORGET and
    /// its buffer. Each processor keeps back up to a page of what it counted.
    /// </summary>
    private void CompareCharge(long measured)
    {
        long dentry = Charge(Read(Dentries).SlabSize);
        // From 6.19 on d_fsdata of a FUSE dentry is no time but a struct ("fuse: new work queue to
        // periodically invalidate expired dentries"), 40 bytes, 48 from 7.2 on.
        if (BtfStructs.OfRunningKernel().SizeOr("fuse_dentry", 0) is int data and > 0)
        {
            int size = Kmalloc.ClassBytes(data, _kernel.PageBytes);
            dentry += Charge(SlabGeometry.Of(
                _kernel, Kmalloc.CacheObject(size, KmallocType.Reclaimable)).SlotBytes);
        }

        long of = _kept * (Charge(_model.Inode.Geometry.SlotBytes) + dentry);
        foreach ((SlabObject slabObject, long count) in _shared.Values)
            of += count * Charge(SlabGeometry.Of(_kernel, slabObject).SlotBytes);
        long slack = (long)_kernel.PresentCpus * _kernel.PageBytes * ChargedKinds;
        _rows.Add(new ProofRow(
            "bytes per inode charged to a memory cgroup, dentry too",
            FormattableString.Invariant($"{(double)of / _kept:F1}"),
            FormattableString.Invariant($"{(double)measured / _kept:F1}"),
            Math.Abs(measured - of) <= slack));
    }

    private static long Charge(int slotBytes) => slotBytes + MemoryGroup.PointerBytes;

    /// <summary>The caches that matter, after a shrink: no per-CPU slabs, no empty ones.</summary>
    private Dictionary<string, SlabCacheInfo> ReadAll() =>
        _shared.Keys.Append(InodeCache).ToDictionary(name => name, name =>
        {
            _slab.Shrink(name);
            return Read(name);
        });

    private SlabCacheInfo Read(string name) => _slab.TryRead(name)
        ?? throw new MissingRequirementException($"/sys/kernel/slab has no {name}");

    private static long Buffers() =>
        HandleListing.Figure(File.ReadAllText(HandleListing.SummaryPath), "buffers");

    private static long WaitForEmpty()
    {
        long end = Environment.TickCount64 + (long)TimeSpan.FromSeconds(20).TotalMilliseconds;
        while (Buffers() > 0 && Environment.TickCount64 < end)
            Thread.Sleep(50);
        return Buffers();
    }
}
