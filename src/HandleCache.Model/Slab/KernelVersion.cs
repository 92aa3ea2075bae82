using System.Globalization;

namespace HandleCache.Model.Slab;

/// <summary>The part of a kernel release that rules depend on: 6.18 of 6.18.44.</summary>
public readonly record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    /// <summary>Reads the two leading numbers of a release: "6.18", "6.18.44-amd64".</summary>
    public static bool TryParse(string? release, out KernelVersion version)
    {
        version = default;
        ReadOnlySpan<char> rest = release;
        int dot = rest.IndexOf('.');
        if (dot <= 0 || !TryNumber(rest[..dot], out int major))
            return false;
        rest = rest[(dot + 1)..];
        int end = rest.IndexOfAnyExceptInRange('0', '9');
        if (!TryNumber(end < 0 ? rest : rest[..end], out int minor))
            return false;
        version = new KernelVersion(major, minor);
        return true;
    }

    public bool IsAtLeast(int major, int minor) =>
        CompareTo(new KernelVersion(major, minor)) >= 0;

    public int CompareTo(KernelVersion other) =>
        Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public static bool operator <(KernelVersion left, KernelVersion right) =>
        left.CompareTo(right) < 0;

    public static bool operator >(KernelVersion left, KernelVersion right) =>
        left.CompareTo(right) > 0;

    public static bool operator <=(KernelVersion left, KernelVersion right) =>
        left.CompareTo(right) <= 0;

    public static bool operator >=(KernelVersion left, KernelVersion right) =>
        left.CompareTo(right) >= 0;

    public override string ToString() => FormattableString.Invariant($"{Major}.{Minor}");

    private static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number <= 9999;
}
