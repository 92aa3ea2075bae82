using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Validate;

/// <summary>name_to_handle_at on the source: what a file's handle is now.</summary>
internal static class PathHandles
{
    /// <summary>The handle; null when the object is gone or gives none.</summary>
    public static HandleText? Of(string root, string path)
    {
        using FileDescriptor top = Files.Open(root, OpenFlags.ReadOnly | OpenFlags.Directory);
        byte[] name = BytePath.ToBytes(path);
        int flags = path.Length == 0 ? AtFlags.EmptyPath : 0;
        Errno errno = FileHandles.Get(top, name, flags, out FileHandleBuffer handle, out _);
        return errno == Errno.None
            ? new HandleText(handle.Type, MountHandle.Hex(handle.Bytes))
            : null;
    }
}
