using System.CommandLine;
using HandleCache.Lab;
using HandleCache.Server;

namespace HandleCache.Cli.Common;

/// <summary>
/// Runs a command's body and turns what it throws into exit code and one line of stderr.
/// </summary>
internal static class CommandRunner
{
    /// <summary>
    /// Exit code of <paramref name="body"/>. An interrupt (Ctrl-C) ends with 130, as a shell
    /// expects; a closed pipe on stdout is silent. With --json the error is a document, too.
    /// </summary>
    public static int Run(ParseResult parsed, Func<int> body)
    {
        bool json = JsonOption.IsGiven(parsed);
        try
        {
            return Guarded(body, json);
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            return ExitCode.Success;
        }
    }

    /// <summary>
    /// Says on stderr why there is no result, and on stdout too, if a document is expected there:
    /// who reads JSON gets one document, whatever happened.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static int Fail(string message, int exitCode, bool json)
    {
        Console.Error.WriteLine($"handlecache: {message}");
        if (json)
            JsonOutput.Write(new ErrorDocument(JsonOutput.SchemaVersion, message, exitCode));
        return exitCode;
    }

    /// <summary>
    /// A command's result: the document where --json is given, else the text and below it the
    /// line that repeats the run.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="document">One of the documents that the command's --json names.</param>
    /// <param name="text">Writes the text.</param>
    /// <param name="seed">The seed that was drawn; null where the command draws none.</param>
    public static void Report<T>(
        ParseResult parsed, Func<T> document, Action<TextWriter> text, ulong? seed = null)
    {
        if (JsonOption.IsGiven(parsed))
        {
            JsonOutput.Write(document());
            return;
        }

        text(Console.Out);
        RepeatLine.Write(Console.Out, parsed, seed);
    }

    /// <summary>
    /// What a result is put into besides, once it is on stdout, so that a full disk costs the file
    /// alone: a failure is one line of stderr and the exit code, with --json too, since stdout
    /// has its document already.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static int Besides(Action write) => Guarded(
        () =>
        {
            write();
            return ExitCode.Success;
        },
        json: false);

    /// <inheritdoc cref="Report{T}(ParseResult, Func{T}, Action{TextWriter}, ulong?)"/>
    public static void Report<T>(
        ParseResult parsed, Func<T> document, Func<string> text, ulong? seed = null) =>
        Report(parsed, document, output => output.Write(text()), seed);

    private static int Guarded(Func<int> body, bool json)
    {
        try
        {
            return body();
        }
        catch (BadInputException e)
        {
            return Fail(e.Message, ExitCode.BadInput, json);
        }
        catch (MissingRequirementException e)
        {
            return Fail(e.Message, ExitCode.MissingRequirement, json);
        }
        catch (KernelLacksException e)
        {
            return Fail(e.Message, ExitCode.MissingRequirement, json);
        }
        catch (LabException e)
        {
            return Fail(e.Message, ExitCode.CheckFailed, json);
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted", ExitCode.Interrupted, json);
        }
        catch (Exception e) when (
            e is UnauthorizedAccessException || (e is IOException && e.HResult != BrokenPipe))
        {
            return Fail(e.Message, ExitCode.CheckFailed, json);
        }
    }

    /// <summary>errno EPIPE as .NET reports it on Unix.</summary>
    private const int BrokenPipe = 32;
}
