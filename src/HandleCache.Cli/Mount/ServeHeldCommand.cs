using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Mounting;
using HandleCache.Server.Mounting;

namespace HandleCache.Cli.Mount;

/// <summary>
/// The hidden command that who holds a device starts as its server, any number of times.
/// </summary>
internal static class ServeHeldCommand
{
    private static readonly Argument<string> Source = new("SOURCE")
    {
        Description = "The directory to serve",
    };

    private static readonly Option<int> Device = new("--device")
    {
        Description = "Descriptor of the device",
        Required = true,
    };

    private static readonly Option<string> Init = new("--init")
    {
        Description = "The kernel's INIT, hexadecimal",
        Required = true,
    };

    private static readonly Option<ulong> Life = new("--life")
    {
        Description = "Which server of this mount it is, from 1",
        Required = true,
    };

    private static readonly Option<int> Parent = new("--parent")
    {
        Description = "Process id of the holder; the server dies with it",
        Required = true,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe names",
    };

    private static readonly Option<uint> Generation = new("--generation")
    {
        Description = "Of the nodeids that are given out",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string> Design = new("--design")
    {
        Description = "What it speaks, as written",
        Required = true,
    };

    private static readonly Option<bool> Export = new("--export")
    {
        Description = "Handles of the mount may be opened after their inodes are forgotten",
    };

    public static Command Build()
    {
        Command command = new(
            ServerProcess.HeldCommandName, "Serve a directory on a device that another holds")
        {
            Source, Device, Init, Life, Parent, Timeout, Generation, Design,
            Export,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Serve(parsed)));
        return command;
    }

    private static int Serve(ParseResult parsed)
    {
        MountOptions options = new()
        {
            Source = parsed.GetRequiredValue(Source),
            MountPoint = "",
            TimeoutSeconds = parsed.GetValue(Timeout),
            Generation = parsed.GetValue(Generation),
            Export = parsed.GetValue(Export),
            Dialect = DesignFiles.Load(parsed.GetRequiredValue(Design)).Wire.ToDialect(),
        };
        byte[] init = Hex(parsed.GetRequiredValue(Init));
        int device = parsed.GetValue(Device);
        ulong life = parsed.GetValue(Life);
        ChildProcess.Run(
            parsed.GetValue(Parent), () => HeldServing.Run(device, init, life, options));
        return ExitCode.Success;
    }

    private static byte[] Hex(string text)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException e)
        {
            throw new BadInputException($"--init: {e.Message}", e);
        }
    }
}
