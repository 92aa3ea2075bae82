using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Reads an open directory through counted calls; "." and ".." left out.</summary>
internal sealed class Listing(Calls calls, FileDescriptor directory, byte[] buffer)
{
    private const int SeekSet = 0;

    /// <summary>Room for any one record: 19 bytes, a name of 255, a NUL, padding.</summary>
    private const int SmallBytes = 512;

    /// <summary>Names in the order they came.</summary>
    public List<string> Names { get; } = [];

    /// <summary>d_type of each name, 0 where the file system does not say.</summary>
    public List<byte> Types { get; } = [];

    public Errno ReadToEnd() => ReadOn(int.MaxValue, buffer.Length, out _);

    /// <summary>
    /// A few records in small reads, then a jump back to the cookie of one of them, then the
    /// rest. In a directory that does not change, each name comes exactly once.
    /// </summary>
    public Errno ReadInParts(SplitMix64 random)
    {
        Errno errno = ReadOn(1 + random.Below(3), SmallBytes, out List<long> cookies);
        if (errno != Errno.None || cookies.Count == 0)
            return errno;
        int kept = 1 + random.Below(cookies.Count);
        SysResult moved = calls.Seek(directory, cookies[kept - 1], SeekSet);
        if (moved.Failed)
            return moved.Errno;
        int names = kept - Dots(kept);
        Names.RemoveRange(names, Names.Count - names);
        Types.RemoveRange(names, Types.Count - names);
        return ReadOn(int.MaxValue, buffer.Length, out _);
    }

    /// <summary>A list for a message: how many, and the first few.</summary>
    public static string Describe(IReadOnlyList<string> names) =>
        $"{names.Count} names: {string.Join(' ', names.Take(8))}";

    private readonly List<bool> _isDot = [];

    private int Dots(int records) => _isDot.Take(records).Count(isDot => isDot);

    private Errno ReadOn(int reads, int bytes, out List<long> cookies)
    {
        cookies = [];
        for (int i = 0; i < reads; i++)
        {
            SysResult filled = calls.ListEntries(directory, buffer.AsSpan(0, bytes));
            if (filled.Failed || filled.Value == 0)
                return filled.Errno;
            DirectoryReader reader = new(buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                cookies.Add(entry.NextOffset);
                _isDot.Add(entry.IsDotOrDotDot);
                if (entry.IsDotOrDotDot)
                    continue;
                Names.Add(BytePath.FromBytes(entry.Name));
                Types.Add(entry.Type);
            }
        }

        return Errno.None;
    }
}
