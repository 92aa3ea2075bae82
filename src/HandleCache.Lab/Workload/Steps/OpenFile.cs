using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>An open regular file of the scratch directory; it may have no name any more.</summary>
internal sealed record OpenFile(FileDescriptor Fd, ShadowNode Node, string Path, int Flags)
{
    public bool CanWrite => (Flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly;

    public bool Appends => (Flags & OpenFlags.Append) != 0;
}
