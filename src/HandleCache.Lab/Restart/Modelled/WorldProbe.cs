using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// After a restart, uses everything that applications hold: open files first (their nodeids are
/// the old ones), then every cached name.
/// </summary>
internal sealed class WorldProbe(RestartWorld world)
{
    /// <summary>Requests from the restart to the end of the probe.</summary>
    public long Requests { get; private set; }

    public int Recovered { get; private set; }

    public int Stale { get; private set; }

    public int Gone { get; private set; }

    /// <summary>Requests from the restart to the first use that worked; 0 if none did.</summary>
    public long RequestsToFirstAnswer { get; private set; }

    /// <summary>
    /// Whether the object with that serial can still be reached in the store.
    /// </summary>
    private bool Exists(ulong serial) => Reaches(world.Store.Root, serial);

    public void Run()
    {
        IReadOnlyList<string> names = world.Kernel.CachedPaths();
        foreach (int slot in world.OpenSlots.ToArray())
        {
            bool exists = Exists(world.SerialOf(slot));
            Count(world.Use(slot), exists);
        }

        foreach (string name in names)
        {
            Errno errno = world.Do(new WorldStep("stat", name));
            Count(errno, world.Store.Resolve(name.Split('/')) is not null);
        }

        Requests = world.RequestsOfThisLife;
    }

    private void Count(Errno errno, bool exists)
    {
        if (errno == Errno.None)
        {
            Recovered++;
            if (RequestsToFirstAnswer == 0)
                RequestsToFirstAnswer = world.RequestsOfThisLife;
        }
        else if (exists)
        {
            Stale++;
        }
        else
        {
            Gone++;
        }
    }

    private static bool Reaches(WorldObject at, ulong serial) =>
        at.Serial == serial || at.Children.Values.Any(child => Reaches(child, serial));
}
