using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>name_to_handle_at(2) and open_by_handle_at(2) (fs/fhandle.c).</summary>
public static unsafe class FileHandles
{
    /// <summary>How often an inode in creation is waited for.</summary>
    private const int Attempts = 100;

    /// <summary>
    /// The handle of a name. Room is given for <paramref name="roomBytes"/>; with too little
    /// the errno is EOVERFLOW and <see cref="FileHandleBuffer.LengthBytes"/> the length needed
    /// (0 bytes of room is the way to ask). EOPNOTSUPP: the file system has no handles.
    /// </summary>
    /// <param name="dir">Where the name starts; the object itself with AT_EMPTY_PATH.</param>
    /// <param name="name">NUL-terminated.</param>
    /// <param name="flags">AtFlags.EmptyPath, SymlinkFollow, Handle*.</param>
    /// <param name="handle">The handle, or the length needed.</param>
    /// <param name="mountId">
    /// The mount of the object: as in mountinfo, or the unique 64-bit id when asked for.
    /// </param>
    /// <param name="roomBytes">0 to 128.</param>
    public static Errno Get(
        FileDescriptor dir, ReadOnlySpan<byte> name, int flags, out FileHandleBuffer handle,
        out ulong mountId, int roomBytes = FileHandleBuffer.MaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(roomBytes, FileHandleBuffer.MaxBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(roomBytes);
        handle = default;
        handle.Kernel.LengthBytes = (uint)roomBytes;
        ulong id = 0;
        // SAFETY: the kernel writes at most LengthBytes (<= 128) behind the header, which the
        // struct has; the id is 4 bytes or, with HandleMountIdUnique, 8, and 8 are there.
        fixed (byte* path = CString.Checked(name))
        fixed (KernelFileHandle* room = &handle.Kernel)
        {
            Errno errno = Sys.Status(LibC.name_to_handle_at(dir, path, room, &id, flags));
            mountId = id;
            if (errno is not (Errno.None or Errno.EOVERFLOW))
                handle = default;
            return errno;
        }
    }

    /// <summary>The handle of a name in a directory that is held open; full room.</summary>
    public static Errno Get(
        HeldDescriptor dir, ReadOnlySpan<byte> name, int flags, out FileHandleBuffer handle)
    {
        handle = default;
        handle.Kernel.LengthBytes = FileHandleBuffer.MaxBytes;
        ulong id = 0;
        // SAFETY: as above.
        fixed (byte* path = CString.Checked(name))
        fixed (KernelFileHandle* room = &handle.Kernel)
        {
            Errno errno =
                Sys.Status(LibC.name_to_handle_at(dir.Number, path, room, &id, flags));
            if (errno is not (Errno.None or Errno.EOVERFLOW))
                handle = default;
            return errno;
        }
    }

    /// <summary>The handle of the object a descriptor names.</summary>
    public static Errno Get(FileDescriptor fd, out FileHandleBuffer handle) =>
        Get(fd, CString.Empty, AtFlags.EmptyPath, out handle, out _);

    /// <summary>
    /// Opens by handle; needs CAP_DAC_READ_SEARCH. ESTALE: no such object any more. The mount
    /// is any open file of the file system, not O_PATH. While the inode number of a deleted
    /// object is being given to a new one, iget_locked() finds an inode in creation and file
    /// systems answer ENOMEM (ext4_iget(), fs/ext4/inode.c): that passes in a moment, and what
    /// was asked for is gone, so it is tried again and never reported.
    /// </summary>
    public static FileDescriptor? Open(
        FileDescriptor mount, in FileHandleBuffer handle, int flags, out Errno errno)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            FileDescriptor? opened = OpenOnce(mount, handle, flags, out errno);
            if (errno != Errno.ENOMEM)
                return opened;
            Thread.Yield();
        }

        errno = Errno.ESTALE;
        return null;
    }

    /// <summary>
    /// The system call itself, whose ENOMEM may be that of the file system behind it.
    /// </summary>
    public static FileDescriptor? OpenOnce(
        FileDescriptor mount, in FileHandleBuffer handle, int flags, out Errno errno)
    {
        // SAFETY: a copy on this stack: a concurrent writer cannot change its length.
        FileHandleBuffer copy = handle;
        return Sys.Own(
            LibC.open_by_handle_at(
                mount, (KernelFileHandle*)&copy, flags | OpenFlags.CloseOnExec),
            out errno);
    }
}
