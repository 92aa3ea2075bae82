using System.Globalization;

namespace HandleCache.Linux.Slab;

/// <summary>What the memory model must know of this machine, from /proc and /sys.</summary>
public sealed record MachineFacts
{
    /// <summary>uname -r.</summary>
    public required string Release { get; init; }

    public required int PresentCpus { get; init; }

    /// <summary>nr_cpu_ids: the highest possible CPU plus one.</summary>
    public required int PossibleCpus { get; init; }

    public required int PageBytes { get; init; }

    public required int CacheLineBytes { get; init; }

    /// <summary>
    /// Boot arguments slab_max_order, slab_min_order, slab_min_objects; null: not set.
    /// </summary>
    public int? SlabMaxOrder { get; init; }

    public int? SlabMinOrder { get; init; }

    public int? SlabMinObjects { get; init; }

    /// <summary>The memory controller is there and accounts kernel memory.</summary>
    public required bool MemcgKernelMemory { get; init; }

    /// <exception cref="InvalidDataException">A list of CPUs cannot be read.</exception>
    public static MachineFacts Read()
    {
        string commandLine = ReadText("/proc/cmdline") ?? "";
        return new MachineFacts
        {
            Release = ReadText("/proc/sys/kernel/osrelease") ?? "",
            PresentCpus = Cpus("present").Count,
            PossibleCpus = Cpus("possible").Last + 1,
            PageBytes = Environment.SystemPageSize,
            CacheLineBytes = Number(ReadText(
                "/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size")) ?? 64,
            SlabMaxOrder = Argument(commandLine, "max_order"),
            SlabMinOrder = Argument(commandLine, "min_order"),
            SlabMinObjects = Argument(commandLine, "min_objects"),
            MemcgKernelMemory = HasMemcg(
                commandLine,
                ReadText("/proc/cgroups"),
                ReadText("/sys/fs/cgroup/cgroup.controllers")),
        };
    }

    /// <summary>Count and highest number of a list as sysfs writes it: "0-3,8".</summary>
    public static (int Count, int Last) ParseCpuList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int count = 0;
        int last = -1;
        foreach (string part in text.Trim().Split(','))
        {
            string[] ends = part.Split('-');
            int? from = Number(ends[0]);
            int? to = ends.Length == 2 ? Number(ends[1]) : from;
            if (from is null || to is null || to < from || ends.Length > 2)
                throw new InvalidDataException($"'{text}' is not a list of CPUs");
            count += to.Value - from.Value + 1;
            last = Math.Max(last, to.Value);
        }

        return (count, last);
    }

    /// <summary>
    /// False with cgroup.memory=nokmem, or where neither /proc/cgroups nor the controllers of
    /// cgroup v2 (which /proc/cgroups need not list) show the memory controller.
    /// </summary>
    public static bool HasMemcg(string commandLine, string? cgroups, string? controllers)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        foreach (string argument in commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (argument.StartsWith("cgroup.memory=", StringComparison.Ordinal)
                && argument.Contains("nokmem", StringComparison.Ordinal))
            {
                return false;
            }
        }

        foreach (string line in (cgroups ?? "").Split('\n'))
        {
            string[] columns = line.Split('\t', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length == 4 && columns[0] == "memory")
                return columns[3].Trim() == "1";
        }

        return (controllers ?? "").Split(' ').Contains("memory", StringComparer.Ordinal);
    }

    private static (int Count, int Last) Cpus(string list)
    {
        string path = $"/sys/devices/system/cpu/{list}";
        return ParseCpuList(
            ReadText(path) ?? throw new InvalidDataException($"{path} cannot be read"));
    }

    private static int? Argument(string commandLine, string name)
    {
        // slub_ was the only spelling before 6.9 and is still taken.
        int? value = null;
        foreach (string argument in commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (string prefix in (string[])["slab_", "slub_"])
            {
                string key = $"{prefix}{name}=";
                if (argument.StartsWith(key, StringComparison.Ordinal))
                    value = Number(argument[key.Length..]) ?? value;
            }
        }

        return value;
    }

    private static int? Number(string? text) =>
        int.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private static string? ReadText(string path) =>
        File.Exists(path) ? File.ReadAllText(path).Trim() : null;
}
