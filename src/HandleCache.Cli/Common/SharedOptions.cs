using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using HandleCache.Lab;
using HandleCache.Lab.Kernels;

namespace HandleCache.Cli.Common;

/// <summary>Options that many commands have, with one spelling and one text.</summary>
internal static class SharedOptions
{
    /// <param name="documents">What the command prints then.</param>
    public static JsonOption Json(params Type[] documents) => new(documents);

    /// <summary>Whose rules the modelled kernel follows where kernels differ.</summary>
    /// <param name="otherwise">The default.</param>
    public static Option<string> ModelKernel(string otherwise = KernelProfiles.RunningName)
    {
        Option<string> option = new("--model-kernel")
        {
            Description =
                "Version the modelled kernel follows: 6.12, 6.18, ..., this, or FILE.json",
            DefaultValueFactory = _ => otherwise,
        };
        option.CompletionSources.Add(KernelNames);
        return option;
    }

    /// <summary>Kernels that have a name.</summary>
    public static string[] KernelNames =>
        [.. KernelProfiles.ShippedNames, KernelProfiles.RunningName];

    /// <summary>The single file that runs inside of guests.</summary>
    public static Option<string?> Program() => new("--program")
    {
        Description = "The single file of eng/publish; default: this program, if it is one",
    };

    /// <summary>Where packages of kernels are kept.</summary>
    public static Option<string?> Cache() => new("--cache")
    {
        Description = "Folder for packages and kernels; default: ~/.cache/handlecache",
    };

    /// <summary>Folder of <see cref="Cache"/>.</summary>
    public static string CacheOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? CacheIn(Environment.GetEnvironmentVariable("HOME"));

    /// <summary>
    /// The cache of a user whose home folder this is. By the variable alone: passwd(5) may be
    /// served by libraries that a static program cannot load.
    /// </summary>
    /// <exception cref="BadInputException">He has none.</exception>
    internal static string CacheIn(string? home) =>
        string.IsNullOrEmpty(home)
            ? throw new BadInputException("HOME is not set: name a folder by --cache")
            : Path.Combine(home, ".cache", "handlecache");

    /// <summary>File of <see cref="Program"/>.</summary>
    /// <exception cref="MissingRequirementException">None given, and this is none.</exception>
    public static string ProgramOf(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is { } given)
            return given;
        bool isOneFile = !RuntimeFeature.IsDynamicCodeSupported;
        return isOneFile && Environment.ProcessPath is { } path
            ? path
            : throw new MissingRequirementException(
                "a guest has no .NET runtime: run eng/publish, then artifacts/handlecache "
                + "kernels, or give --program artifacts/handlecache");
    }

    /// <summary>Words given with commas, or by several options.</summary>
    public static List<string> Words(string[]? given) =>
        [.. (given ?? []).SelectMany(text => text.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

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
