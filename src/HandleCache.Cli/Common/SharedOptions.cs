using System.CommandLine;
using System.Globalization;
using HandleCache.Lab;
using HandleCache.Lab.Kernels;

namespace HandleCache.Cli.Common;

/// <summary>Options that many commands have, with one spelling and one text.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json() => new("--json")
    {
        Description = "One JSON document on stdout",
    };

    /// <summary>Whose rules the modelled kernel follows where kernels differ.</summary>
    public static Option<string> ModelKernel() => new("--model-kernel")
    {
        Description = "Version the modelled kernel follows: 6.12, 6.18, ..., this, or FILE.json",
        DefaultValueFactory = _ => KernelProfiles.RunningName,
    };

    /// <summary>The value of an option; out of its range it is bad input.</summary>
    public static int Range(ParseResult parsed, Option<int> option, int least, int most)
    {
        int value = parsed.GetValue(option);
        return value >= least && value <= most
            ? value
            : throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture, $"{option.Name}: {least} to {most}"));
    }
}
