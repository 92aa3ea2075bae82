using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Mounting;
using HandleCache.Server.Mounting;

namespace HandleCache.Cli.Mount;

/// <summary>
/// The hidden command that mounts a directory on a kernel with handles and holds the device, and
/// nothing else, while its servers die.
/// </summary>
internal static class HoldCommand
{
    private static readonly Argument<string> Source = new("SOURCE")
    {
        Description = "The directory to serve",
    };

    private static readonly Argument<string> MountPoint = new("MOUNTPOINT")
    {
        Description = "An existing directory",
    };

    private static readonly Option<string> Design = new("--design")
    {
        Description = "What the kernel speaks, as prove takes it",
        Required = true,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe names",
        DefaultValueFactory = _ => 1000,
    };

    private static readonly Option<bool> Export = new("--export")
    {
        Description = "Handles of the mount may be opened after their inodes are forgotten",
    };

    private static readonly DriverOption Driver = new();

    public static Command Build()
    {
        Command command = new(HeldRun.CommandName, "Mount, and hold the device while servers die")
        {
            Source, MountPoint, Design, Timeout, Export,
        };
        Driver.AddTo(command);
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string design = parsed.GetRequiredValue(Design);
        MountOptions options = new()
        {
            Source = parsed.GetRequiredValue(Source),
            MountPoint = parsed.GetRequiredValue(MountPoint),
            Driver = Driver.Of(parsed),
            TimeoutSeconds = parsed.GetValue(Timeout),
            Export = parsed.GetValue(Export),
            Generation = 2,
            Dialect = DesignFiles.Load(design).Wire.ToDialect(),
            DialectName = design,
        };
        using Interrupt interrupt = new();
        HeldRun.Run(options, () => MountText.Mounted(Console.Error, options), interrupt.Token);
        return ExitCode.Success;
    }
}
