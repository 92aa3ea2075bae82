using System.Globalization;
using System.Text;

namespace HandleCache.Lab.Guests;

/// <summary>
/// Boots Debian's kernels under QEMU with the program inside, and asks each whether the model is
/// right about it.
/// </summary>
public static class KernelLab
{
    /// <summary>Checks that may be named.</summary>
    public static IReadOnlyList<string> CheckNames => GuestChecks.Names;

    /// <summary>Boots each kernel once, and once more where the boot failed.</summary>
    /// <exception cref="BadInputException">
    /// An unknown check, a program that is none, a folder that cannot be written.
    /// </exception>
    /// <exception cref="MissingRequirementException">
    /// No QEMU, busybox or apt; the mirror does not answer.
    /// </exception>
    public static KernelLabResult Run(
        KernelLabOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        // Before anything is fetched: a check may be unknown.
        GuestBoot[] boots = [.. GuestBoot.Of(options)];
        GuestChecks.Of(options);
        GuestTools.Require(GuestTools.ToBoot, options.Program);
        KernelPackages packages = new(options.Cache);
        RequireCache(packages, options);
        ResultPlace.RequireFolders(
        [
            .. from boot in boots
               from version in options.Versions
               select ("--keep", Guest.KeptIn(boot.Options.Keep, version)),
        ]);
        List<GuestRow> rows = [];
        foreach (string version in options.Versions)
        {
            GuestRow Without(GuestVerdict verdict, string why) =>
                new(version, "", "-", verdict, why, Repeat(version, null, options));
            cancel.ThrowIfCancellationRequested();
            progress($"{version}: looking for it");
            GuestResults.Add(
                rows,
                () => packages.Find(version, cancel) is { } kernel
                    ? boots.SelectMany(boot => Boot(kernel, boot, progress, cancel))
                    : [Without(GuestVerdict.NotOffered, "not obtainable from the mirror")],
                why => Without(GuestVerdict.Failed, why));
        }

        return new KernelLabResult(rows, options);
    }

    /// <summary>A cache that has every kernel is not written.</summary>
    private static void RequireCache(KernelPackages packages, KernelLabOptions options)
    {
        if (!options.Versions.All(packages.Has))
            ResultPlace.RequireFolders(("--cache", options.Cache));
    }

    /// <summary>A shell in a kernel, on this terminal.</summary>
    /// <exception cref="BadInputException">
    /// Not one kernel, a program that is none, a cache that cannot be written.
    /// </exception>
    /// <exception cref="MissingRequirementException">As <see cref="Run"/>.</exception>
    public static int Shell(KernelLabOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        GuestTools.Require(GuestTools.ToBoot, options.Program);
        if (options.Versions.Count != 1)
            throw new BadInputException("--shell takes one kernel: --kernel 7.3");
        KernelPackages packages = new(options.Cache);
        RequireCache(packages, options);
        GuestKernel kernel = packages.Find(options.Versions[0], cancel)
            ?? throw new MissingRequirementException(
                $"{options.Versions[0]} is not obtainable from the mirror");
        return Guest.Shell(
            kernel.With([GuestModules.Boot, GuestModules.Nfs]), options.Program, options);
    }

    private static IEnumerable<GuestRow> Boot(
        GuestKernel kernel, GuestBoot boot, Action<string> progress, CancellationToken cancel)
    {
        KernelLabOptions options = boot.Options;
        IReadOnlyList<GuestChecks.Check> checks = GuestChecks.Of(options);
        GuestKernel guest = kernel.With(
            checks.SelectMany(check => check.Modules).Prepend(GuestModules.Boot));
        string job = GuestJob.Of(checks.SelectMany(check => check.Commands));
        string? results = null;
        int boots = 0;
        for (; boots < 2 && results is null; boots++)
        {
            string settings = boot.Suffix.Length == 0
                ? ""
                : $", {options.Cpus} processors, seed {options.Seed} {options.Append}".TrimEnd();
            progress($"{kernel.Version}: boot {boots + 1} of {kernel.Release}{settings}");
            results = Guest.Run(
                guest, options.Program, job, options,
                line => progress($"{kernel.Version}: {line}"), cancel);
        }

        IReadOnlyDictionary<string, GuestOutput> outputs = GuestJob.Parse(results ?? "");
        foreach (GuestChecks.Check check in checks)
        {
            (GuestVerdict verdict, string detail) = results is null
                ? (GuestVerdict.Failed, "the guest hung in two boots")
                : check.Read(outputs);
            if (results is not null && boots == 2)
                detail = $"{detail} (in a second boot: the guest hung in the first)".Trim();
            yield return new GuestRow(
                kernel.Version, kernel.Release, check.Name + boot.Suffix, verdict, detail,
                Repeat(kernel.Version, check.Name, options));
        }
    }

    /// <summary>The command that asks one kernel again, for one check or for all of them.
    /// </summary>
    internal static string Repeat(string version, string? check, KernelLabOptions options)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"handlecache kernels --kernel {version}");
        if (check is not null)
            line.Append(CultureInfo.InvariantCulture, $" --checks {check}");
        line.Append(CultureInfo.InvariantCulture, $" --cpus {options.Cpus}")
            .Append(CultureInfo.InvariantCulture, $" --scripts {options.Scripts}")
            .Append(CultureInfo.InvariantCulture, $" --kills {options.Kills}")
            .Append(CultureInfo.InvariantCulture, $" --seed {options.Seed}");
        if (options.Append.Length > 0)
            line.Append(CultureInfo.InvariantCulture, $" --append '{options.Append}'");
        return line.ToString();
    }
}
