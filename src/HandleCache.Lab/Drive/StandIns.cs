using HandleCache.Server.Relaying;

namespace HandleCache.Lab.Drive;

/// <summary>How a server gets its socket that does not take <c>/dev/fd/N</c>.</summary>
internal static class StandIns
{
    /// <param name="fuserMount">It asks fusermount.</param>
    /// <param name="directMount">It calls mount(2).</param>
    /// <returns>Null for a server that takes <c>/dev/fd/N</c>.</returns>
    /// <exception cref="BadInputException">Both.</exception>
    public static MountStandIn? Of(bool fuserMount, bool directMount) =>
        (fuserMount, directMount) switch
        {
            (true, true) => throw new BadInputException(
                "--fusermount or --direct-mount: a server mounts in one way"),
            (true, false) => new FuserMountStandIn(),
            (false, true) => new DirectMountStandIn(),
            _ => null,
        };
}
