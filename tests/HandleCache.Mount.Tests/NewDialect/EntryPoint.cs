using HandleCache.Cli;
using HandleCache.Protocol.Dialects;
using Xunit.Runner.InProc.SystemConsole;

namespace HandleCache.Mount.Tests.NewDialect;

/// <summary>
/// The tests, or the program with one dialect more: the servers and clients that the program
/// starts are the program again, and have to know that dialect, too.
/// </summary>
internal static class EntryPoint
{
    /// <summary>In the environment: this is the program, and what it starts is.</summary>
    public const string Variable = "HANDLECACHE_WITH_NARROW";

    public static int Main(string[] args) =>
        Environment.GetEnvironmentVariable(Variable) is null
            ? ConsoleRunner.Run(args).GetAwaiter().GetResult()
            : Program.Run(args, [.. DialectList.All, new NarrowDialect(DialectOptions.Default)]);
}
