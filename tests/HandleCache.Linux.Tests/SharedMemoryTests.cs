using System.Globalization;
using Xunit;

namespace HandleCache.Linux.Tests;

public class SharedMemoryTests
{
    [Fact]
    public void What_one_mapping_writes_another_reads()
    {
        using SharedMemory memory = SharedMemory.Create("handlecache-test", 8192);
        using SharedMemory other = SharedMemory.Map(
            memory.Descriptor.Duplicate(out _)!, 8192);
        memory.Bytes[5000] = 7;
        Assert.Equal(7, other.Bytes[5000]);
    }

    [Fact]
    public void Held_pages_are_mapped_before_they_are_touched()
    {
        const string name = "handlecache-held";
        using SharedMemory memory = SharedMemory.Create(name, 1 << 20);
        Assert.Equal(0, ResidentKb(name));
        memory.Hold(startByte: 5000, lengthBytes: 40_000);

        // Bytes 5000 to 44999 lie on the pages 1 to 10.
        Assert.Equal(40, ResidentKb(name));
    }

    /// <summary>Rss of all mappings of this name, from /proc/self/smaps.</summary>
    private static long ResidentKb(string name)
    {
        long total = 0;
        bool isIt = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Contains('-') && char.IsAsciiHexDigitLower(line[0]))
                isIt = line.Contains(name, StringComparison.Ordinal);
            else if (isIt && line.StartsWith("Rss:", StringComparison.Ordinal))
                total += long.Parse(line[4..^2].Trim(), CultureInfo.InvariantCulture);
        }

        return total;
    }
}
