using System.Globalization;
using System.Text;

namespace HandleCache.Linux.Images;

/// <summary>
/// What a kernel was configured with: the text of .config, from its package or from the kernel
/// itself, where CONFIG_IKCONFIG keeps it.
/// </summary>
public sealed class KernelConfig
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private KernelConfig()
    {
    }

    /// <summary>The release of "# Linux/x86 6.12.118 Kernel Configuration", or null.</summary>
    public string? Release { get; private set; }

    /// <summary>The text of a .config.</summary>
    public static KernelConfig Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        KernelConfig config = new();
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith("CONFIG_", StringComparison.Ordinal) && equals > 0)
                config._values[line["CONFIG_".Length..equals]] = line[(equals + 1)..].Trim('"');
            else if (line.StartsWith("# Linux/", StringComparison.Ordinal))
                config.Release ??= line.Split(' ').ElementAtOrDefault(2);
        }

        return config;
    }

    /// <summary>
    /// The one between IKCFG_ST and IKCFG_ED (kernel/configs.c); null where there is none.
    /// </summary>
    internal static KernelConfig? Find(ReadOnlyMemory<byte> data)
    {
        int start = data.Span.IndexOf("IKCFG_ST"u8);
        if (start < 0)
            return null;
        ReadOnlyMemory<byte> rest = data[(start + 8)..];
        int end = rest.Span.IndexOf("IKCFG_ED"u8);
        return end > 0 && Packing.TryUnpack(rest[..end], false, out byte[] text, out _)
            ? Parse(Encoding.UTF8.GetString(text))
            : null;
    }

    /// <summary>Built in: CONFIG_NAME=y.</summary>
    public bool IsSet(string name) => _values.GetValueOrDefault(name) == "y";

    /// <summary>CONFIG_NAME where it is a number, or null.</summary>
    public int? Number(string name) => int.TryParse(
        _values.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture,
        out int number)
        ? number
        : null;
}
