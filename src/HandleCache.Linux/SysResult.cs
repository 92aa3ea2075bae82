using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// What a system call that counts gave: a value of zero or more, or an errno. Eight bytes, no
/// allocation; the kernel's own convention (negative is an errno) kept in one number.
/// </summary>
public readonly record struct SysResult
{
    private readonly long _raw;

    private SysResult(long raw) => _raw = raw;

    /// <summary>The call failed and <see cref="Errno"/> says how.</summary>
    public bool Failed => _raw < 0;

    /// <summary>The count, offset or number the call gave; 0 when it failed.</summary>
    public long Value => _raw < 0 ? 0 : _raw;

    /// <summary>The error; <see cref="Errno.None"/> when the call succeeded.</summary>
    public Errno Errno => _raw < 0 ? (Errno)(-_raw) : Errno.None;

    public static SysResult Success(long value) =>
        value >= 0 ? new(value) : throw new ArgumentOutOfRangeException(nameof(value));

    public static SysResult Failure(Errno errno) => errno != Errno.None
        ? new(-(long)errno)
        : throw new ArgumentOutOfRangeException(nameof(errno));

    public override string ToString() => Failed ? Errno.ToString() : $"{_raw}";
}
