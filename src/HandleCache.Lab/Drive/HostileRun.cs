using HandleCache.Protocol;
using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>
/// Sends malformed requests, kind by kind, each followed by a GETATTR of the root that a server
/// which still lives answers. What it answers to the others, if anything, is its own affair.
/// </summary>
internal static class HostileRun
{
    /// <summary>After so many deaths a kind is known to be deadly.</summary>
    private const int MostDeaths = 3;

    /// <param name="options">What is driven; its scripts are the messages of each kind.</param>
    /// <param name="rows">Takes what came of each kind, also before an exception.</param>
    /// <param name="start">Starts a server.</param>
    /// <param name="leave">Told of each server that is done with.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="RuleBrokenException">No server starts any more.</exception>
    public static void Run(
        DriveOptions options, List<HostileRow> rows, Func<DriveRig> start,
        Action<DriveRig> leave, CancellationToken cancel)
    {
        DriveRig? rig = null;
        try
        {
            foreach ((string name, Func<SplitMix64, ulong, byte[]> make) in HostileRequests.Kinds)
            {
                SplitMix64 random = new(SplitMix64.Mix(options.Seed, (ulong)rows.Count));
                HostileRow row = new(name, 0, 0, null);
                rows.Add(row);
                while (row.Sent < options.Scripts && row.Deaths < MostDeaths
                    && !cancel.IsCancellationRequested)
                {
                    rig ??= start();
                    byte[] message = make(random, rig.NextOwnUnique());
                    row = row with { Sent = row.Sent + 1 };
                    string? death = rig.Survives(message);

                    // Who interrupts the run kills the server.
                    if (cancel.IsCancellationRequested)
                        return;
                    rows[^1] = row;
                    if (death is null)
                        continue;
                    row = row with
                    {
                        Deaths = row.Deaths + 1,
                        First = row.First
                            ?? $"{death}, after {message.Length} bytes "
                            + Convert.ToHexStringLower(message.AsSpan(
                                0, Math.Min(message.Length, 64))),
                    };
                    rows[^1] = row;
                    leave(rig);
                    rig = null;
                }
            }
        }
        finally
        {
            if (rig is not null)
                leave(rig);
        }
    }
}
