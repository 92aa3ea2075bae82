using System.CommandLine;
using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab;
using HandleCache.Lab.Memory;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>`layout`: struct fuse_inode with the handle slot placed, and what it costs.</summary>
internal static class LayoutCommand
{
    /// <summary>FANOTIFY_INLINE_FH_LEN, in bytes.</summary>
    private const string DefaultInline = "12";

    private const string NoSlot = "none";

    public static Command Build()
    {
        Option<string> header = new("--header")
        {
            Description = "Header of the slot: " + HandleHeader.KnownNames,
            DefaultValueFactory = _ => "fanotify",
        };
        Option<string?> inline = new("--inline")
        {
            Description = "Inline bytes, 0..160, several with commas, or none (default 12)",
        };
        Option<string?> after = new("--after") { Description = "Place behind this member" };
        Option<bool> bestHole = new("--best-hole")
        {
            Description = "Place where sizeof grows least",
        };
        Option<bool> sweep = new("--sweep")
        {
            Description = "The step table of inline lengths 0..160",
        };
        Option<bool> matrix = new("--matrix")
        {
            Description = "The cost with and without DAX, PASSTHROUGH, memcg, by CPUs",
        };
        Option<string> kernel = SlabCommand.KernelOption();
        Option<int?> cpus = new("--cpus") { Description = "CPUs present; default: the kernel's" };
        BtfOptions btf = new();
        Option<string> structName = new("--struct")
        {
            Description = "Struct to show",
            DefaultValueFactory = _ => "fuse_inode",
        };
        Option<bool> json = SharedOptions.Json(typeof(LayoutDocument));
        Command command = new(
            "layout", "Layout of struct fuse_inode with a handle slot, pahole style")
        {
            header, inline, after, bestHole, sweep, matrix, kernel, cpus, structName, json,
        };
        btf.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            string name = parsed.GetValue(structName)!;
            string inlineText = parsed.GetValue(inline)
                ?? (name == "fuse_inode" ? DefaultInline : NoSlot);
            LayoutRequest request = new()
            {
                Kernel = parsed.GetValue(kernel)!,
                Cpus = parsed.GetValue(cpus),
                Btf = btf.Choice(parsed, kernel),
                Struct = name,
                Header = ParseHeader(parsed.GetValue(header)!),
                InlineLengths = ParseLengths(inlineText),
                Placement = ParsePlacement(parsed.GetValue(after), parsed.GetValue(bestHole)),
                Sweep = parsed.GetValue(sweep),
                Matrix = parsed.GetValue(matrix),
            };
            LayoutResult result = LayoutExperiment.Run(request);
            CommandRunner.Report(
                parsed,
                () => LayoutDocument.Of(request, result),
                () => LayoutText.Of(request, result));
            return ExitCode.Success;
        }));
        return command;
    }

    internal static HandleHeader ParseHeader(string text) =>
        HandleHeader.TryParse(text, out HandleHeader header)
            ? header
            : throw new BadInputException(
                $"unknown header '{text}'; known: {HandleHeader.KnownNames}");

    private static int[] ParseLengths(string text) =>
        text == NoSlot ? [] : [.. text.Split(',').Select(ParseLength)];

    /// <summary>One inline length, its range unchecked.</summary>
    internal static int ParseLength(string text) => int.TryParse(
        text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int bytes)
        ? bytes
        : throw new BadInputException($"inline length '{text}': not a number and not none");

    private static SlotPlacement ParsePlacement(string? after, bool bestHole)
    {
        if (after is not null && bestHole)
            throw new BadInputException("--after and --best-hole are two places; give one");
        if (bestHole)
            return SlotPlacement.BestHole;
        return after is null ? SlotPlacement.End : SlotPlacement.After(after);
    }
}
