using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Restart;

/// <summary>
/// A root with one regular file, <c>f</c>, that is a file of the source. How an OPEN is answered is
/// set from outside.
/// </summary>
internal sealed class BackedServer(FileDescriptor file) : FileSystem
{
    private const ulong NodeId = 2;
    private const ulong ValidSeconds = 60;

    private IBackingFiles? _kernel;
    private ulong _fh;
    private long _dataRequests;

    /// <summary>The kernel can do it.</summary>
    public bool IsOffered => _kernel is not null;

    /// <summary>With which an OPEN is answered; 0 for none.</summary>
    public int Id { get; set; }

    /// <summary>READ and WRITE that came.</summary>
    public long DataRequests => Interlocked.Read(ref _dataRequests);

    public override void UseBacking(IBackingFiles files) => _kernel = files;

    /// <summary>A new id of the file on this connection.</summary>
    public SysResult NewId() => _kernel!.Open(file);

    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (!name.SequenceEqual("f"u8))
            return Errno.ENOENT;
        Errno errno = Attributes(NodeId, out fuse_attr attributes);
        if (errno != Errno.None)
            return errno;
        return reply.WriteEntry(
            new fuse_entry_out
            {
                nodeid = NodeId,
                entry_valid = ValidSeconds,
                attr_valid = ValidSeconds,
                attr = attributes,
            },
            0, []);
    }

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = Attributes(context.NodeId, out fuse_attr attributes);
        if (errno == Errno.None)
            reply.Write(new fuse_attr_out { attr_valid = ValidSeconds, attr = attributes });
        return errno;
    }

    public override Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        reply.Write(new fuse_open_out
        {
            fh = Interlocked.Increment(ref _fh),
            open_flags = Id == 0 ? 0 : (uint)FuseOpenFlags.FOPEN_PASSTHROUGH,
            backing_id = Id,
        });
        return Errno.None;
    }

    public override Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        Interlocked.Increment(ref _dataRequests);
        int wanted = (int)Math.Min(arguments.size, (uint)reply.Free.Length);
        SysResult read = Files.ReadAt(file, reply.Free[..wanted], (long)arguments.offset);
        if (!read.Failed)
            reply.Advance((int)read.Value);
        return read.Errno;
    }

    public override Errno Write(
        in RequestContext context, in fuse_write_in arguments, ReadOnlySpan<byte> data,
        ref ReplyBuilder reply)
    {
        Interlocked.Increment(ref _dataRequests);
        SysResult written = Files.WriteAt(file, data, (long)arguments.offset);
        if (!written.Failed)
            reply.Write(new fuse_write_out { size = (uint)written.Value });
        return written.Errno;
    }

    private Errno Attributes(ulong nodeid, out fuse_attr attributes)
    {
        attributes = new fuse_attr
        {
            ino = nodeid,
            mode = FileModes.Directory | FileModes.Octal755,
            nlink = 2,
        };
        if (nodeid != NodeId)
            return Errno.None;
        Errno errno = Metadata.Statx(file, StatxMask.BasicStats, out Statx found);
        attributes.mode = FileModes.Regular | FileModes.Octal644;
        attributes.nlink = 1;
        attributes.size = found.SizeBytes;
        return errno;
    }
}
