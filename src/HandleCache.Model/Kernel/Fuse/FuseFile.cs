using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>struct fuse_file (fs/fuse/fuse_i.h, v6.18): what FUSE keeps of an open file.</summary>
internal sealed class FuseFile(ulong nodeId)
{
    public ulong NodeId { get; } = nodeId;

    /// <summary>The server's number of the open file.</summary>
    public ulong Fh { get; set; }

    /// <summary>FOPEN_ bits.</summary>
    public uint FOpenFlags { get; set; }

    /// <summary>
    /// A RELEASE belongs to it: not to a directory opened while OPENDIR is known to be unknown to
    /// the server (fuse_file_open(): ff->args).
    /// </summary>
    public bool HasRelease { get; init; } = true;

    /// <summary>Where it stands in the directory's cache (ff->readdir).</summary>
    public DirectoryStream Stream { get; private init; } = new();

    public FuseFile Copy() => new(NodeId)
    {
        Fh = Fh,
        FOpenFlags = FOpenFlags,
        HasRelease = HasRelease,
        Stream = Stream.Copy(),
    };

    public static FuseFile Of(OpenFile file) => (FuseFile)file.PrivateData!;
}
