using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Survey;
using HandleCache.Cli.Sweep;
using HandleCache.Lab;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Plots;
using HandleCache.Lab.Survey;
using HandleCache.Lab.Sweep;
using HandleCache.Lab.Validate;
using HandleCache.Model;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Report;

/// <summary>`report`: one self-contained HTML page to send.</summary>
internal static class ReportCommand
{
    private static readonly string[] DefaultMixes = ["ext4", "btrfs", "container-host"];
    private static readonly string[] DefaultKernels = ["6.1", "6.18", "7.3"];

    public static Command Build()
    {
        Option<string> html = new("--html")
        {
            Description = "The page to write",
            Required = true,
        };
        Option<string[]> fileSystems = new("--filesystem")
        {
            Description = "Mixes to sweep, may be given again; default: "
                + string.Join(", ", DefaultMixes),
        };
        Option<string[]> handles = new("--handles")
        {
            Description = "Mixes from files, as `survey --save` writes them",
        };
        Option<string[]> kernels = new("--kernel")
        {
            Description = "Kernels, may be given again; default: "
                + string.Join(", ", DefaultKernels),
        };
        BtfOptions btf = new();
        Option<int?> cpus = new("--cpus") { Description = "CPUs present; default: the kernel's" };
        Option<string[]> survey = new("--survey")
        {
            Description = "Also survey this tree; may be given again",
        };
        Option<string[]> designs = new("--design")
        {
            Description = "Compare this design of your own, too; may be given again",
            HelpName = "file",
        };
        Option<bool> json = SharedOptions.Json(typeof(ReportDocument));
        Command command = new("report", "One HTML page of sweep, compare and survey")
        {
            html, fileSystems, handles, kernels, cpus, survey, designs,
            json,
        };
        btf.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            string file = parsed.GetValue(html)!;
            ResultPlace.RequireFile(file);
            Gnuplot.Require();
            using Interrupt interrupt = new();
            string[] files = parsed.GetValue(handles) ?? [];
            ResultPlace.RequireOther(file, [.. files, .. parsed.GetValue(designs) ?? []]);
            string[] given = parsed.GetValue(fileSystems) ?? [];
            string[] mixes = given.Length + files.Length == 0 ? DefaultMixes : given;
            BtfChoice? fromFile = btf.Choice(parsed, null);
            string[] named = parsed.GetValue(kernels) ?? [];
            List<KernelChoice> versions =
            [
                .. (named.Length == 0 && fromFile is null ? DefaultKernels : named)
                    .Select(name => new KernelChoice(name, null)),
            ];
            if (fromFile is not null)
                versions.Add(new KernelChoice(KernelProfiles.RunningName, fromFile));
            List<(string? Name, string? File)> chosen =
            [
                .. mixes.Select(name => ((string?)name, (string?)null)),
                .. files.Select(path => ((string?)null, (string?)path)),
            ];
            ReportHtml.Run<SweepRequest, SweepResult>[] sweeps =
            [
                .. from mix in chosen
                   from version in versions
                   select Sweep(mix, version, parsed.GetValue(cpus), interrupt.Token),
            ];
            string page = ReportHtml.Of(
                sweeps,
                Compare(
                    chosen[^1], versions[^1], parsed.GetValue(cpus),
                    parsed.GetValue(designs) ?? [], interrupt.Token),
                Survey(parsed.GetValue(survey) ?? [], interrupt.Token),
                KernelRelease.Read());
            HtmlPage.Write(file, page);
            CommandRunner.Report(
                parsed,
                () => Document(file, page, sweeps, chosen, versions),
                () => $"{file}: {page.Length} bytes, {sweeps.Length} sweeps\n");
            return ExitCode.Success;
        }));
        return command;
    }

    private static ReportDocument Document(
        string file, string page, ReportHtml.Run<SweepRequest, SweepResult>[] sweeps,
        List<(string? Name, string? File)> mixes, List<KernelChoice> kernels) => new(
        JsonOutput.SchemaVersion,
        ProfileSource.Derived,
        file,
        page.Length,
        new ReportDocument.ReportChoices(
            [.. mixes.Select(m => m.Name ?? m.File)],
            [.. kernels.Select(k => k.Btf?.Path ?? k.Name)]),
        [.. sweeps.Select(s => SweepAnswer.Of(s.Request, s.Result))]);

    private static ReportHtml.Run<SweepRequest, SweepResult> Sweep(
        (string? Name, string? File) mix, KernelChoice kernel, int? cpus, CancellationToken cancel)
    {
        SweepRequest request = new()
        {
            FileSystem = mix.Name,
            HandlesFile = mix.File,
            Kernel = kernel.Name,
            Btf = kernel.Btf,
            Cpus = cpus,
        };
        return new(
            $"handlecache sweep {MixText(mix)} {kernel}{CpusText(cpus)}",
            request, SweepExperiment.Run(request, cancel));
    }

    /// <summary>All dialects, and the designs that were given.</summary>
    private static ReportHtml.Run<CompareRequest, CompareResult> Compare(
        (string? Name, string? File) mix, KernelChoice kernel, int? cpus, string[] designs,
        CancellationToken cancel)
    {
        IReadOnlyList<Dialect> posted = new CompareRequest().Dialects;
        CompareRequest request = new()
        {
            FileSystem = mix.Name,
            HandlesFile = mix.File,
            Kernel = kernel.Name,
            Btf = kernel.Btf,
            Cpus = cpus,
            Dialects =
            [
                .. posted,
                .. designs.Select(file => DesignFiles.Load(file).Wire.ToDialect()),
            ],
        };
        string only = designs.Length == 0 ? "" : " " + string.Join(
            ' ', posted.Select(d => d.Name).Concat(designs).Select(name => $"--dialect {name}"));
        return new(
            $"handlecache compare {MixText(mix)} {kernel}{CpusText(cpus)}{only}",
            request, CompareExperiment.Run(request, cancel));
    }

    private static ReportHtml.Run<SurveyRequest, SurveyResult>? Survey(
        string[] paths, CancellationToken cancel)
    {
        if (paths.Length == 0)
            return null;
        SurveyRequest request = new() { Paths = paths, StayInMount = true };
        return new(
            $"handlecache survey --xdev {string.Join(' ', paths)}",
            request, SurveyBar.Run(request, cancel));
    }

    /// <summary>A kernel of a sweep: by name, or by a file.</summary>
    private sealed record KernelChoice(string Name, BtfChoice? Btf)
    {
        public override string ToString() =>
            Btf is null ? $"--kernel {Name}" : BtfOptions.Text(Btf).TrimStart();
    }

    private static string MixText((string? Name, string? File) mix) =>
        mix.Name is null ? $"--handles {mix.File}" : $"--filesystem {mix.Name}";

    private static string CpusText(int? cpus) => cpus is null ? "" : $" --cpus {cpus}";
}
