using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests;

/// <summary>
/// The operations of a mounted file system, in the words of the tests of a real one, played by an
/// <see cref="InMemoryKernel"/>.
/// </summary>
internal sealed class FuseClient : IDisposable
{
    private const ulong AllFlags = 0x5F8_7FFF_FFFF;

    private readonly InMemoryKernel _kernel;

    public FuseClient(FileSystem fileSystem, SessionOptions? options = null)
    {
        _kernel = new InMemoryKernel(fileSystem, options ?? new SessionOptions { Workers = 1 });
        Assert.Equal(Errno.None, _kernel.Init(7, 45, AllFlags).Errno);
    }

    /// <summary>Who asks, in requests to come.</summary>
    public uint Uid
    {
        set => _kernel.Uid = value;
    }

    public uint Gid
    {
        set => _kernel.Gid = value;
    }

    public static byte[] Bytes<T>(in T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    public static byte[] Name(string name) => Encoding.UTF8.GetBytes(name + "\0");

    public Reply Call(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        Answer answer = _kernel.Ask(opcode, nodeid, arguments);
        return new Reply(answer.Errno, answer.Body);
    }

    /// <summary>As after a restart of the server: the request comes with the RESEND mark.</summary>
    public Reply CallAgain(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        _kernel.IsResending = true;
        Reply reply = Call(opcode, nodeid, arguments);
        _kernel.IsResending = false;
        return reply;
    }

    /// <summary>Sends what gets no reply.</summary>
    public void Put(FuseOpcode opcode, ulong nodeid, params byte[][] arguments) =>
        _kernel.Send(opcode, nodeid, arguments);

    /// <summary>Sends a request whose reply the kernel does not take.</summary>
    public void PutAbandoned(FuseOpcode opcode, ulong nodeid, params byte[][] arguments) =>
        _kernel.SendAbandoned(opcode, nodeid, arguments);

    public Reply Lookup(ulong parent, string name) =>
        Call(FuseOpcode.FUSE_LOOKUP, parent, Name(name));

    public ulong LookupNode(ulong parent, string name) => Lookup(parent, name).Entry.nodeid;

    public Reply GetAttr(ulong nodeid) =>
        Call(FuseOpcode.FUSE_GETATTR, nodeid, Bytes(default(fuse_getattr_in)));

    public void Forget(ulong nodeid, ulong nlookup)
    {
        Put(FuseOpcode.FUSE_FORGET, nodeid, Bytes(new fuse_forget_in { nlookup = nlookup }));

        // One worker serves in order: once this is answered, the forget is done.
        GetAttr(1);
    }

    public Reply Create(
        ulong parent, string name, int flags = OpenFlags.ReadWrite, uint mode = FileModes.Octal644,
        uint umask = 0x12) =>
        Call(FuseOpcode.FUSE_CREATE, parent, Bytes(new fuse_create_in
        {
            flags = (uint)flags,
            mode = FileModes.Regular | mode,
            umask = umask,
        }), Name(name));

    public Reply Open(ulong nodeid, int flags, uint openFlags = 0) =>
        Call(FuseOpcode.FUSE_OPEN, nodeid,
            Bytes(new fuse_open_in { flags = (uint)flags, open_flags = openFlags }));

    public Reply Read(ulong nodeid, ulong fh, long offset, uint size) =>
        Call(FuseOpcode.FUSE_READ, nodeid,
            Bytes(new fuse_read_in { fh = fh, offset = (ulong)offset, size = size }));

    public Reply Write(ulong nodeid, ulong fh, long offset, byte[] data, uint flags = 0) =>
        Call(FuseOpcode.FUSE_WRITE, nodeid, Bytes(new fuse_write_in
        {
            fh = fh,
            offset = (ulong)offset,
            size = (uint)data.Length,
            write_flags = flags,
        }), data);

    public Reply Release(ulong nodeid, ulong fh) =>
        Call(FuseOpcode.FUSE_RELEASE, nodeid, Bytes(new fuse_release_in { fh = fh }));

    public ulong OpenDir(ulong nodeid) =>
        Call(FuseOpcode.FUSE_OPENDIR, nodeid, Bytes(default(fuse_open_in))).Open.fh;

    public List<DirectoryRecord> ReadDir(
        ulong nodeid, ulong fh, ulong offset, uint size, bool plus)
    {
        Reply reply = Call(plus ? FuseOpcode.FUSE_READDIRPLUS : FuseOpcode.FUSE_READDIR, nodeid,
            Bytes(new fuse_read_in { fh = fh, offset = offset, size = size }));
        Assert.Equal(Errno.None, reply.Errno);
        Assert.True(reply.Body.Length <= size, "never more than was asked for");
        List<DirectoryRecord> records = [];
        DirentReader reader = new(reply.Body, plus ? Dialect.Classic : null);
        while (reader.MoveNext())
        {
            records.Add(new DirectoryRecord(Encoding.UTF8.GetString(reader.Name),
                reader.Dirent.off, reader.Dirent.ino, plus ? reader.Entry.Entry : default));
        }

        Assert.False(reader.Error.IsError, reader.Error.ToString());
        return records;
    }

    public void Dispose()
    {
        _kernel.Stop();
        _kernel.Dispose();
        Assert.Null(_kernel.Failure);
    }
}

/// <summary>One record of READDIR or, with its entry, of READDIRPLUS.</summary>
internal sealed record DirectoryRecord(
    string Name, ulong Offset, ulong Ino, fuse_entry_out Entry);
