using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>An open file (struct file).</summary>
internal sealed class OpenFile(Dentry dentry, int flags)
{
    /// <summary>O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC: taken off by do_dentry_open().</summary>
    private const int OpenOnly =
        OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty | OpenFlags.Truncate;

    /// <summary>The same open file of a dentry's copy.</summary>
    /// <param name="dentry">The copy; its reference is the file's.</param>
    /// <param name="privateData">The copy of what the file system keeps.</param>
    public OpenFile CopyFor(Dentry dentry, object? privateData) => new(dentry, Flags)
    {
        PrivateData = privateData,
        IsPathOnly = IsPathOnly,
        Position = Position,
    };

    /// <summary>Held.</summary>
    public Dentry Dentry { get; } = dentry;

    /// <summary>f_flags: what open was called with, less what only open itself uses.</summary>
    public int Flags { get; } = flags & ~OpenOnly;

    /// <summary>
    /// private_data: what the file system keeps of it; null where it opened none.
    /// </summary>
    public object? PrivateData { get; set; }

    /// <summary>Opened with O_PATH, or of a kind that the file system does not open.</summary>
    public bool IsPathOnly { get; init; }

    /// <summary>f_pos of a directory.</summary>
    public long Position { get; set; }

    public bool MayWrite => (Flags & 3) is 1 or 2;

    public bool MayRead => (Flags & 3) is 0 or 2;
}
