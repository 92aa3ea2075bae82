using System.Globalization;
using System.Text.Json;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Guests;
using HandleCache.Lab.Mixes;
using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Prove;

/// <summary>
/// A design as a file system type of a real kernel: builds the module of models/linux, boots the
/// kernel with each strategy, and compares what it does with what the model says.
/// </summary>
public static class Proof
{
    /// <summary>The hidden command that does the half in the guest.</summary>
    public const string GuestCommandName = "prove-guest";

    private const string DesignFile = "design.json";
    private const string Prove = "prove";
    private const string Unload = "unload";
    private const string Log = "log";

    /// <exception cref="BadInputException">
    /// No such design or kernel, one that the module cannot do, a program that no guest can run,
    /// a folder that cannot be written.
    /// </exception>
    /// <exception cref="MissingRequirementException">
    /// A tool or a package is missing, or the module does not build.
    /// </exception>
    public static ProveResult Run(
        ProveOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        Design design = DesignFiles.Load(options.Design);
        ModuleDesign.Require(design);
        FileSystemMixes.Load(options.FileSystem);
        ModuleFault.Require(options.Faults);
        ModuleSources[] sources = [.. options.Versions.Select(ModuleSources.Of)];
        GuestTools.Require(GuestTools.ToBuild, options.Program);
        ResultPlace.RequireFolders(("--cache", options.Cache));
        IReadOnlyList<HandleStrategy> strategies = options.Strategies.Count > 0
            ? options.Strategies
            : [.. ModuleDesign.Strategies.Prepend(design.Storage.Strategy).Distinct()];
        ResultPlace.RequireFolders(
        [
            .. from source in sources
               from strategy in strategies
               select ("--keep", Guest.KeptIn(KeptIn(options, strategy), source.Version)),
        ]);
        ModulePackages packages = new(options.Cache);
        List<ProveRun> runs = [];
        foreach (ModuleSources source in sources)
        {
            GuestKernel? guest = null;
            foreach (HandleStrategy strategy in strategies)
            {
                GuestResults.Add(
                    runs,
                    () => Boot(
                        guest ??= WithModule(source, packages, options, progress, cancel),
                        design, strategy, options, progress, cancel),
                    why => new ProveRun(
                        source.Version, guest?.Release ?? "", strategy.ToString(),
                        ModuleFault.None, [new ProofRow("guest", "runs to its end", why, false)]));
            }
        }

        return new ProveResult(options, runs);
    }

    private static GuestKernel WithModule(
        ModuleSources source, ModulePackages packages, ProveOptions options,
        Action<string> progress, CancellationToken cancel)
    {
        progress($"{source.Version}: looking for its source and headers");
        ModuleKernel kernel = options.Tree is { } tree
            ? OwnTree.Of(tree, source.Version)
            : packages.Find(source.Version, cancel);
        progress($"{source.Version}: building the module for {kernel.Kernel.Release}");
        string module = ModuleBuild.Run(kernel, source, options.Cache, cancel);
        Dictionary<string, string> carried = new() { [ModuleBuild.Name + ".ko"] = module };
        if (DesignFiles.IsPath(options.Design))
            carried[DesignFile] = options.Design;
        return kernel.Kernel.With([GuestModules.Boot, GuestModules.Nfs]) with
        {
            Carried = carried,
        };
    }

    private static IEnumerable<ProveRun> Boot(
        GuestKernel kernel, Design design, HandleStrategy strategy, ProveOptions options,
        Action<string> progress, CancellationToken cancel)
    {
        string name = $"{kernel.Version} {strategy}";
        string job = GuestJob.Of(options.Faults.SelectMany(
            (fault, number) => Commands(design, strategy, options, fault, number)));
        string? results = null;
        for (int boot = 1; boot <= 2 && results is null; boot++)
        {
            progress($"{name}: boot {boot}");
            results = Guest.Run(
                kernel, options.Program, job,
                new KernelLabOptions
                {
                    Program = options.Program,
                    Cache = options.Cache,
                    Cpus = options.Cpus,
                    Append = options.Append,
                    Keep = KeptIn(options, strategy),
                },
                line => progress($"{name}: {line}"), cancel);
        }

        return options.Faults.Select((fault, number) => new ProveRun(
            kernel.Version, kernel.Release, strategy.ToString(), fault,
            results is null
                ? [new ProofRow("guest", "runs to its end", "hung in two boots", false)]
                : Read(GuestJob.Parse(results), number)));
    }

