using System.Globalization;
using HandleCache.Linux;

namespace HandleCache.Lab.Prove;

/// <summary>
/// A memory cgroup of a guest, and what the kernel's slabs charge to it: of each accounted object
/// the slot and the pointer to its group (obj_full_size(), mm/memcontrol.c, v6.12).
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    /// <summary>sizeof(struct obj_cgroup *).</summary>
    public const int PointerBytes = 8;

    /// <summary>
    /// The kernel adds up what its processors counted every two seconds (FLUSH_TIME,
    /// mm/memcontrol.c).
    /// </summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(3);

    private const int MostWaits = 10;

    private readonly string _root;
    private readonly string _group;

    private MemoryGroup(string root)
    {
        _root = root;
        _group = Path.Combine(root, "handlecache");
    }

    /// <summary>A group with this process in it; null where the kernel has none.</summary>
    public static MemoryGroup? TryCreate(int processId)
    {
        if (!File.ReadLines("/proc/filesystems").Any(
            line => line.EndsWith("\tcgroup2", StringComparison.Ordinal)))
        {
            return null;
        }

        string root = Directory.CreateTempSubdirectory("handlecache-cgroup-").FullName;
        Mounts.MountKernelTree("cgroup2", root);
        MemoryGroup group = new(root);
        try
        {
            string offered = File.ReadAllText(Path.Combine(root, "cgroup.controllers"));
            if (!offered.Split(' ', '\n').Contains("memory"))
            {
                group.Dispose();
                return null;
            }

            File.WriteAllText(Path.Combine(root, "cgroup.subtree_control"), "+memory");
            Directory.CreateDirectory(group._group);
            File.WriteAllText(
                Path.Combine(group._group, "cgroup.procs"),
                processId.ToString(CultureInfo.InvariantCulture));
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of slab objects, once they no longer change.</summary>
    public long SlabBytes()
    {
        long seen = Read();
        for (int wait = 0; wait < MostWaits; wait++)
        {
            Thread.Sleep(Settles);
            long now = Read();
            if (now == seen)
                break;
            seen = now;
        }

        return seen;
    }

    /// <summary>
    /// The group goes when its process and its objects have: until then it stays without a name.
    /// </summary>
    public void Dispose()
    {
        if (Directory.Exists(_group))
        {
            foreach (string process in File.ReadAllLines(Path.Combine(_group, "cgroup.procs")))
                File.WriteAllText(Path.Combine(_root, "cgroup.procs"), process);
            Directory.Delete(_group);
        }

        Mounts.Unmount(_root);
        Directory.Delete(_root);
    }

    private long Read() => File.ReadLines(Path.Combine(_group, "memory.stat"))
        .Select(line => line.Split(' '))
        .Where(words => words[0] is "slab_reclaimable" or "slab_unreclaimable")
        .Sum(words => long.Parse(words[1], CultureInfo.InvariantCulture));
}
