using System.CommandLine;
using HandleCache.Lab;
using HandleCache.Lab.Kernels;

namespace HandleCache.Cli.Common;

/// <summary>--btf and --btf-base: a kernel that is read from a file of it.</summary>
internal sealed class BtfOptions
{
    private readonly Option<string?> _file = new("--btf")
    {
        Description = "Kernel to read instead: vmlinux, vmlinuz, BTF, module, .deb, .rpm",
    };

    private readonly Option<string?> _base = new("--btf-base")
    {
        Description = "The kernel of a module that --btf names, in any of these forms",
    };

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_base);
    }

    /// <summary>
    /// What was given, or null; the kernel of <paramref name="kernel"/>, where that was given,
    /// says whose rules hold.
    /// </summary>
    /// <exception cref="BadInputException">--btf-base without --btf.</exception>
    public BtfChoice? Choice(ParseResult parsed, Option<string>? kernel)
    {
        string? file = parsed.GetValue(_file);
        string? under = parsed.GetValue(_base);
        if (file is null && under is not null)
            throw new BadInputException("--btf-base is the kernel of a module: --btf names that");
        if (file is null)
            return null;
        bool named = kernel is not null && parsed.GetResult(kernel) is { Implicit: false };
        return new BtfChoice(file, under, named ? parsed.GetValue(kernel!) : null);
    }

    /// <summary>The options as they were given, for a command line that repeats a run.</summary>
    public static string Text(BtfChoice? choice) => choice is null
        ? ""
        : $" --btf {choice.Path}" + (choice.BasePath is { } b ? $" --btf-base {b}" : "");
}
