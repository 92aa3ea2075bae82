using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>An open file (struct file with its struct fuse_file).</summary>
internal sealed class OpenFile(Dentry dentry, int flags)
{
    /// <summary>O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC: taken off by do_dentry_open().</summary>
    private const int OpenOnly =
        OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty | OpenFlags.Truncate;

    /// <summary>Held.</summary>
    public Dentry Dentry { get; } = dentry;

    /// <summary>f_flags: what open was called with, less what only open itself uses.</summary>
    public int Flags { get; } = flags & ~OpenOnly;

    /// <summary>The server's number of the open file.</summary>
    public ulong Fh { get; set; }

    /// <summary>FOPEN_ bits.</summary>
    public uint FOpenFlags { get; set; }

    public ulong NodeId { get; set; }

    /// <summary>Opened with O_PATH, or of a kind that FUSE does not open.</summary>
    public bool IsPathOnly { get; init; }

    /// <summary>
    /// A RELEASE belongs to it: not to a directory opened while OPENDIR is known to be unknown to
    /// the server (fuse_file_open(): ff->args).
    /// </summary>
    public bool HasRelease { get; set; } = true;

    /// <summary>Where it stands in the directory's cache (ff->readdir).</summary>
    public DirectoryStream Stream { get; } = new();

    /// <summary>f_pos of a directory.</summary>
    public long Position { get; set; }

    public bool MayWrite => (Flags & 3) is 1 or 2;

    public bool MayRead => (Flags & 3) is 0 or 2;
}