    private static string? KeptIn(ProveOptions options, HandleStrategy strategy) =>
        options.Keep is { } keep
            ? Path.Combine(keep, strategy.ToString().Replace(':', '-'))
            : null;

    /// <summary>A command's name for the fault of that number.</summary>
    private static string Named(string command, int number) =>
        FormattableString.Invariant($"{command}-{number}");

    private static GuestCommand[] Commands(
        Design design, HandleStrategy strategy, ProveOptions options, string fault, int number)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string spelled = DesignFiles.IsPath(options.Design)
            ? "/modules/" + DesignFile
            : options.Design;
        string load = $"insmod /modules/{ModuleBuild.Name}.ko handle_strategy={strategy} "
            + $"handle_fault={fault} {ModuleDesign.Parameters(design)}";
        string exports = design.Wire.Export == ExportForm.NodeId
            ? ""
            : $"{GuestJob.Load} {GuestModules.Nfs} && ";
        string prove = exports + string.Create(
            plain, $"handlecache {GuestCommandName} {spelled} --strategy {strategy} ")
            + string.Create(plain, $"--filesystem {options.FileSystem} --files {options.Files} ")
            + string.Create(plain, $"--scripts {options.Scripts} --kills {options.Kills} ")
            + string.Create(plain, $"--minutes {options.Minutes} --seed {options.Seed}");
        return
        [
            new(Named(Prove, number), $"{load} && {prove}", 3000 + (int)(options.Minutes * 60)),
            // Nothing is left: neither caches nor the file system type nor the device. A cache that
            // was merged into another leaves its link in /sys/kernel/slab: so SLUB does.
            new(Named(Unload, number), $"rmmod {ModuleBuild.Name}; "
                + "ls -d /sys/kernel/slab/hfuse_inode /sys/kernel/debug/hfuse /dev/hfuse "
                + "2>/dev/null; grep -h hfuse /proc/slabinfo /proc/filesystems; true", 60),
            new(Named(Log, number), "dmesg -c | grep -E \"BUG|WARNING|Oops|"
                + "Objects remaining|general protection\"; true", 60),
        ];
    }

    /// <summary>The rows that the guest found, and what was left in it.</summary>
    /// <param name="outputs">By command.</param>
    /// <param name="number">Which of the faults, from 0.</param>
    internal static IReadOnlyList<ProofRow> Read(
        IReadOnlyDictionary<string, GuestOutput> outputs, int number)
    {
        List<ProofRow> rows = [];
        if (!outputs.TryGetValue(Named(Prove, number), out GuestOutput? prove))
            return [new ProofRow("guest", "runs to its end", "it broke off", false)];
        try
        {
            rows.AddRange(JsonSerializer.Deserialize(
                prove.Text, LabJson.Default.ListProofRow) ?? []);
        }
        catch (JsonException)
        {
            rows.Add(new ProofRow("guest", "runs to its end", Last(prove.Error), false));
        }

        foreach ((string part, string what) in
            new[] { (Unload, "left after rmmod"), (Log, "the kernel's own reports") })
        {
            string seen = outputs.TryGetValue(Named(part, number), out GuestOutput? output)
                ? (output.Text + output.Error).Trim().ReplaceLineEndings("; ")
                : "it broke off";
            rows.Add(new ProofRow(what, "nothing", seen.Length == 0 ? "nothing" : seen,
                seen.Length == 0));
        }

        return rows;
    }

    /// <summary>What the guest's half prints: its rows as JSON in one line.</summary>
    public static string Write(IReadOnlyList<ProofRow> rows) =>
        JsonSerializer.Serialize([.. rows], LabJson.Default.ListProofRow);

    private static string Last(string text) => text.TrimEnd().Split('\n')[^1].Trim();
}
