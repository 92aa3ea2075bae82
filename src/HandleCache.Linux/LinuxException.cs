using System.Globalization;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// A set-up call that failed (opening /dev/fuse, mounting, entering a namespace). The calls of
/// the request path never throw: they return <see cref="Errno"/> or <see cref="SysResult"/>.
/// </summary>
public sealed class LinuxException : IOException
{
    public LinuxException(Errno errno, string operation, string? path = null)
        : base(Text(errno, operation, path), (int)errno)
    {
        Errno = errno;
        Operation = operation;
        Path = path;
    }

    public Errno Errno { get; }

    /// <summary>The system call, by the kernel's name.</summary>
    public string Operation { get; }

    public string? Path { get; }

    private static string Text(Errno errno, string operation, string? path)
    {
        string where = path is null ? operation : $"{operation} {path}";
        return string.Create(CultureInfo.InvariantCulture, $"{where}: {errno} ({(int)errno})");
    }
}
