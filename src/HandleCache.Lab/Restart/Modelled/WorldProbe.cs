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
        string[] names = [.. world.Kernel.CachedNames().Select(n => n.Path)];
        foreach (int slot in world.Kernel.Files.Keys.ToArray())
        {
            WorldInode inode = world.Kernel.Files[slot].Inode;
            Errno errno = inode.IsDirectory
                ? Answered(world.Kernel.StatAt(slot, "no-such-name"))
                : world.Kernel.Read(slot);
            Count(errno, Exists(inode.Serial));
        }

        foreach (string name in names)
        {
            string[] path = name.Split('/');
            Count(world.Kernel.Stat(path), world.Store.Resolve(path) is not null);
        }

        Requests = world.RequestsOfThisLife;
    }

    /// <summary>A directory that says that a name is not there has been reached.</summary>
    private static Errno Answered(Errno errno) => errno == Errno.ENOENT ? Errno.None : errno;

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
