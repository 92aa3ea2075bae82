using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HandleCache.Model.Handles;

/// <summary>
/// How a kernel stores the handle of a <c>fuse_inode</c>. The text form is the one spelling used on
/// the command line and in JSON: <c>none</c>, <c>inline:N</c>, <c>inline:N+cache:M</c>,
/// <c>inline-only:N</c>, <c>static:N</c>, <c>pointer</c>, <c>pointer-max:N</c>; N and M are bytes
/// of handle, 0..128, headers not counted. The default value is <c>none</c>.
/// </summary>
public readonly record struct HandleStrategy
{
    /// <summary>MAX_HANDLE_SZ, include/linux/exportfs.h: the longest handle, in bytes.</summary>
    public const int MaxHandleBytes = 128;

    private HandleStrategy(HandleStrategyKind kind, int inlineBytes, int spillBytes)
    {
        Kind = kind;
        InlineBytes = inlineBytes;
        SpillBytes = spillBytes;
    }

    public HandleStrategyKind Kind { get; }

    /// <summary>Bytes of handle that fit in the inode; 0 where the inode holds none.</summary>
    public int InlineBytes { get; }

    /// <summary>
    /// Bytes of handle that every external buffer has room for, where that is fixed: M of
    /// <c>cache:M</c>, N of <c>pointer-max:N</c>; otherwise 0.
    /// </summary>
    public int SpillBytes { get; }

    /// <summary>Today's kernel: no handle.</summary>
    public static HandleStrategy None => default;

    /// <summary>RFC v3: a buffer of the exact length.</summary>
    public static HandleStrategy Pointer => new(HandleStrategyKind.Pointer, 0, 0);

    /// <summary><c>inline:N</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0..128.</exception>
    public static HandleStrategy Inline(int inlineBytes) =>
        new(HandleStrategyKind.Inline, Checked(inlineBytes), 0);

    /// <summary>
    /// <c>inline:N+cache:M</c>; a cache smaller than the inline part is never used.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// N not 0..128, or M not from N (and at least 1) to 128.
    /// </exception>
    public static HandleStrategy InlineCache(int inlineBytes, int cacheBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cacheBytes, Math.Max(1, inlineBytes));
        return new(HandleStrategyKind.InlineCache, Checked(inlineBytes), Checked(cacheBytes));
    }

    /// <summary><c>inline-only:N</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0..128.</exception>
    public static HandleStrategy InlineOnly(int inlineBytes) =>
        new(HandleStrategyKind.InlineOnly, Checked(inlineBytes), 0);

    /// <summary><c>static:N</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0..128.</exception>
    public static HandleStrategy Static(int inlineBytes) =>
        new(HandleStrategyKind.Static, Checked(inlineBytes), 0);

    /// <summary><c>pointer-max:N</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0..128.</exception>
    public static HandleStrategy PointerMax(int maxBytes) =>
        new(HandleStrategyKind.PointerMax, 0, Checked(maxBytes));

    /// <summary>
    /// The longest handle this strategy stores, in bytes; longer ones are refused.
    /// </summary>
    public int CapacityBytes => Kind switch
    {
        HandleStrategyKind.None => 0,
        HandleStrategyKind.Inline or HandleStrategyKind.Pointer => MaxHandleBytes,
        HandleStrategyKind.InlineOnly or HandleStrategyKind.Static => InlineBytes,
        HandleStrategyKind.InlineCache or HandleStrategyKind.PointerMax => SpillBytes,
        _ => throw new InvalidOperationException($"unknown strategy {(int)Kind}"),
    };

    /// <summary>
    /// Where a handle of <paramref name="handleBytes"/> is kept. <c>pointer-max:N</c> keeps every
    /// inode a buffer, so even the empty handle is external there; with <c>pointer</c> an empty
    /// handle has no buffer and the null pointer says so, which counts as inline.
    /// </summary>
    public HandleStorage StorageOf(int handleBytes)
    {
        if (Kind == HandleStrategyKind.None)
            return HandleStorage.None;
        if (handleBytes > CapacityBytes)
            return HandleStorage.Refused;
        return handleBytes <= InlineBytes && Kind != HandleStrategyKind.PointerMax
            ? HandleStorage.Inline
            : HandleStorage.External;
    }

    /// <summary>
    /// Reads the one spelling; see <see cref="TryParse(string?, out HandleStrategy)"/>.
    /// </summary>
    /// <exception cref="FormatException">
    /// Not a strategy; the message says what is wrong.
    /// </exception>
    public static HandleStrategy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out HandleStrategy strategy, out string? error)
            ? strategy
            : throw new FormatException(error);
    }

    public static bool TryParse(string? text, out HandleStrategy strategy) =>
        TryParse(text, out strategy, out _);

    /// <summary>
    /// Reads the one spelling: lower case, no spaces, numbers without sign or leading zero.
    /// <paramref name="error"/> is the whole message for a user, or null on success.
    /// </summary>
    public static bool TryParse(
        string? text, out HandleStrategy strategy, [NotNullWhen(false)] out string? error)
    {
        strategy = default;
        string given = text ?? "";
        int colon = given.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? given : given[..colon];
        string rest = colon < 0 ? "" : given[(colon + 1)..];
        HandleStrategyKind? kind = KindOf(name);
        if (kind is null)
        {
            error = $"unknown storage strategy '{given}'; known: none, inline:N, inline:N+cache:M, "
                + "inline-only:N, static:N, pointer, pointer-max:N";
            return false;
        }

        if (kind is HandleStrategyKind.None or HandleStrategyKind.Pointer)
        {
            error = colon < 0 ? null : $"storage strategy '{given}': '{name}' takes no length";
            strategy = error is null ? new(kind.Value, 0, 0) : default;
            return error is null;
        }

        if (kind == HandleStrategyKind.Inline)
            return TryParseInline(given, rest, out strategy, out error);
        if (!TryParseLength(given, rest, out int length, out error))
            return false;
        strategy = kind == HandleStrategyKind.PointerMax
            ? new(kind.Value, 0, length)
            : new(kind.Value, length, 0);
        return true;
    }

    /// <summary>The one spelling; <see cref="Parse"/> of it is this value again.</summary>
    public override string ToString() => Kind switch
    {
        HandleStrategyKind.None => "none",
        HandleStrategyKind.Inline => Invariant($"inline:{InlineBytes}"),
        HandleStrategyKind.InlineCache => Invariant($"inline:{InlineBytes}+cache:{SpillBytes}"),
        HandleStrategyKind.InlineOnly => Invariant($"inline-only:{InlineBytes}"),
        HandleStrategyKind.Static => Invariant($"static:{InlineBytes}"),
        HandleStrategyKind.Pointer => "pointer",
        HandleStrategyKind.PointerMax => Invariant($"pointer-max:{SpillBytes}"),
        _ => throw new InvalidOperationException($"unknown strategy {(int)Kind}"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static HandleStrategyKind? KindOf(string name) => name switch
    {
        "none" => HandleStrategyKind.None,
        "inline" => HandleStrategyKind.Inline,
        "inline-only" => HandleStrategyKind.InlineOnly,
        "static" => HandleStrategyKind.Static,
        "pointer" => HandleStrategyKind.Pointer,
        "pointer-max" => HandleStrategyKind.PointerMax,
        _ => null,
    };

    private static bool TryParseInline(
        string given, string rest, out HandleStrategy strategy,
        [NotNullWhen(false)] out string? error)
    {
        const string CacheMark = "+cache:";
        strategy = default;
        int mark = rest.IndexOf(CacheMark, StringComparison.Ordinal);
        string inlineText = mark < 0 ? rest : rest[..mark];
        if (!TryParseLength(given, inlineText, out int inlineBytes, out error))
            return false;
        if (mark < 0)
        {
            strategy = Inline(inlineBytes);
            return true;
        }

        if (!TryParseLength(given, rest[(mark + CacheMark.Length)..], out int cache, out error))
            return false;
        int least = Math.Max(1, inlineBytes);
        if (cache < least)
        {
            error = $"storage strategy '{given}': cache:{cache} holds less than {least} bytes, "
                + "so nothing would ever use it";
            return false;
        }

        strategy = InlineCache(inlineBytes, cache);
        return true;
    }

    private static bool TryParseLength(
        string given, string digits, out int length, [NotNullWhen(false)] out string? error)
    {
        bool number = int.TryParse(
            digits, NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && (digits.Length == 1 || digits[0] != '0');
        error = !number
            ? $"storage strategy '{given}': '{digits}' is not a length in bytes"
            : length > MaxHandleBytes
                ? $"storage strategy '{given}': length {length} is over {MaxHandleBytes}"
                : null;
        return error is null;
    }

    private static int Checked(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxHandleBytes);
        return bytes;
    }
}
