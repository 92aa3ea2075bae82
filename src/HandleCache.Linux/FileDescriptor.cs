using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// A file descriptor with one owner, closed exactly once. Passing it to a call keeps it open
/// until the call is over, so a close on another thread cannot hand its number to a stranger.
/// </summary>
public sealed class FileDescriptor : SafeHandle
{
    private readonly bool _owned;

    private FileDescriptor(int number, bool owned)
        : base(-1, owned)
    {
        _owned = owned;
        SetHandle(number);
    }

    /// <summary>AT_FDCWD: names are then relative to the working directory, or absolute.</summary>
    public static FileDescriptor WorkingDirectory { get; } = new(AtFlags.FdCwd, owned: false);

    public override bool IsInvalid => handle == -1;

    /// <summary>
    /// The number, for messages, mount options and /proc paths; owned by this object.
    /// </summary>
    public int Number => (int)handle;

    /// <summary>Takes over a descriptor that nobody else will close.</summary>
    public static FileDescriptor Own(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return new FileDescriptor(number, owned: true);
    }

    /// <summary>A second descriptor of the same open file (fcntl F_DUPFD_CLOEXEC).</summary>
    public FileDescriptor? Duplicate(out Errno errno) =>
        Sys.Own(LibC.fcntl(this, LibC.F_DUPFD_CLOEXEC, 3), out errno);

    /// <summary>
    /// Lets processes started from now on inherit it (fcntl F_SETFD without FD_CLOEXEC).
    /// </summary>
    public Errno Inherit() => Sys.Status(LibC.fcntl(this, LibC.F_SETFD, 0L));

    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;

    [SuppressMessage("Usage", "CA2215", Justification = "AT_FDCWD is nobody's to close.")]
    protected override void Dispose(bool disposing)
    {
        if (_owned)
            base.Dispose(disposing);
    }
}
