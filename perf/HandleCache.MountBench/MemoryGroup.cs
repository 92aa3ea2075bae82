using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>
/// A memory cgroup of its own for one server, so that what the kernel keeps for it (open files,
/// descriptor tables) can be told from everybody else's. cgroup v1 or v2, whichever is there.
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string Version1 = "/sys/fs/cgroup/memory";
    private const string Version2 = "/sys/fs/cgroup";

    private readonly string _folder;

    private MemoryGroup(string folder) => _folder = folder;

    /// <summary>Null where this process may make no memory cgroup.</summary>
    public static MemoryGroup? TryCreate()
    {
        string? parent = File.Exists($"{Version1}/memory.kmem.usage_in_bytes") ? Version1
            : File.Exists($"{Version2}/memory.stat") ? Version2
            : null;
        if (parent is null)
            return null;
        try
        {
            return new MemoryGroup(
                Directory.CreateDirectory(
                    $"{parent}/mount-bench-{Environment.ProcessId}").FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Enter(int processId) => File.WriteAllText(
        $"{_folder}/cgroup.procs", processId.ToString(CultureInfo.InvariantCulture));

    public long KernelBytes
    {
        get
        {
            string plain = $"{_folder}/memory.kmem.usage_in_bytes";
            string text = File.Exists(plain)
                ? File.ReadAllText(plain)
                : File.ReadLines($"{_folder}/memory.stat")
                    .First(l => l.StartsWith(
                        "kernel ", StringComparison.Ordinal))["kernel ".Length..];
            return long.Parse(text.Trim(), CultureInfo.InvariantCulture);
        }
    }

    public void Dispose()
    {
        // The last process is gone, but its memory is uncharged a moment later.
        for (int i = 0; i < 20 && Directory.Exists(_folder); i++)
        {
            try
            {
                Directory.Delete(_folder);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
        }
    }
}
