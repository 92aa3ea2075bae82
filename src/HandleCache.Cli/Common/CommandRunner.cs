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
    /// expects; a closed pipe on stdout is silent.
    /// </summary>
    public static int Run(Func<int> body)
    {
        try
        {
            return body();
        }
        catch (BadInputException e)
        {
            return Fail(e.Message, ExitCode.BadInput);
        }
        catch (MissingRequirementException e)
        {
            return Fail(e.Message, ExitCode.MissingRequirement);
        }
        catch (KernelLacksException e)
        {
            return Fail(e.Message, ExitCode.MissingRequirement);
        }
        catch (LabException e)
        {
            return Fail(e.Message, ExitCode.CheckFailed);
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted", ExitCode.Interrupted);
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            return ExitCode.Success;
        }
        catch (IOException e)
        {
            return Fail(e.Message, ExitCode.CheckFailed);
        }
    }

    /// <summary>errno EPIPE as .NET reports it on Unix.</summary>
    private const int BrokenPipe = 32;

    private static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine($"handlecache: {message}");
        return exitCode;
    }
}
