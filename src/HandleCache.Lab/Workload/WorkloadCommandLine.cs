using HandleCache.Server;

namespace HandleCache.Lab.Workload;

/// <summary>How a workload process is started: this program again, with a hidden command.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Arguments">What comes before the parent's process id.</param>
public sealed record WorkloadCommandLine(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "workload";

    /// <summary>
    /// This program, whether it runs by its own executable or as <c>dotnet handlecache.dll</c>.
    /// </summary>
    public static WorkloadCommandLine ThisProgram()
    {
        (string program, string? assembly) = OwnProgram.Find();
        return Of(program, assembly);
    }

    /// <summary>A given executable, or <c>dotnet</c> with a given assembly.</summary>
    public static WorkloadCommandLine Of(string fileName, string? assembly = null) =>
        new(fileName, assembly is null ? [CommandName] : [assembly, CommandName]);
}
