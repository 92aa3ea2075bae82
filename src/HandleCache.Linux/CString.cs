using System.Text;

namespace HandleCache.Linux;

/// <summary>
/// Names and paths for the kernel: bytes that end with one NUL. File names are bytes, not text;
/// only set-up paths come from strings.
/// </summary>
public static class CString
{
    /// <summary>The empty name that goes with AT_EMPTY_PATH.</summary>
    public static ReadOnlySpan<byte> Empty => "\0"u8;

    /// <summary>UTF-8 with a NUL at the end; a NUL inside is refused.</summary>
    public static byte[] FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("a path cannot hold a NUL", nameof(text));
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>
    /// The check that every name passes before its address goes to the kernel: without a NUL at
    /// the end the kernel would read past the span. A caller's bug, not bad input.
    /// </summary>
    internal static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> name) =>
        name.Length > 0 && name[^1] == 0
            ? name
            : throw new ArgumentException("a name for the kernel ends with a NUL", nameof(name));

    /// <summary>Room for <see cref="FdPath"/>: "/proc/self/fd/" + 10 digits + NUL.</summary>
    internal const int FdPathBytes = 32;

    /// <summary>
    /// Writes "/proc/self/fd/N": how an O_PATH descriptor is named to calls that refuse one.
    /// The magic link leads to the object itself, a symlink included.
    /// </summary>
    internal static ReadOnlySpan<byte> FdPath(int number, Span<byte> room)
    {
        "/proc/self/fd/"u8.CopyTo(room);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, room[14..], out int digits);
        room[14 + digits] = 0;
        return room[..(15 + digits)];
    }
}
