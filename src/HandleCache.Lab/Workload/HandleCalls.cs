using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>name_to_handle_at and open_by_handle_at for lists of objects.</summary>
internal static class HandleCalls
{
    public static HandlesReply Get(FileDescriptor root, HandlesRequest request)
    {
        int flags = request.Connectable ? AtFlags.HandleConnectable : 0;
        return new HandlesReply([.. request.Paths.Select(path => GetOne(root, path, flags))]);
    }

    public static OpenHandlesReply Open(FileDescriptor root, OpenHandlesRequest request) =>
        new([.. request.Handles.Select(handle => OpenOne(root, handle))]);

    private static PathHandle GetOne(FileDescriptor root, string path, int flags)
    {
        // Not AT_EMPTY_PATH: name_to_handle_at() refuses it beside AT_HANDLE_CONNECTABLE.
        byte[] name = path.Length == 0 ? [.. ".\0"u8] : BytePath.ToBytes(path);
        Errno errno = FileHandles.Get(root, name, flags, out FileHandleBuffer handle, out _);
        Statx statx = default;
        if (errno == Errno.None)
        {
            errno = Metadata.Statx(
                root, name, AtFlags.SymlinkNoFollow, StatxMask.BasicStats, out statx);
        }

        return errno == Errno.None
            ? new PathHandle(
                path, null, handle.Type, Convert.ToHexStringLower(handle.Bytes), statx.Ino)
            : new PathHandle(path, errno.ToString(), 0, "", 0);
    }

    private static OpenedHandle OpenOne(FileDescriptor root, HandleText text)
    {
        FileHandleBuffer handle = Parse(text);
        using FileDescriptor? fd = FileHandles.Open(
            root, handle, OpenFlags.Path, out Errno errno);
        if (fd is null)
            return new OpenedHandle(errno.ToString(), 0, 0, 0);
        errno = Metadata.Statx(fd, StatxMask.BasicStats, out Statx statx);
        return new OpenedHandle(
            WorkloadServer.NameOf(errno), statx.Ino, statx.SizeBytes, statx.Mode);
    }

    private static FileHandleBuffer Parse(HandleText text)
    {
        try
        {
            return FileHandleBuffer.From(text.Type, Convert.FromHexString(text.Bytes));
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            throw new BadInputException($"not a file handle: {text.Bytes}", e);
        }
    }
}
