using System.CommandLine;
using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Validate;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Validate;

/// <summary><c>handlecache validate</c>: checks the model against the running kernel.</summary>
internal static class ValidateCommand
{
    /// <summary>A year.</summary>
    private const double MostSoakMinutes = 366 * 24 * 60;

    private static readonly Option<ulong?> Seed = new("--seed")
    {
        Description = "Seed of tree and workload (default: from the clock, printed)",
    };

    private static readonly Option<string?> Source = new("--source")
    {
        Description = "Serve this directory instead of a generated tree (read-only)",
    };

    private static readonly Option<bool> Write = new("--write")
    {
        Description = "Let the workload write to --source (in directories of its own)",
    };

    private static readonly Option<string?> TreeOn = new("--tree-on")
    {
        Description = "Put the generated tree in this directory (default: temporary folder)",
    };

    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files of the generated tree",
        DefaultValueFactory = _ => 2000,
    };

    private static readonly Option<int> Directories = new("--directories")
    {
        Description = "Directories of the generated tree",
        DefaultValueFactory = _ => 100,
    };

    private static readonly Option<int> Operations = new("--operations")
    {
        Description = "Steps of the workload",
        DefaultValueFactory = _ => 6000,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe entries and attributes",
        DefaultValueFactory = _ => 0.05,
    };

    private static readonly Option<string> Strategy = new("--strategy")
    {
        Description = "Storage of handles in the model, as sweep spells it",
        DefaultValueFactory = _ => "inline:12",
    };

    private static readonly Option<ReadDirPlusMode> ReadDirPlus = new("--readdirplus")
    {
        Description = "List with READDIRPLUS: off, on or auto",
        DefaultValueFactory = _ => ReadDirPlusMode.Auto,
    };

    private static readonly Option<EvictionMethod> Evict = new("--evict")
    {
        Description = "How inodes are evicted: auto, prune or invalentry",
    };

    private static readonly Option<bool> DropCaches = new("--drop-caches")
    {
        Description = "Also drop the machine's caches, to count slab objects and pages",
    };

    private static readonly Option<string?> Record = new("--record")
    {
        Description = "Record the traffic in this file for replay",
    };

    private static readonly Option<int> Scripts = new("--scripts")
    {
        Description = "Random scripts of the differential part; 0 leaves it out",
        DefaultValueFactory = _ => 300,
    };

    private static readonly Option<int> DialectScripts = new("--dialect-scripts")
    {
        Description = "Random scripts of each dialect; at most --scripts unless given",
        DefaultValueFactory = _ => 300,
    };

    private static readonly ShardOption Shards = new(
        "scripts, for a --seed that all have; the workload is part 1's");

    private static readonly Option<double?> Soak = new("--soak")
    {
        Description = "Minutes the differential part goes on, or until Ctrl-C",
    };

    private static readonly Option<string?> Break = new("--break")
    {
        Description = "Put a known fault into model or server ('list' names them): must diverge",
    };

    private static readonly Option<string> ModelKernel = SharedOptions.ModelKernel();

    private static readonly DriverOption Driver = new();

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(ValidateDocument));

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(
            dialects, "Servers speak it, its scripts are compared (default: thread, all)");
        Command command = new(
            "validate", "Mount a file system, drive it, check every request against the model")
        {
            Seed, Source, Write, TreeOn, Files, Directories, Operations, Timeout, Strategy,
            ReadDirPlus, Evict, DropCaches, Record, Scripts, DialectScripts, Soak, Break,
            ModelKernel, Json,
        };
        dialect.AddTo(command);
        Shards.AddTo(command);
        Driver.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        if (parsed.GetValue(Break) == "list")
        {
            foreach (string line in ValidateFaults.Listing())
                Console.Out.WriteLine(line);
            return ExitCode.Success;
        }

        ValidateOptions options = OptionsOf(parsed, dialect);
        using Interrupt interrupt = new();
        ValidateResult result = ValidateExperiment.Run(
            options, line => Console.Error.WriteLine(line), interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => new ValidateDocument(JsonOutput.SchemaVersion, result),
            output => ValidateText.Write(output, result),
            result.Seed);
        if (result.IsInterrupted)
            return ExitCode.Interrupted;
        return result.Verdict switch
        {
            "match" => ExitCode.Success,
            "undecided" => ExitCode.Undecided,
            _ => ExitCode.CheckFailed,
        };
    }

    private static ValidateOptions OptionsOf(ParseResult parsed, DialectOption dialect)
    {
        if (!HandleStrategy.TryParse(parsed.GetValue(Strategy), out HandleStrategy strategy))
        {
            throw new BadInputException(
                $"--strategy: '{parsed.GetValue(Strategy)}' is not one of none, inline:N, "
                + "inline:N+cache:M, inline-only:N, static:N, pointer, pointer-max:N "
                + "with N and M from 0 to 128");
        }

        ServerFault? inServer = ServerFault.Find(parsed.GetValue(Break) ?? "");
        if (inServer is not null && dialect.IsGiven(parsed))
            throw new BadInputException($"--break {inServer.Name} goes without --dialect");
        ValidateOptions options = new()
        {
            Driver = Driver.Of(parsed),
            Seed = parsed.GetValue(Seed) ?? unchecked((uint)DateTime.UtcNow.Ticks),
            Source = parsed.GetValue(Source),
            Write = parsed.GetValue(Write),
            TreeOn = parsed.GetValue(TreeOn),
            Files = SharedOptions.Range(parsed, Files, 1, 1_000_000),
            Directories = SharedOptions.Range(parsed, Directories, 1, 10_000),
            Operations = SharedOptions.Range(parsed, Operations, 1, 100_000_000),
            TimeoutSeconds = parsed.GetValue(Timeout),
            Strategy = strategy,
            ReadDirPlus = parsed.GetValue(ReadDirPlus),
            Eviction = parsed.GetValue(Evict),
            DropCaches = parsed.GetValue(DropCaches),
            Record = parsed.GetValue(Record),
            Scripts = SharedOptions.Range(parsed, Scripts, 0, 100_000_000),
            DialectScripts = parsed.GetResult(DialectScripts) is { Implicit: false }
                ? SharedOptions.Range(parsed, DialectScripts, 0, 100_000_000)
                : Math.Min(
                    SharedOptions.Range(parsed, Scripts, 0, 100_000_000),
                    new ValidateOptions { Seed = 0 }.DialectScripts),
            Shard = Shards.Of(parsed),
            Soak = parsed.GetValue(Soak) is { } minutes ? SoakOf(minutes) : null,
            ModelKernel = parsed.GetValue(ModelKernel)!,
            Dialect = dialect.One(
                parsed, inServer is null ? Dialect.Default : Dialect.Classic).Dialect,
            Dialects = [.. dialect.Several(parsed)
                .Where(spoken => spoken.HasOwnMessages || dialect.IsGiven(parsed))],
            Break = parsed.GetValue(Break) is { } name && inServer is null
                ? ValidateFaults.Parse(name)
                : null,
            BreakServer = inServer,
        };
        if (!(options.TimeoutSeconds is >= 0 and <= 86400))
            throw new BadInputException("--timeout: 0 to 86400 seconds");
        if (!options.Shard.IsWhole)
        {
            if (parsed.GetValue(Seed) is null || options.Soak is not null)
            {
                throw new BadInputException(
                    "--shard needs the --seed of the whole run, and no --soak");
            }

            options.Shard.RequireWork(options.Scripts, "scripts");
        }

        if (options.Write && options.Source is null)
            throw new BadInputException("--write goes with --source");
        return options;
    }

    private static TimeSpan SoakOf(double minutes) => minutes is > 0 and <= MostSoakMinutes
        ? TimeSpan.FromMinutes(minutes)
        : throw new BadInputException(string.Create(
            CultureInfo.InvariantCulture,
            $"--soak: more than 0, at most {MostSoakMinutes} minutes"));
}
