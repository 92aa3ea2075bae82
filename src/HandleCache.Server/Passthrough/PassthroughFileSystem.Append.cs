using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>Where the bytes of a WRITE go: to the kernel's offset, or to the end.</summary>
/// <remarks>
/// <code>
/// opened with O_APPEND, and        the source's file     a WRITE goes
/// nothing else                     has O_APPEND          to the end, as others may append, too
/// writeback, or a keeper           has not               to the kernel's offset
/// the same, file may only grow     has O_APPEND          to the end, never twice
/// </code>
/// With a writeback cache the kernel knows the end of the file better than the source. With a
/// keeper a WRITE may come again. A file that may only grow (chattr +a) opens for appending alone.
/// </remarks>
public sealed partial class PassthroughFileSystem
{
    private bool PlacesWrites => _writeback || _options.KernelAppends;

    /// <summary>
    /// Opens a node as the caller asked, or, if it may only grow, for appending.
    /// </summary>
    /// <param name="nodeid">What is opened.</param>
    /// <param name="wireFlags">Of the request.</param>
    /// <param name="flags">With which the source was opened.</param>
    /// <param name="errno">None when it is open.</param>
    private FileDescriptor? OpenForCaller(
        ulong nodeid, uint wireFlags, out int flags, out Errno errno)
    {
        flags = ToSource(wireFlags);
        FileDescriptor? opened = OpenNode(nodeid, flags, out errno);
        bool mayOnlyGrow = errno == Errno.EPERM && (wireFlags & OpenFlags.Append) != 0
            && (flags & OpenFlags.Append) == 0;
        if (!mayOnlyGrow)
            return opened;
        flags |= OpenFlags.Append;
        return OpenNode(nodeid, flags, out errno);
    }

    /// <summary>The file may only grow, though WRITEs have their place otherwise.</summary>
    private bool AppendsOnly(int flags) => PlacesWrites && (flags & OpenFlags.Append) != 0;

    /// <summary>
    /// With a writeback cache the kernel reads pages to complete them.
    /// </summary>
    private int ToSource(uint wireFlags)
    {
        int flags = (int)wireFlags & SourceFlags;
        if (PlacesWrites)
            flags &= ~OpenFlags.Append;
        bool mustRead = _writeback && (flags & OpenFlags.AccessMode) == OpenFlags.WriteOnly;
        return mustRead ? (flags & ~OpenFlags.AccessMode) | OpenFlags.ReadWrite : flags;
    }

    /// <summary>
    /// Pages written back from a mapping have their place (FUSE_WRITE_CACHE), and any file open
    /// for writing may carry them: one that appends would put them at the end.
    /// </summary>
    private SysResult WriteTo(
        in RequestContext context,
        DescriptorLease file,
        OpenFile open,
        in fuse_write_in arguments,
        ReadOnlySpan<byte> data)
    {
        long offset = (long)arguments.offset;
        if (AppendsOnly(open.Flags))
            return Append(context, file, open.NodeId, offset, data);
        bool writeback = (arguments.write_flags & FuseConstants.FUSE_WRITE_CACHE) != 0;
        if (!writeback || (open.Flags & OpenFlags.Append) == 0)
            return Files.WriteAt(file.Held, data, offset);
        using FileDescriptor? placed =
            Files.Reopen(file.Descriptor, OpenFlags.WriteOnly, out Errno errno);
        return placed is null
            ? SysResult.Failure(errno)
            : Files.WriteAt(placed, data, offset);
    }

    /// <summary>
    /// Appends what is not there yet: a WRITE that comes again may have been done in part, and
    /// what is in such a file stays as it is.
    /// </summary>
    private SysResult Append(
        in RequestContext context,
        DescriptorLease file,
        ulong nodeid,
        long offset,
        ReadOnlySpan<byte> data)
    {
        int done = context.IsResent ? BytesThere(nodeid, offset, data) : 0;
        if (done == data.Length)
            return SysResult.Success(done);
        SysResult appended = Files.WriteAt(file.Held, data[done..], offset + done);
        return appended.Failed ? appended : SysResult.Success(done + appended.Value);
    }

    /// <summary>How much of the data stands at the offset; 0 when other data does.</summary>
    private int BytesThere(ulong nodeid, long offset, ReadOnlySpan<byte> data)
    {
        using FileDescriptor? reader = OpenNode(nodeid, OpenFlags.ReadOnly, out _);
        if (reader is null)
            return 0;
        byte[] there = new byte[data.Length];
        SysResult read = Files.ReadAt(reader, there, offset);
        int bytes = (int)read.Value;
        return data.StartsWith(there.AsSpan(0, bytes)) ? bytes : 0;
    }
}
