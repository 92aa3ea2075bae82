namespace HandleCache.MountBench;

/// <summary>One row: what the clients do on a mount, and in what unit it is counted.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Unit">Of the figure; always more is better.</param>
/// <param name="Divisor">Work units of <c>loads</c> in one of this unit.</param>
/// <param name="Kind">LOAD of <c>loads duel</c>; "walk" is run in portions instead.</param>
/// <param name="Clients">Threads of the load.</param>
/// <param name="ZeroTimeouts">
/// Names and attributes are asked for each time; else they are valid for 60 s.
/// </param>
internal sealed record Load(
    string Name,
    string Unit,
    double Divisor,
    string Kind,
    int Clients = 1,
    bool ZeroTimeouts = false)
{
    public const string Walk = "walk";

    /// <summary>All loads, in the order they run.</summary>
    public static Load[] All(BenchSize size) =>
    [
        new("stat storm, 1 thread", "stats/s", 1, "stat", 1, ZeroTimeouts: true),
        new("stat storm, 2 threads", "stats/s", 1, "stat", 2, ZeroTimeouts: true),
        new("stat storm, 4 threads", "stats/s", 1, "stat", 4, ZeroTimeouts: true),
        new($"find over {size.Folders * BenchSize.FilesPerFolder:N0} files", "files/s", 1, Walk),
        new("READDIRPLUS, 1,000 entries", "entries/s", 1, "list"),
        new("create and unlink", "files/s", 1, "churn"),
        new($"sequential write, {size.FileBytes >> 20} MiB", "MB/s", 1e6, "write"),
        new($"sequential read, {size.FileBytes >> 20} MiB", "MB/s", 1e6, "read"),
        new("random 4 KiB reads, 1 thread", "reads/s", 1, "random"),
        new("random 4 KiB reads, 4 threads", "reads/s", 1, "random", 4),
    ];
}
