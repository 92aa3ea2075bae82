using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// pread(2) and pwrite(2) (models fs/read_write.c, v6.18), and fsync(2) of fs/sync.c.
/// </summary>
internal sealed class ReadWrite(IDataOperations fops, FileTable table)
{
    /// <summary>The bytes that a script writes: a pattern of length and offset.</summary>
    public static byte[] Pattern(int bytes, long offset)
    {
        byte[] pattern = new byte[bytes];
        for (int i = 0; i < bytes; i++)
            pattern[i] = (byte)((offset + i) * 31 + bytes);
        return pattern;
    }

    public async KernelTask<VfsResult> ReadAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file || !file.MayRead
            || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (file.Dentry.IsDirectory)
            return VfsResult.Failure((int)Errno.EISDIR);
        if (file.IsPathOnly)
            return VfsResult.Failure((int)Errno.ESPIPE);
        return await fops.ReadAsync(file, call.Offset, call.Size);
    }

    public async KernelTask<VfsResult> WriteAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file || !file.MayWrite
            || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (file.IsPathOnly)
            return VfsResult.Failure((int)Errno.ESPIPE);
        return await fops.WriteAsync(file, call.Offset, Pattern(call.Size, call.Offset));
    }

    public async KernelTask<VfsResult> FSyncAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (file.IsPathOnly)
            return VfsResult.Failure((int)Errno.EINVAL);
        return new VfsResult(await fops.FSyncAsync(file, isDataOnly: (call.Flags & 1) != 0));
    }
}
