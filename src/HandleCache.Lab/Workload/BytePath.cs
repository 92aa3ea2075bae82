using System.Text;

namespace HandleCache.Lab.Workload;

/// <summary>
/// File names are bytes. Where a string has to carry one (JSON, messages), each character is one
/// byte (Latin-1), so that any name survives the way there and back.
/// </summary>
public static class BytePath
{
    /// <summary>The bytes with one NUL behind them, as system calls take them.</summary>
    /// <exception cref="BadInputException">A character over U+00FF, or a NUL.</exception>
    public static byte[] ToBytes(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        byte[] bytes = new byte[path.Length + 1];
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] is '\0' or > '\u00FF')
                throw new BadInputException($"not a path of bytes: {path}");
            bytes[i] = (byte)path[i];
        }

        return bytes;
    }

    /// <summary>A name without its NUL.</summary>
    public static string FromBytes(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    /// <summary>A path as .NET has it (text, UTF-8 on disk).</summary>
    public static string FromText(string path) => FromBytes(Encoding.UTF8.GetBytes(path));

    /// <summary>A name below a directory; the empty path is the root itself.</summary>
    public static string Join(string directory, string name) =>
        directory.Length == 0 ? name : $"{directory}/{name}";
}
