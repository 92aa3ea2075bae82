using System.Runtime.CompilerServices;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Where a walk stands (struct nameidata, fs/namei.c, v6.18): the directory is held.
/// </summary>
internal sealed class Nameidata(LookupFlags flags)
{
    public LookupFlags Flags { get; set; } = flags;

    public required Dentry Here { get; set; }

    /// <summary>
    /// Files to be released when the system call returns, after every retry
    /// (<see cref="FileTable.ReleaseAll"/>).
    /// </summary>
    public List<OpenFile> Closing { get; init; } = [];

    public string Last { get; set; } = "";

    public LastKind Kind { get; set; } = LastKind.Root;

    /// <summary>The path ended with a slash.</summary>
    public bool HasTrailingSlash { get; set; }

    /// <summary>
    /// Symlinks followed so far (nd->total_link_count): what the running kernel taught is that
    /// the second try after ESTALE goes on counting.
    /// </summary>
    public StrongBox<int> LinkCount { get; init; } = new();

    /// <summary>
    /// Symlinks whose text is being walked (nd->stack), each held: what the running kernel
    /// taught is that a symlink which is invalidated while it is walked keeps its inode, so
    /// that the same nodeid found again is the same inode.
    /// </summary>
    public Stack<Dentry> Links { get; } = new();
}

/// <summary>The last component of a path, and what kind it is (LAST_NORM and so on).</summary>
internal enum LastKind
{
    Norm,
    Root,
    Dot,
    DotDot,
}
