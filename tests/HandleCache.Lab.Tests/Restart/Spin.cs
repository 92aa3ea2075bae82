using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>The Promela models beside the tests, and spin.</summary>
internal static class Spin
{
    /// <summary>Folder of the models, as built beside the tests.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "protocol");

    /// <summary>Skips the test where spin or gcc is missing, and says how to get them.</summary>
    public static void Require()
    {
        foreach ((string tool, string argument) in new[] { ("spin", "-V"), ("gcc", "--version") })
        {
            try
            {
                Run(Folder, tool, argument);
            }
            catch (Win32Exception)
            {
                Assert.Skip($"{tool} is missing; apt-get install spin gcc libc6-dev");
            }
        }
    }

    /// <summary>Runs a program in a folder; exit code and standard output.</summary>
    public static (int ExitCode, string Output) Run(
        string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
