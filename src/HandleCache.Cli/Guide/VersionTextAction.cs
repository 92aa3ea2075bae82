using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Cli.Common;
using HandleCache.Lab.Validate;

namespace HandleCache.Cli.Guide;

/// <summary>--version: what a report of a fault must name.</summary>
internal sealed class VersionTextAction : SynchronousCommandLineAction
{
    public const string Option = "--version";

    /// <summary>Puts it where the parser's own was.</summary>
    public static void Install(RootCommand root)
    {
        VersionOption version = root.Options.OfType<VersionOption>().Single();
        version.Description = "Print version, commit, runtime and kernel";
        version.Action = new VersionTextAction();
    }

    public override int Invoke(ParseResult parseResult) => CommandRunner.Run(parseResult, () =>
    {
        string made = RuntimeFeature.IsDynamicCodeSupported
            ? "compiled while it runs" : "compiled ahead of time";
        Console.Out.Write(
            $"handlecache {BuildVersion.Version}\n"
            + $"commit {BuildVersion.Commit}\n"
            + $"runtime {RuntimeInformation.FrameworkDescription}, {made}, "
            + $"{RuntimeInformation.RuntimeIdentifier}\n"
            + $"kernel {KernelRelease.Read()}\n");
        return ExitCode.Success;
    });
}
