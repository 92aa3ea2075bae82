using System.Diagnostics;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mixes;
using HandleCache.Linux;
using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Prove;

/// <summary>What is proved in one guest.</summary>
public sealed record GuestProofOptions
{
    /// <summary>A shipped name or the path of a file.</summary>
    public required string Design { get; init; }

    /// <summary>That of the module that is loaded.</summary>
    public required HandleStrategy Strategy { get; init; }

    /// <summary>A shipped mix.</summary>
    public string FileSystem { get; init; } = "container-host";

    public int Files { get; init; } = 36_000;

    public int Scripts { get; init; } = 100;

    /// <summary>Servers killed under load; 0 leaves that out.</summary>
    public int Kills { get; init; } = 50;

    /// <summary>
    /// Instead: so many minutes of load with memory pressure, servers being killed; 0 for none.
    /// </summary>
    public double Minutes { get; init; }

    public ulong Seed { get; init; } = 1;
}

/// <summary>
/// The half of `prove` that runs on the kernel with the module: it predicts, drives and compares.
/// </summary>
public static class GuestProof
{
    /// <summary>Of 1024 entries in the hostile half of the scripts.</summary>
    private const int BadHandles = 100;

    private static readonly FuseDriver Driver = new("/dev/" + ModuleBuild.Name, ModuleBuild.Name);

    /// <exception cref="MissingRequirementException">The module is not loaded.</exception>
    public static IReadOnlyList<ProofRow> Run(
        GuestProofOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        Design design = DesignFiles.Load(options.Design);
        ModuleDesign.Require(design);
        if (Credentials.WhyNotMountFuse(Driver) is { } reason)
            throw new MissingRequirementException(reason);
        DesignDialect dialect = new(design.Wire);
        HandleDesign storage = design.Storage with { Strategy = options.Strategy };
        KernelProfile kernel = KernelProfiles.Load(KernelProfiles.RunningName);
        PopulationProof population = new(
            kernel, storage, FileSystemMixes.Load(options.FileSystem), options.Files);
        List<ProofRow> rows = [.. population.Geometry()];
        (string Name, Func<IReadOnlyList<ProofRow>> Run)[] parts =
        [
            ("population", () => population.Run(Driver, dialect, cancel)),
            ("wire", () => WireProof.Run(Driver, dialect, population.Tree, cancel)),
            ("storm", () => StormProof.Run(Driver, dialect, cancel)),
            ("hostile", () => HostileProof.Run(
                Driver, dialect, options.Strategy, cancel)),
            ("scripts", () => Scripts(options, dialect, Answers.Good, cancel)),
            ("scripts-bad", () => Scripts(options, dialect, Answers.BadHandles, cancel)),
            ("kills", () => Kills(options, dialect, population, cancel)),
            ("nfs", () => design.Wire.Export == ExportForm.NodeId || options.Kills == 0
                ? []
                : NfsProof.Run(Driver, options.Design, options.Seed, progress, cancel)),
            ("scripts-restart", () => Scripts(options, dialect, Answers.Restarts, cancel)),
        ];
        foreach ((string name, Func<IReadOnlyList<ProofRow>> run) in parts)
        {
            long begun = Stopwatch.GetTimestamp();
            try
            {
                rows.AddRange(run());
            }
            catch (Exception e) when (e is LabException or IOException or FormatException)
            {
                cancel.ThrowIfCancellationRequested();
                rows.Add(new ProofRow(name, "runs to its end", e.Message, false));
            }

            progress(FormattableString.Invariant(
                $"{name} {Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s"));
        }

        return rows;
    }

    /// <summary>A kernel with the module: what its version lacks and the module has.</summary>
    private static ModelKernelOptions Module => new() { Backported = [VersionRule.EpochUnknown] };

    private static IReadOnlyList<ProofRow> Kills(
        GuestProofOptions options, Dialect dialect, PopulationProof population,
        CancellationToken cancel)
    {
        bool isLong = options.Minutes > 0;
        if (options.Kills == 0 && !isLong)
            return [];
        using KilledThings things = new(dialect, options.Strategy, Module with
        {
            Version = KernelProfiles.VersionOf(KernelProfiles.RunningName),
        });
        KillProofOptions settings = new()
        {
            Driver = Driver,
            Design = options.Design,
            Kills = options.Kills,
            Seed = options.Seed,
        };
        if (!isLong)
            return KillProof.Run(settings, things, null, cancel);
        return KillProof.Run(
            settings with
            {
                Length = TimeSpan.FromMinutes(options.Minutes),
                MostPauseMs = 2000,
            },
            things,
            (home, mountPoint) => new MemoryPressure(
                home, mountPoint, Driver, dialect, population.Tree, population.Expected),
            cancel);
    }

    /// <summary>What is peculiar about a script's server.</summary>
    private enum Answers
    {
        Good,
        BadHandles,
        Restarts,
    }

    /// <summary>Random scripts on this kernel and on the modelled one.</summary>
    private static IReadOnlyList<ProofRow> Scripts(
        GuestProofOptions options, Dialect dialect, Answers answers, CancellationToken cancel)
    {
        int scripts = Math.Max(1, options.Scripts / 3);
        DifferentialResult result = DifferentialExperiment.Run(
            new DifferentialOptions
            {
                Seed = options.Seed + (ulong)answers,
                Scripts = scripts,
                Driver = Driver,
                Dialect = dialect,
                BadHandlesPer1024 = answers == Answers.BadHandles ? BadHandles : 0,
                WithRestarts = answers == Answers.Restarts,
                Model = Module with { Inodes = new() { Strategy = options.Strategy } },
            },
            cancel);
        string name = answers switch
        {
            Answers.BadHandles => "scripts with handles that change, lack or have other types",
            Answers.Restarts => "scripts whose server is replaced by one that knows nothing",
            _ => "scripts with handles, on this kernel and the modelled one",
        };
        string done = FormattableString.Invariant(
            $"{result.Scripts + result.GivenUp} alike: {result.Calls} calls, ")
            + FormattableString.Invariant($"{result.Requests} requests");
        if (result.Divergence is not { } where)
        {
            return
            [
                new ProofRow(
                    name, FormattableString.Invariant($"{scripts} alike"), done,
                    result.Scripts + result.GivenUp == scripts && result.Scripts > 0),
            ];
        }

        return
        [
            new ProofRow(
                name, FormattableString.Invariant($"{scripts} alike"),
                FormattableString.Invariant(
                    $"seed {result.Failed!.Seed}: {where.What} differ at {where.Call}: ")
                    + $"{string.Join("; ", where.Real)} | {string.Join("; ", where.Model)}"
                    + $"; its calls: {string.Join("; ", result.Failed.Calls)} "
                    + $"({result.Failed.Settings})",
                false),
        ];
    }
}
