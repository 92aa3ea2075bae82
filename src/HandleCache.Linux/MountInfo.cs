using System.Globalization;
using System.Text;

namespace HandleCache.Linux;

/// <summary>A line of /proc/thread-self/mountinfo (proc(5)).</summary>
public sealed record MountInfo
{
    public required int MountId { get; init; }

    public required int ParentId { get; init; }

    public required uint DevMajor { get; init; }

    /// <summary>For FUSE also the name of the connection under /sys/fs/fuse/connections.</summary>
    public required uint DevMinor { get; init; }

    /// <summary>The directory of the file system that is mounted here.</summary>
    public required string Root { get; init; }

    public required string MountPoint { get; init; }

    public required string Options { get; init; }

    public required string FileSystemType { get; init; }

    public required string Source { get; init; }

    public required string SuperOptions { get; init; }

    /// <summary>The mounts that the calling thread sees.</summary>
    public static IReadOnlyList<MountInfo> ReadAll()
    {
        List<MountInfo> mounts = [];
        foreach (string line in File.ReadLines("/proc/thread-self/mountinfo"))
        {
            if (TryParse(line, out MountInfo? mount))
                mounts.Add(mount);
        }

        return mounts;
    }

    /// <summary>The topmost mount at exactly this path, or null.</summary>
    public static MountInfo? Find(string mountPoint) =>
        ReadAll().LastOrDefault(mount => mount.MountPoint == mountPoint);

    public static bool TryParse(
        string line,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MountInfo? mount)
    {
        ArgumentNullException.ThrowIfNull(line);
        mount = null;
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
        if (separator < 6 || fields.Length < separator + 4)
            return false;
        string[] device = fields[2].Split(':');
        CultureInfo plain = CultureInfo.InvariantCulture;
        if (device.Length != 2
            || !int.TryParse(fields[0], NumberStyles.None, plain, out int id)
            || !int.TryParse(fields[1], NumberStyles.None, plain, out int parent)
            || !uint.TryParse(device[0], NumberStyles.None, plain, out uint major)
            || !uint.TryParse(device[1], NumberStyles.None, plain, out uint minor))
            return false;
        mount = new MountInfo
        {
            MountId = id,
            ParentId = parent,
            DevMajor = major,
            DevMinor = minor,
            Root = Unescape(fields[3]),
            MountPoint = Unescape(fields[4]),
            Options = fields[5],
            FileSystemType = fields[separator + 1],
            Source = Unescape(fields[separator + 2]),
            SuperOptions = fields[separator + 3],
        };
        return true;
    }

    /// <summary>Space, tab, newline and backslash are written as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text.AsSpan(i + 1, 3)))
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    private static bool IsOctal(ReadOnlySpan<char> digits) =>
        digits.IndexOfAnyExceptInRange('0', '7') < 0;
}
