using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Mounting;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Mount;

/// <summary><c>handlecache mount</c>: serves a directory until Ctrl-C or umount.</summary>
internal static class MountCommand
{
    private static readonly Argument<string> Source = new("SOURCE")
    {
        Description = "The directory to serve; its file system must have file handles",
    };

    private static readonly Argument<string> MountPoint = new("MOUNTPOINT")
    {
        Description = "An existing directory",
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe entries and attributes",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<ReadDirPlusMode> ReadDirPlus = new("--readdirplus")
    {
        Description = "List with READDIRPLUS: off, on or auto",
        DefaultValueFactory = _ => ReadDirPlusMode.Auto,
    };

    private static readonly Option<bool> Export = new("--export")
    {
        Description = "Let handles of the mount be opened after their inodes are forgotten",
    };

    private static readonly Option<bool> Stateless = new("--stateless")
    {
        Description = "As --export, and handles stay good after a restart and another mount: "
            + "nodeids are the source's handles (a whole ext4, xfs or tmpfs)",
    };

    private static readonly Option<bool> Writeback = new("--writeback")
    {
        Description = "Let the kernel write back data later",
    };

    private static readonly Option<bool> ReadOnly = new("--read-only")
    {
        Description = "Mount read-only",
    };

    private static readonly Option<bool> Keep = new("--keep")
    {
        Description = "Survive the death of the server: restart it, rebind by handle",
    };

    private static readonly Option<string?> Record = new("--record")
    {
        Description = "Record the traffic in this file for replay; goes with the model",
    };

    private static readonly Option<bool> Model = new("--model")
    {
        Description = "Check the traffic against the model; the checks are printed at the end",
    };

    private static readonly Option<MountChannel> Channel = new("--channel")
    {
        Description = "What carries requests: device (/dev/fuse) or ring (io_uring)",
        DefaultValueFactory = _ => MountChannel.Device,
    };

    private static readonly Option<BackingMode> Backing = new("--backing")
    {
        Description = "Let the kernel read and write the source's files by itself: auto, on or "
            + "off (root, Linux 6.9)",
        DefaultValueFactory = _ => BackingMode.Auto,
    };

    private static readonly Option<int> Workers = new("--workers")
    {
        Description = "Threads that read from /dev/fuse",
        DefaultValueFactory = _ => Math.Max(2, Environment.ProcessorCount),
    };

    private static readonly DriverOption Driver = new();

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(
            dialects,
            "What the server speaks (default: classic; with --model or --keep: thread)");
        Command command = new("mount", "Serve a directory on a mount point until Ctrl-C")
        {
            Source, MountPoint, Timeout, ReadDirPlus, Export, Stateless, Writeback, ReadOnly,
            Keep, Model, Record, Channel, Backing, Workers,
        };
        dialect.AddTo(command);
        Driver.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    /// <summary>
    /// The time in milliseconds, so that mounts a few of them apart have different ones for seven
    /// weeks; never 0 or 1, which the root and stateless nodeids have.
    /// </summary>
    private static uint NewGeneration() =>
        unchecked((uint)(DateTime.UtcNow.Ticks / TimeSpan.TicksPerMillisecond)) | 2;

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        bool isModelled = parsed.GetValue(Model) || parsed.GetValue(Record) is not null;
        DialectOption.Chosen spoken = dialect.One(
            parsed,
            isModelled || parsed.GetValue(Keep) ? Dialect.Default : Dialect.Classic);
        MountOptions options = new()
        {
            Driver = Driver.Of(parsed),
            Source = parsed.GetRequiredValue(Source),
            MountPoint = parsed.GetRequiredValue(MountPoint),
            TimeoutSeconds = parsed.GetValue(Timeout),
            ReadDirPlus = parsed.GetValue(ReadDirPlus),
            Export = parsed.GetValue(Export),
            Stateless = parsed.GetValue(Stateless),
            Generation = NewGeneration(),
            Writeback = parsed.GetValue(Writeback),
            ReadOnly = parsed.GetValue(ReadOnly),
            Keep = parsed.GetValue(Keep),
            Dialect = spoken.Dialect,
            DialectName = spoken.Text,
            Model = isModelled,
            Record = parsed.GetValue(Record),
            Channel = parsed.GetValue(Channel),
            Backing = parsed.GetValue(Backing),
            Workers = parsed.GetValue(Workers),
        };
        using Interrupt interrupt = new();
        MountOutcome outcome = MountRun.Run(
            options,
            () => MountText.Mounted(Console.Error, options),
            line => Console.Error.WriteLine($"handlecache: {line}"),
            interrupt.Token);
        if (options.Model)
            MountText.Checks(Console.Out, outcome);
        if (outcome.Keeper is { } counts)
            MountText.Kept(Console.Out, counts);
        RepeatLine.Write(Console.Out, parsed);
        return outcome.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
