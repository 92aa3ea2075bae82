using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Report;
using HandleCache.Cli.Sweep;
using HandleCache.Lab;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Kernels;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Design;

/// <summary>`design`: one page about one proposal, written as a file.</summary>
internal static class DesignCommand
{
    private static readonly Argument<string?> Name = new("design")
    {
        Description = "FILE.json, or one of " + string.Join(", ", DesignFiles.ShippedNames),
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Against = new("--against")
    {
        Description = "Designs to put beside it, with commas",
    };

    private static readonly Option<string[]> Kernels = new("--kernel")
    {
        Description = "Kernels to reckon memory with, with commas; default: this, or that of --btf",
    };

    private static readonly BtfOptions Btf = new();

    private static readonly Option<int?> Cpus = new("--cpus")
    {
        Description = "CPUs present; default: the kernel's",
    };

    private static readonly Option<string?> FileSystem = SweepCommand.FileSystemOption();
    private static readonly Option<string?> Handles = SweepCommand.HandlesOption();

    private static readonly Option<string?> Strategy = new("--strategy")
    {
        Description = "Storage in place of the design's own",
    };

    private static readonly Option<int> Histories = new("--histories")
    {
        Description = "Random histories behind the exhaustive ones, 0..1000000",
        DefaultValueFactory = _ => 200,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of the random histories",
        DefaultValueFactory = _ => 1,
    };

    private static readonly ShardOption Shards = new("random histories");

    private static readonly Option<string?> New = new("--new")
    {
        Description = "Write a commented file to edit, and nothing else",
    };

    private static readonly Option<string> From = new("--from")
    {
        Description = "The shipped design that --new begins with",
        DefaultValueFactory = _ => "thread",
    };

    private static readonly Option<bool> Patch = new("--patch")
    {
        Description = "Print the structs of the design as C, and nothing else",
    };

    private static readonly Option<bool> FileSchema = new("--file-schema")
    {
        Description = "Print the JSON schema of a design file, and nothing else",
    };

    private static readonly Option<string?> Html = new("--html")
    {
        Description = "Write the page as one HTML file, too",
    };

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(DesignDocument));

    public static Command Build()
    {
        Command command = new(
            "design", "What one proposal costs, sends, recovers and gets wrong")
        {
            Name, Against, Kernels, Cpus, FileSystem, Handles, Strategy, Histories, Seed, New,
            From, Patch, FileSchema, Html, Json,
        };
        Btf.AddTo(command);
        Shards.AddTo(command);
        Name.CompletionSources.Add([.. DesignFiles.ShippedNames]);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(FileSchema))
        {
            Console.Out.Write(DesignSchema.Text);
            return ExitCode.Success;
        }

        if (parsed.GetValue(New) is { } path)
            return Write(path, parsed.GetValue(From)!);
        string design = parsed.GetValue(Name) ?? throw new BadInputException(
            "give a design: FILE.json, or one of " + string.Join(", ", DesignFiles.ShippedNames));
        if (parsed.GetValue(FileSystem) is null && parsed.GetValue(Handles) is null
            && !parsed.GetValue(Patch))
        {
            throw new BadInputException("give --filesystem NAME or --handles FILE");
        }

        BtfChoice? btf = Btf.Choice(parsed, null);
        List<string> named = Words(parsed.GetValue(Kernels));
        DesignRequest request = new()
        {
            Design = design,
            Against = Words(parsed.GetValue(Against)),
            Kernels = named.Count > 0 || btf is not null ? named : [KernelProfiles.RunningName],
            Btf = btf,
            Cpus = parsed.GetValue(Cpus),
            FileSystem = parsed.GetValue(FileSystem),
            HandlesFile = parsed.GetValue(Handles),
            Strategy = parsed.GetValue(Strategy) is { } text ? ParseStrategy(text) : null,
            Histories = SharedOptions.Range(parsed, Histories, 0, 1_000_000),
            Seed = parsed.GetValue(Seed),
            Shard = Shards.Of(parsed),
        };
        if (parsed.GetValue(Patch))
        {
            Console.Out.Write(DesignPatch.Of(
                DesignFiles.Load(request.Design),
                [.. request.Profiles()]));
            return ExitCode.Success;
        }

        string? html = parsed.GetValue(Html);
        ResultPlace.RequireFile(html);
        ResultPlace.RequireOther(html, request.Design, request.HandlesFile, btf?.Path);
        if (!request.Shard.IsWhole)
            request.Shard.RequireWork(request.Histories, "random histories");
        using Interrupt interrupt = new();
        DesignResult result = DesignExperiment.Run(request, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => DesignDocument.Of(request, result),
            () => DesignText.Of(result));
        return CommandRunner.Besides(() =>
        {
            if (html is not null)
                HtmlPage.Write(html, DesignHtml.Of(request, result));
        });
    }

    private static int Write(string path, string from)
    {
        byte[] text = DesignFiles.Shipped(from);
        if (File.Exists(path))
            throw new BadInputException($"{path}: exists already");
        try
        {
            File.WriteAllBytes(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }

        Console.Out.Write($"{path} written; try: handlecache design {path} --filesystem ext4\n");
        return ExitCode.Success;
    }

    private static HandleStrategy ParseStrategy(string text) =>
        HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error)
            ? strategy
            : throw new BadInputException(error);

    private static List<string> Words(string[]? given) =>
        [.. (given ?? []).SelectMany(text => text.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
