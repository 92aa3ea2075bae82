using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Whole listings of directories.</summary>
internal static class DirectoryListing
{
    private const int BufferBytes = 32768;

    /// <summary>
    /// Adds the names from the descriptor's position to the end, each with its NUL, without "."
    /// and "..".
    /// </summary>
    public static Errno ReadNames(FileDescriptor directory, List<byte[]> names)
    {
        byte[] buffer = new byte[BufferBytes];
        while (true)
        {
            SysResult filled = DirectoryReader.Fill(directory, buffer);
            if (filled.Failed || filled.Value == 0)
                return filled.Errno;
            DirectoryReader reader = new(buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                if (!entry.IsDotOrDotDot)
                    names.Add(entry.NameWithNul.ToArray());
            }
        }
    }
}
