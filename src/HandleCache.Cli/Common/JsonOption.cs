using System.CommandLine;
using System.CommandLine.Invocation;

namespace HandleCache.Cli.Common;

/// <summary>--json of a command, and which documents it may print.</summary>
internal sealed class JsonOption : Option<bool>
{
    /// <param name="documents">Types of <see cref="JsonDocuments"/>, what is usual first.</param>
    public JsonOption(IReadOnlyList<Type> documents)
        : base("--json")
    {
        Description = "One JSON document on stdout, an error too";
        Arity = ArgumentArity.Zero;
        Documents = documents;
    }

    /// <summary>Types of <see cref="JsonDocuments"/>.</summary>
    public IReadOnlyList<Type> Documents { get; }

    /// <summary>The option of a command; null where it prints no document.</summary>
    public static JsonOption? Of(Command command) =>
        command.Options.OfType<JsonOption>().SingleOrDefault();

    /// <summary>Whether the command line asks for a document.</summary>
    public static bool IsGiven(ParseResult parsed) =>
        Of(parsed.CommandResult.Command) is { } option
        && parsed.GetResult(option) is { Implicit: false };
}

/// <summary>--schema: the JSON schema of what --json prints, whatever else is given.</summary>
internal sealed class SchemaOption : Option<bool>
{
    /// <param name="command">The command whose documents it describes.</param>
    /// <param name="json">Their option.</param>
    public SchemaOption(Command command, JsonOption json)
        : base("--schema")
    {
        Description = "Print the JSON schema of what --json prints, and nothing else";
        Arity = ArgumentArity.Zero;
        Action = new Print(command.Name, json);
    }

    private sealed class Print(string command, JsonOption json) : SynchronousCommandLineAction
    {
        /// <summary>The schema is given although an argument is missing.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult) => CommandRunner.Run(parseResult, () =>
        {
            Console.Out.WriteLine(JsonSchemas.Of(command, json.Documents));
            return ExitCode.Success;
        });
    }
}
