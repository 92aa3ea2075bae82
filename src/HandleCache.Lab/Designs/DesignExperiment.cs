using HandleCache.Lab.Compare;
using HandleCache.Lab.Mixes;
using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Designs;

/// <summary>
/// What a design costs, sends, recovers and gets wrong, beside others. Derived: no kernel has
/// handles.
/// </summary>
public static class DesignExperiment
{
    /// <exception cref="BadInputException">Unknown names, broken files, impossible choices.
    /// </exception>
    /// <exception cref="MissingRequirementException">The running kernel cannot be read.</exception>
    public static DesignResult Run(DesignRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        HandleMix mix = FileSystemMixes.Choose(request.FileSystem, request.HandlesFile, false);
        IReadOnlyList<KernelProfile> kernels = request.Profiles();
        List<Design> designs =
            [.. request.Against.Prepend(request.Design).Distinct().Select(DesignFiles.Load)];
        if (request.Strategy is { } strategy)
        {
            designs[0] = designs[0] with
            {
                Storage = designs[0].Storage with { Strategy = strategy },
            };
        }

        foreach (Design design in designs)
        {
            CheckFits(design, mix);
            string? wrong = kernels.Select(k => k.PlacementError(design.Storage.Placement))
                .FirstOrDefault(error => error is not null);
            if (wrong is not null)
                throw new BadInputException($"design {design.Name}: {wrong}");
        }

        CompareRequest figures = new() { DirectoryNames = 1_000, StatFiles = 1_000 };
        List<Candidate> candidates = [.. designs.Select(d => new Candidate(
            DesignDeviation.SoundOf(d.Wire).ToDialect(), d.Storage))];
        List<DialectRow> rows =
            [.. CompareExperiment.RowsOf(figures, mix, kernels[0], candidates, cancel)];
        return new DesignResult(
            designs, mix, figures, rows,
            [.. kernels.Select(k => CostOf(k, designs, mix))],
            ThreadQuestions.Answer(
                mix, kernels[0], designs[0].Storage, [.. candidates.Select(c => c.Dialect)], rows),
            [.. Findings(designs[0].Wire, cancel)],
            SafetyOf(request, designs[0].Wire, cancel),
            designs[0].Wire.HasHandles
                ? HandleSearch.Traffic(DesignDeviation.SoundOf(designs[0].Wire))
                : null);
    }

    private static void CheckFits(Design design, HandleMix mix)
    {
        int longest = !design.Wire.HasHandles
            ? HandleStrategy.MaxHandleBytes
            : design.Wire.ToDialect().MaxHandleBytes;
        if (mix.LongestBytes > longest)
        {
            throw new BadInputException(
                $"design {design.Name} takes handles of at most {longest} bytes, and {mix.Name} "
                + $"has some of {mix.LongestBytes}; choose another mix, or another maximum");
        }
    }

    private static KernelCost CostOf(
        KernelProfile kernel, List<Design> designs, HandleMix mix)
    {
        InodeCostModel today = new(kernel, default);
        double todayBytes = today.CostOf(0).TotalBytes;
        return new KernelCost(
            kernel, todayBytes, [.. designs.Select(d => StorageOf(kernel, d, mix, todayBytes))],
            designs[0].Wire.HasHandles ? HandleSearch.Costs(kernel, designs[0].Storage) : []);
    }

    private static StorageCost StorageOf(
        KernelProfile kernel, Design design, HandleMix mix, double todayBytes)
    {
        try
        {
            InodeCostModel model = new(kernel, design.Storage);
            HandleStrategy strategy = design.Storage.Strategy;
            return new StorageCost(
                design.Name, strategy, model.Layout, model.Inode.Geometry,
                mix.Mean(length => model.CostOf(length).TotalBytes) - todayBytes,
                mix.ShareOf(strategy, HandleStorage.External),
                mix.ShareOf(strategy, HandleStorage.Refused),
                mix.Mean(length => model.AllocationsOf(length)),
                FreeInlineBytes(kernel, design.Storage, todayBytes));
        }
        catch (ArgumentException e)
        {
            throw new BadInputException(
                $"design {design.Name}: field 'storage.placement': {e.Message}", e);
        }
    }

    /// <summary>
    /// The longest inline length that costs as much as the inode without a handle; null where
    /// even none does, or the slot is a pointer.
    /// </summary>
    private static int? FreeInlineBytes(
        KernelProfile kernel, HandleDesign storage, double todayBytes)
    {
        int? longest = null;
        for (int bytes = 0; bytes <= HandleStrategy.MaxHandleBytes; bytes++)
        {
            HandleDesign inline = storage with { Strategy = HandleStrategy.Inline(bytes) };
            if (new InodeCostModel(kernel, inline).CostOf(0).TotalBytes <= todayBytes + 0.005)
                longest = bytes;
        }

        return longest;
    }

    private static IEnumerable<DesignFinding> Findings(
        WireDesign design, CancellationToken cancel)
    {
        IReadOnlyList<DesignDeviation> deviations = DesignDeviation.Of(design);
        DesignFinding[] found = new DesignFinding[deviations.Count];
        ParallelOptions parallel = new() { CancellationToken = cancel };
        Parallel.For(0, found.Length, parallel, i => found[i] = FindingOf(deviations[i], cancel));
        List<DesignFinding> all = [.. found];
        if (design.HasHandles)
            all.Add(DesignFinding.Of(DefectDemonstrations.RootWithoutHandle(), ""));
        if (design.OptIn != HandleOptIn.None)
        {
            all.AddRange(DefectDemonstrations
                .ContestedNumbers(design.ToDialect(), design.Name)
                .Select(row => DesignFinding.Of(row, "negotiation") with
                {
                    Name = "contested-numbers",
                }));
        }

        return all.OrderBy(f => f.Item == 0 ? int.MaxValue : f.Item);
    }

    private static DesignFinding FindingOf(
        DesignDeviation deviation, CancellationToken cancel)
    {
        // No history of the modelled world exports anything.
        bool isExplored = deviation.With.Defects != DesignDefects.ExportsFixedSize;
        if (isExplored && DesignExploration.Shortest(deviation, cancel) is { } found)
        {
            return new DesignFinding(
                deviation.Item, deviation.Name, deviation.Setting, deviation.Description,
                found.Steps, found.NodeIds, found.Outcome, found.Sound);
        }

        DefectRow? shown = deviation.AsPosted is { } defect
            ? DefectDemonstrations.Run(
                defect, deviation.With.ToDialect(), deviation.Without.ToDialect())
            : null;
        return new DesignFinding(
            deviation.Item, deviation.Name, deviation.Setting, deviation.Description,
            shown is null ? [] : [shown.Sequence], null, shown?.With ?? "no history shows it",
            shown?.Without ?? "no history shows it");
    }

    private static DesignSafety SafetyOf(
        DesignRequest request, WireDesign design, CancellationToken cancel) => new(
        DesignExploration.Count(design), DesignExploration.MostSteps,
        request.Shard.CountOf(request.Histories), request.Seed,
        DesignExploration.FirstUnsafe(
            design with { Defects = design.Defects & ~DesignDefects.OffersOpcode }, request.Seed,
            request.Histories, request.Shard, cancel));
}
