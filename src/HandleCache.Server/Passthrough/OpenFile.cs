using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>What an fh stands for: an open file or directory of the source.</summary>
internal sealed class OpenFile
{
    public OpenFile(FileDescriptor descriptor, ulong nodeid, bool isDirectory)
    {
        Shared = new SharedDescriptor(descriptor);
        NodeId = nodeid;
        Stream = isDirectory ? new DirectoryStream() : null;
    }

    public SharedDescriptor Shared { get; }

    public ulong NodeId { get; }

    /// <summary>Where reading the directory stands; null for a file.</summary>
    public DirectoryStream? Stream { get; }
}
