using System.Globalization;
using System.Text;

namespace HandleCache.Lab.Guests;

/// <summary>
/// Boots Debian's kernels under QEMU with the program inside, and asks each whether the model is
/// right about it.
/// </summary>
public static class KernelLab
{
    /// <summary>Boots each kernel once, and once more where the boot failed.</summary>
    /// <exception cref="BadInputException">An unknown check, a program that is none.</exception>
    /// <exception cref="MissingRequirementException">
    /// No QEMU, busybox or apt; the mirror does not answer.
    /// </exception>
    public static KernelLabResult Run(
        KernelLabOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        IReadOnlyList<GuestChecks.Check> checks = GuestChecks.Of(options);
        GuestTools.Require(GuestTools.ToBoot, options.Program);
        KernelPackages packages = new(options.Cache);
        List<GuestRow> rows = [];
        foreach (string version in options.Versions)
        {
            cancel.ThrowIfCancellationRequested();
            progress($"{version}: looking for it");
            if (packages.Find(version, cancel) is { } kernel)
                rows.AddRange(Boot(kernel, checks, options, progress, cancel));
            else
                rows.Add(new GuestRow(
                    version, "", "-", GuestVerdict.NotOffered, "not obtainable from the mirror",
                    Repeat(version, null, options)));
        }

        return new KernelLabResult(rows, options);
    }

    /// <summary>A shell in a kernel, on this terminal.</summary>
    /// <exception cref="MissingRequirementException">As <see cref="Run"/>.</exception>
    public static int Shell(KernelLabOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        GuestTools.Require(GuestTools.ToBoot, options.Program);
        if (options.Versions.Count != 1)
            throw new BadInputException("--shell takes one kernel: --kernel 7.3");
        GuestKernel kernel = new KernelPackages(options.Cache).Find(options.Versions[0], cancel)
            ?? throw new MissingRequirementException(
                $"{options.Versions[0]} is not obtainable from the mirror");
        return Guest.Shell(kernel, options.Program, options);
    }

    private static IEnumerable<GuestRow> Boot(
        GuestKernel kernel, IReadOnlyList<GuestChecks.Check> checks, KernelLabOptions options,
        Action<string> progress, CancellationToken cancel)
    {
        string job = GuestJob.Of(checks.SelectMany(check => check.Commands));
        string? results = null;
        for (int boot = 1; boot <= 2 && results is null; boot++)
        {
            progress($"{kernel.Version}: boot {boot} of {kernel.Release}");
            results = Guest.Run(
                kernel, options.Program, job, options,
                line => progress($"{kernel.Version}: {line}"), cancel);
        }

        IReadOnlyDictionary<string, GuestOutput> outputs = GuestJob.Parse(results ?? "");
        foreach (GuestChecks.Check check in checks)
        {
            (GuestVerdict verdict, string detail) = results is null
                ? (GuestVerdict.Failed, "the guest hung in two boots")
                : check.Read(outputs);
            yield return new GuestRow(
                kernel.Version, kernel.Release, check.Name, verdict, detail,
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
