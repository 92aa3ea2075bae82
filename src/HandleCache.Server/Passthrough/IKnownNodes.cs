using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Which nodeids the kernel has from earlier lives of the server. An object must keep its
/// nodeid: under a second one the kernel would cache its data twice.
/// </summary>
public interface IKnownNodes
{
    /// <summary>The nodeid the kernel has for a handle; 0 for none.</summary>
    ulong NodeIdOf(in FileHandleBuffer handle);
}
