using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests;

/// <summary>What came back: errno of the reply and its body.</summary>
public sealed record Answer(ulong Unique, Errno Errno, byte[] Body)
{
    public T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Body);
}

/// <summary>Plays the kernel for a session on a memory channel, by request bytes.</summary>
public sealed class InMemoryKernel : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryChannel _channel = new();
    private readonly FuseSession _session;
    private readonly Thread _server;
    private readonly byte[] _buffer = new byte[2 << 20];
    private ulong _unique;

    /// <param name="fileSystem">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="wrap">What stands between kernel and server.</param>
    public InMemoryKernel(
        FileSystem fileSystem, SessionOptions? options = null,
        Func<IChannel, IChannel>? wrap = null)
    {
        _session = new FuseSession(
            wrap?.Invoke(_channel) ?? _channel, fileSystem, options ?? new SessionOptions());
        _server = new Thread(() =>
        {
            try
            {
                _session.Run();
            }
            catch (IOException e)
            {
                Failure = e;
            }
        });
        _server.Start();
    }

    /// <summary>Who asks, in requests to come.</summary>
    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>
    /// Requests to come are sent again after a restart: they bear the RESEND mark.
    /// </summary>
    public bool IsResending { get; set; }

    /// <summary>What ended the session, if not the close of the channel.</summary>
    public IOException? Failure { get; private set; }

    public MemoryClient Client => _channel.Client;

    /// <summary>A session that has agreed on INIT with all that it wants.</summary>
    public static InMemoryKernel Mounted(FileSystem fileSystem, SessionOptions? options = null)
    {
        string type = (options?.Dialect ?? Dialect.Classic).FileSystemType;
        InMemoryKernel kernel =
            new(fileSystem, (options ?? new SessionOptions()) with { FileSystemType = type });
        Answer answer = kernel.Init(7, 45, ulong.MaxValue, options?.Dialect ?? Dialect.Classic);
        Assert.Equal(Errno.None, answer.Errno);
        return kernel;
    }

    public Answer Init(uint major, uint minor, ulong flags, Dialect? dialect = null)
    {
        fuse_init_in init = new()
        {
            major = major,
            minor = minor,
            max_readahead = 1 << 17,
            flags = (uint)flags,
            flags2 = (uint)(flags >> 32),
        };
        HandleOffer.Offer(ref init, dialect ?? Dialect.Classic);
        return Ask(FuseOpcode.FUSE_INIT, 0, Of(init));
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    public Answer Ask(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        ulong unique = Send(opcode, nodeid, arguments);
        Answer answer = Receive();
        Assert.Equal(unique, answer.Unique);
        return answer;
    }

    public Answer Lookup(ulong parent, string name) =>
        Ask(FuseOpcode.FUSE_LOOKUP, parent, Name(name));

    /// <summary>Sends a request whose reply is fetched apart, or that gets none.</summary>
    public ulong Send(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        ulong unique = TakeUnique();
        byte[] message = Message((uint)opcode, unique, nodeid, arguments);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(24), Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(28), Gid);
        Assert.True(Client.Send(message));
        return unique;
    }

    /// <summary>Sends a request whose caller is gone before the reply: nobody takes that.</summary>
    public void SendAbandoned(FuseOpcode opcode, ulong nodeid, params byte[][] arguments)
    {
        Client.Abandon(NextUnique);
        Send(opcode, nodeid, arguments);
    }

    /// <summary>The number of a request that the test writes itself.</summary>
    public ulong TakeUnique()
    {
        ulong unique = NextUnique;
        _unique += 2;
        return unique;
    }

    private ulong NextUnique =>
        (_unique + 2) | (IsResending ? FuseConstants.FUSE_UNIQUE_RESEND : 0);

    public Answer Receive()
    {
        Assert.True(Client.TryReceive(_buffer, Patience, out int length), "no reply came");
        fuse_out_header header = MemoryMarshal.Read<fuse_out_header>(_buffer);
        Assert.Equal((uint)length, header.len);
        return new Answer(
            header.unique,
            (Errno)(-header.error),
            _buffer.AsSpan(Unsafe.SizeOf<fuse_out_header>(), length - 16).ToArray());
    }

    /// <summary>
    /// FORGET has no reply: a GETATTR behind it, on the one worker, says it is done.
    /// </summary>
    public void Forget(ulong nodeid, ulong nlookup)
    {
        Send(FuseOpcode.FUSE_FORGET, nodeid, Of(new fuse_forget_in { nlookup = nlookup }));
        Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
    }

    /// <summary>A whole message: fuse_in_header of 40 bytes, then the arguments.</summary>
    public static byte[] Message(
        uint opcode, ulong unique, ulong nodeid, params byte[][] arguments)
    {
        byte[] body = [.. arguments.SelectMany(bytes => bytes)];
        byte[] message = new byte[40 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), opcode);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), unique);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(16), nodeid);
        body.CopyTo(message, 40);
        return message;
    }

    public static byte[] Of<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes([value]).ToArray();

    public static byte[] Name(string name) => [.. Encoding.Latin1.GetBytes(name), 0];

    /// <summary>Unmounts and waits for the server to end.</summary>
    public void Stop()
    {
        _channel.Close();
        Assert.True(_server.Join(Patience), "the session did not end");
    }

    public void Dispose()
    {
        _channel.Close();
        _server.Join(Patience);
        _session.Dispose();
        _channel.Dispose();
    }
}
