using System.Globalization;

namespace HandleCache.Lab.Prove;

/// <summary>An inode as the kernel holds it.</summary>
/// <param name="NodeId">Its nodeid.</param>
/// <param name="Generation">i_generation.</param>
/// <param name="Lookups">nlookup.</param>
/// <param name="Place">inline or external; "-" without a handle.</param>
/// <param name="IsBad">fuse_make_bad() was called.</param>
/// <param name="Type">All 32 bits of the handle's type.</param>
/// <param name="Handle">Hexadecimal; "-" for none.</param>
internal readonly record struct ListedInode(
    ulong NodeId, uint Generation, ulong Lookups, string Place, bool IsBad, uint Type,
    string Handle);

/// <summary>
/// Reads what the module shows in debugfs (models/linux/list.c): a line each inode, and its
/// summary.
/// </summary>
internal static class HandleListing
{
    public const string HandlesPath = "/sys/kernel/debug/hfuse/handles";

    public const string SummaryPath = "/sys/kernel/debug/hfuse/summary";

    /// <exception cref="FormatException">A line that is none.</exception>
    public static List<ListedInode> Parse(string text)
    {
        List<ListedInode> inodes = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is not [_, var nodeId, var generation, var lookups, var place,
                var type, var handle])
            {
                throw new FormatException($"'{line}' is no line of {HandlesPath}");
            }

            string[] words = place.Split(',');
            inodes.Add(new ListedInode(
                Number(nodeId), (uint)Number(generation), Number(lookups), words[0],
                words.Contains("bad"), (uint)Number(type), handle));
        }

        return inodes;
    }

    /// <summary>A number of the summary: "buffers 12".</summary>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public static long Figure(string summary, string name)
    {
        string? line = summary.Split('\n').FirstOrDefault(
            line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null
            ? throw new FormatException($"{SummaryPath} has no '{name}'")
            : long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
