namespace HandleCache.MountBench;

/// <summary>Where the clients and the servers run; always alike for all servers.</summary>
internal enum Placement
{
    /// <summary>Where the scheduler puts them.</summary>
    Free,

    /// <summary>All on one processor: no wake-up goes to another.</summary>
    Together,

    /// <summary>Clients on one processor, servers on another: each wake-up does.</summary>
    Apart,
}

/// <summary>The processors of a <see cref="Placement"/>, for taskset(1).</summary>
internal static class PlacementProcessors
{
    /// <summary>Null: any.</summary>
    public static string? Clients(this Placement placement) =>
        placement == Placement.Free ? null : "0";

    public static string? Servers(this Placement placement) => placement switch
    {
        Placement.Free => null,
        Placement.Together => "0",
        _ => "1",
    };
}
