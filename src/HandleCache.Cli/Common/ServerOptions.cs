using System.CommandLine;

namespace HandleCache.Cli.Common;

/// <summary>Options of the commands that start somebody else's server.</summary>
internal static class ServerOptions
{
    /// <summary>Seconds.</summary>
    public const int MostPatience = 3600;

    public static Option<bool> FuserMount() => new("--fusermount")
    {
        Description = "The server mounts by itself (bindfs, rclone, ...): it gets a mount "
            + "namespace where fusermount hands it the socket; needs root",
    };

    public static Option<bool> DirectMount() => new("--direct-mount")
    {
        Description = "The server calls mount(2) itself (ntfs-3g): the call gives it the socket",
    };

    public static Option<string[]> Allow() => new("--allow")
    {
        Description = "Rules, with commas, that may be broken: counted, and the run goes on",
        HelpName = "rules",
    };

    public static Option<int> Patience(int seconds) => new("--patience")
    {
        Description = "Seconds a reply is waited for",
        DefaultValueFactory = _ => seconds,
    };
}
