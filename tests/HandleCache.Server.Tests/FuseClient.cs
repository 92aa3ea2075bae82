using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests;

/// <summary>
/// Plays the kernel's side of one session: writes requests byte for byte as the kernel does and
/// reads the replies.
/// </summary>
internal sealed class FuseClient : IDisposable
{
    private readonly ScriptedChannel _channel = new();
    private readonly FuseSession _session;
    private readonly Thread _server;
    private Exception? _failure;
    private ulong _lastUnique;

    public FuseClient(FileSystem fileSystem, SessionOptions? options = null)
    {
        _session = new FuseSession(
            _channel, fileSystem, options ?? new SessionOptions { Workers = 1 });
        _server = new Thread(() =>
        {
            try
            {
                _session.Run();
            }
            catch (IOException e)
            {
                _failure = e;
            }
        });
        _server.Start();
        Reply init = Call(FuseOpcode.FUSE_INIT, 0, Bytes(new fuse_init_in
        {
            major = 7,
            minor = 45,
            max_readahead = 1 << 17,
            flags = ~(1u << 31),
            flags2 = 0x5F8,
        }));
        Assert.Equal(Errno.None, init.Errno);
    }

    /// <summary>Who asks, in requests to come.</summary>
    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Makes the server's sends fail: a reply that the kernel no longer wants.</summary>
    public Errno SendResult
    {
        set => _channel.SendResult = value;
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
        Put(opcode, nodeid, arguments);
        return Reply.Parse(_channel.TakeReply());
    }

    /// <summary>As after a restart of the server: the request comes with the RESEND mark.</summary>
    public Reply CallAgain(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        ulong last = _lastUnique;
        _lastUnique |= FuseConstants.FUSE_UNIQUE_RESEND;
        Reply reply = Call(opcode, nodeid, arguments);
        _lastUnique = last + 2;
        return reply;
    }

    /// <summary>Sends what gets no reply.</summary>
    public void Put(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        byte[] body = [.. arguments.SelectMany(part => part)];
        fuse_in_header header = new()
        {
            len = (uint)(40 + body.Length),
            opcode = (uint)opcode,
            unique = _lastUnique += 2,
            nodeid = nodeid,
            uid = Uid,
            gid = Gid,
            pid = 1,
        };
        _channel.PutRequest([.. Bytes(header), .. body]);
    }

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
        ulong parent, string name, int flags = OpenFlags.ReadWrite, uint mode = 0x1A4,
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
        _channel.Close();
        _server.Join();
        _session.Dispose();
        _channel.Dispose();
        Assert.Null(_failure);
    }
}

/// <summary>One record of READDIR or, with its entry, of READDIRPLUS.</summary>
internal sealed record DirectoryRecord(
    string Name, ulong Offset, ulong Ino, fuse_entry_out Entry);
