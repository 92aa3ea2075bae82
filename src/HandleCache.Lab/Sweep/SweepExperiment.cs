using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mixes;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Sweep;

/// <summary>
/// Memory per inode of every storage strategy, for a mix of handles and a kernel.
/// </summary>
public static class SweepExperiment
{
    /// <summary>Most inodes that are simulated at once.</summary>
    public const int MaxSimulatedInodes = 10_000_000;

    /// <exception cref="BadInputException">
    /// Unknown kernel or file system, a broken file, a number out of range.
    /// </exception>
    /// <exception cref="MissingRequirementException">The running kernel cannot be read.</exception>
    public static SweepResult Run(SweepRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckNumbers(request);
        HandleMix mix = FileSystemMixes.Choose(
            request.FileSystem, request.HandlesFile, request.Connectable);
        KernelProfile kernel = KernelProfiles.Load(request.Kernel, request.Btf, request.Cpus);
        return Run(request, mix, kernel, cancel);
    }

    /// <summary>As <see cref="Run(SweepRequest, CancellationToken)"/>, the mix given.</summary>
    public static SweepResult Run(
        SweepRequest request, HandleMix mix, KernelProfile kernel,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (kernel.PlacementError(request.Placement) is { } wrong)
            throw new BadInputException(wrong);
        IReadOnlyList<HandleStrategy> strategies = request.Strategies.Count > 0
            ? request.Strategies
            : AllStrategies(mix);
        InodeCostModel today = new(kernel, default);
        double todayBytes = today.CostOf(0).TotalBytes;
        Dictionary<HandleStrategy, InodeCostModel> models = [];
        models[HandleStrategy.None] = today;
        List<SweepRow> rows = [];
        InodeCostModel ModelOf(HandleStrategy strategy) => new(
            kernel,
            new HandleDesign(strategy, request.Header, request.Placement, request.SpillType)
            {
                Index = request.Index,
            });
        foreach (HandleStrategy strategy in strategies.Distinct())
        {
            cancel.ThrowIfCancellationRequested();
            if (!models.TryGetValue(strategy, out InodeCostModel? model))
            {
                models[strategy] = model = ModelOf(strategy);
            }

            rows.Add(RowOf(model, mix, todayBytes));
        }

        if (rows.All(row => row.Strategy == HandleStrategy.None))
            throw new BadInputException("only 'none' is left to compare; add a strategy");
        (SweepRow best, bool refuses) = BestRule.Of(rows, request.AllowedRefusedShare);
        SweepRow RowWith(HandleStrategy strategy) => RowOf(ModelOf(strategy), mix, todayBytes);
        SweepRow? unasked = null;
        if (request.Strategies.Count > 0)
        {
            unasked = BestRule.Of(
                [.. AllStrategies(mix).Select(RowWith)], request.AllowedRefusedShare).Row;
        }

        SweepRow todayRow = RowOf(today, mix, todayBytes);
        return new SweepResult(
            mix,
            kernel,
            rows,
            best,
            refuses,
            InodeSteps.Of(
                kernel, request.Header, request.Placement, HandleStrategy.MaxHandleBytes,
                request.Index),
            Checks(request, mix, [todayRow, best], models, cancel))
        {
            Today = todayRow,
            AllInline = RowWith(HandleStrategy.Inline(mix.LongestBytes)),
            BestOfAll = unasked ?? best,
        };
    }

    /// <summary>
    /// Every strategy, inline lengths 0..128; the dedicated cache holds the longest
    /// handle of the mix, or 128.
    /// </summary>
    public static IReadOnlyList<HandleStrategy> AllStrategies(HandleMix mix)
    {
        ArgumentNullException.ThrowIfNull(mix);
        const int Longest = HandleStrategy.MaxHandleBytes;
        List<HandleStrategy> all = [HandleStrategy.None];
        IEnumerable<int> lengths = Enumerable.Range(0, Longest + 1);
        all.AddRange(lengths.Select(HandleStrategy.Inline));
        foreach (int cache in new[] { mix.LongestBytes, Longest }.Distinct())
        {
            all.AddRange(lengths.Where(n => n <= cache && cache > 0)
                .Select(n => HandleStrategy.InlineCache(n, cache)));
        }

        all.AddRange(lengths.Select(HandleStrategy.InlineOnly));
        all.AddRange(lengths.Select(HandleStrategy.Static));
        all.Add(HandleStrategy.Pointer);
        all.AddRange(lengths.Select(HandleStrategy.PointerMax));
        return all;
    }

    private static void CheckNumbers(SweepRequest request)
    {
        if (request.AllowedRefusedShare is < 0 or > 1 or double.NaN)
        {
            throw new BadInputException(
                $"allowed refused share {request.AllowedRefusedShare}: not 0..1");
        }

        if (request.Inodes is < 1)
            throw new BadInputException($"{request.Inodes} inodes: not 1 or more");
        if (request.SimulatedInodes is < 0 or > MaxSimulatedInodes)
        {
            throw new BadInputException(
                $"{request.SimulatedInodes} simulated inodes: not 0..{MaxSimulatedInodes}");
        }
    }

    private static SweepRow RowOf(InodeCostModel model, HandleMix mix, double todayBytes)
    {
        HandleStrategy strategy = model.Design.Strategy;
        double SpillOf(int length, bool vector)
        {
            ObjectCost cost = model.Design.ExternalCost(model.Kernel, length);
            return vector ? cost.VectorBytes : cost.PagesBytes;
        }

        SweepRow row = new()
        {
            Strategy = strategy,
            SizeofBytes = model.Layout.SizeBytes,
            SlotBytes = model.Inode.Geometry.SlotBytes,
            ObjectsPerSlab = model.Inode.Geometry.ObjectsPerSlab,
            PagesBytes = model.Inode.PagesBytes,
            VectorBytes = model.Inode.VectorBytes,
            SpillBytes = mix.Mean(length => SpillOf(length, vector: false)),
            SpillVectorBytes = mix.Mean(length => SpillOf(length, vector: true)),
            ForgetLinkBytes = model.ForgetLink.TotalBytes,
            DeltaBytes = 0,
            SpilledShare = mix.ShareOf(strategy, HandleStorage.External),
            RefusedShare = mix.ShareOf(strategy, HandleStorage.Refused),
            AllocationsPerInode = mix.Mean(length => model.AllocationsOf(length)),
        };
        double delta = row.BytesPerInode - todayBytes;
        return row with { DeltaBytes = Math.Abs(delta) < 1e-9 ? 0 : delta };
    }

    private static List<SweepCheck> Checks(
        SweepRequest request, HandleMix mix, IReadOnlyList<SweepRow> rows,
        Dictionary<HandleStrategy, InodeCostModel> models, CancellationToken cancel)
    {
        List<SweepCheck> checks = [];
        if (request.SimulatedInodes == 0)
            return checks;
        foreach (SweepRow row in rows)
        {
            cancel.ThrowIfCancellationRequested();
            checks.Add(new SweepCheck(
                row,
                InodePopulation.Of(models[row.Strategy], mix, request.SimulatedInodes)));
        }

        return checks;
    }
}
