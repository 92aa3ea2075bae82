using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Sweep;
using HandleCache.Lab;
using HandleCache.Lab.Validate;
using HandleCache.Lab.Watch;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Watch;

/// <summary>`watch`: checks the traffic of somebody else's server against the model.</summary>
internal static class WatchCommand
{
    private const int MostEvictMs = 3_600_000;

    private static readonly Argument<string> MountPoint = new("MOUNTPOINT")
    {
        Description = "An existing directory",
    };

    private static readonly Argument<string[]> Server = new("SERVER")
    {
        Description = "Behind --: the server and its arguments; {} is where it mounts (/dev/fd/N), "
            + "else that is added at the end; it must stay in the foreground (libfuse: -f)",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> ReadOnly = new("--read-only")
    {
        Description = "Mount read-only",
    };

    private static readonly Option<bool> Reuses = new("--reuses-nodeids")
    {
        Description = "The server gives nodeids again for other objects while they are held",
    };

    private static readonly Option<string?> Record = new("--record")
    {
        Description = "Record the traffic in this file for replay",
    };

    private static readonly Option<string?> FileSystem = SweepCommand.FileSystemOption();
    private static readonly Option<string?> Handles = SweepCommand.HandlesOption();

    private static readonly DriverOption Driver = new();

    private static readonly Option<bool> FuserMount = ServerOptions.FuserMount();

    private static readonly Option<bool> DirectMount = ServerOptions.DirectMount();

    private static readonly Option<EvictionMethod?> Evict = new("--evict")
    {
        Description = "Make the kernel forget what nobody uses: auto, prune or invalentry",
    };

    private static readonly Option<int> EvictEvery = new("--evict-every")
    {
        Description = "Milliseconds between two evictions",
        DefaultValueFactory = _ => 1000,
    };

    private static readonly Option<int?> DropCaches = new("--drop-caches")
    {
        Description = "Drop dentries and inodes of the WHOLE MACHINE every so many seconds",
        HelpName = "seconds",
    };

    private static readonly Option<int?> RestartEvery = new("--restart-every")
    {
        Description = "Kill the server every so many seconds, start another in its place, and "
            + "report what survived",
        HelpName = "seconds",
    };

    private static readonly Option<bool> Live = new("--live")
    {
        Description = "Show rates, population and latencies twice a second on stderr",
    };

    private static readonly Option<string[]> Allow = ServerOptions.Allow();

    private static readonly Option<int> Patience = ServerOptions.Patience(30);

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(WatchDocument));

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(dialects, "Offer this to the server in INIT (default: none)");
        Command command = new("watch", "Mount somebody else's server and check its traffic")
        {
            MountPoint, Server, FuserMount, DirectMount, Evict, EvictEvery, DropCaches,
            RestartEvery, Live, ReadOnly, Reuses, Allow, Patience, Record, FileSystem, Handles,
            Json,
        };
        dialect.AddTo(command);
        Driver.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        WatchOptions options = new()
        {
            Driver = Driver.Of(parsed),
            MountPoint = parsed.GetRequiredValue(MountPoint),
            Command = parsed.GetRequiredValue(Server),
            FuserMount = parsed.GetValue(FuserMount),
            DirectMount = parsed.GetValue(DirectMount),
            Evict = parsed.GetValue(Evict),
            EvictEvery = TimeSpan.FromMilliseconds(
                SharedOptions.Range(parsed, EvictEvery, 1, MostEvictMs)),
            DropCachesEvery = Seconds(parsed, DropCaches),
            RestartEvery = Seconds(parsed, RestartEvery),
            ReadOnly = parsed.GetValue(ReadOnly),
            Allowed = SharedOptions.Words(parsed.GetValue(Allow)).ToHashSet(),
            Patience = TimeSpan.FromSeconds(
                SharedOptions.Range(parsed, Patience, 1, ServerOptions.MostPatience)),
            Dialect = dialect.One(parsed, Dialect.Classic).Dialect,
            ReusesNodeIds = parsed.GetValue(Reuses),
            FileSystem = parsed.GetValue(FileSystem),
            HandlesFile = parsed.GetValue(Handles),
            Record = parsed.GetValue(Record),
        };
        using Interrupt interrupt = new();
        WatchResult result = WatchRun.Run(
            options,
            () => WatchText.Mounted(Console.Error, options),
            line => Console.Error.WriteLine($"handlecache: {line}"),
            interrupt.Token,
            parsed.GetValue(Live) ? new WatchLive(Console.Error, options).Show : null);
        if (result.Ending is { } ending)
            Console.Error.WriteLine($"handlecache: {ending}");
        CommandRunner.Report(
            parsed,
            () => WatchDocument.Of(options, result),
            output => WatchText.Write(output, result));
        return result.Verdict == "match" ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static TimeSpan? Seconds(ParseResult parsed, Option<int?> option) =>
        parsed.GetValue(option) is not { } seconds ? null
        : seconds is >= 1 and <= ServerOptions.MostPatience ? TimeSpan.FromSeconds(seconds)
        : throw new BadInputException(
            $"{option.Name}: 1 to {ServerOptions.MostPatience} seconds");
}
