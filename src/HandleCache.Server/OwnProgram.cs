namespace HandleCache.Server;

/// <summary>
/// How this program is started again, as a child process with a hidden command: by its own
/// executable, or as <c>dotnet handlecache.dll</c>.
/// </summary>
public static class OwnProgram
{
    /// <summary>The executable, and the assembly where that is the dotnet host.</summary>
    /// <exception cref="IOException">The program does not know its own path.</exception>
    public static (string FileName, string? AssemblyPath) Find()
    {
        string host = Environment.ProcessPath
            ?? throw new IOException("this program does not know its own path");
        // The first argument is the assembly's path where the host is dotnet.
        bool isDotnet = Path.GetFileNameWithoutExtension(host) == "dotnet";
        return (host, isDotnet ? Path.GetFullPath(Environment.GetCommandLineArgs()[0]) : null);
    }
}
