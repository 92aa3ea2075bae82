using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Relaying;

/// <summary>
/// Carries messages between the kernel's channel and a server's socket, one thread each way and
/// one for notifications. It changes nothing but INIT (<see cref="RelayInit"/>). The first end of
/// either side is remembered.
/// </summary>
/// <remarks>
/// The kernel's write of a notification may wait for a lock that a caller holds until he has his
/// reply (fuse_reverse_inval_entry(), fs/fuse/dir.c, takes the directory's): so a notification
/// does not hold back the replies behind it. What waits so when the relay ends is freed by cutting
/// the connection, which whoever mounted does before <see cref="Dispose"/>.
/// </remarks>
public sealed partial class Relay : IDisposable
{
    private readonly IChannel _kernel;
    private PacketSocket _server;
    private readonly IChannelPort _port;
    private readonly Thread _down;
    private Thread _up;
    private readonly NotificationQueue _notifications;
    private readonly TaskCompletionSource<bool> _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _initUnique;
    private volatile bool _serverEnded;
    private volatile bool _kernelEnded;
    private string? _failure;
    private long _refused;

    /// <summary>Starts carrying.</summary>
    /// <param name="kernel">A mounted channel, perhaps with a tap; not owned.</param>
    /// <param name="server">The socket to the server; not owned.</param>
    /// <param name="keepsRequests">
    /// Another server may take the place of the first (<see cref="Replace"/>): requests are kept
    /// until their replies.
    /// </param>
    public Relay(IChannel kernel, PacketSocket server, bool keepsRequests = false)
    {
        _kept = keepsRequests ? new() : null;
        _kernel = kernel;
        _server = server;
        _port = kernel.OpenPort();
        _down = new Thread(() => Carry(ToServer)) { IsBackground = true, Name = "relay-down" };
        _notifications = new NotificationQueue(Send);
        _up = UpThread();
        _down.Start();
        _up.Start();
    }

    /// <summary>The server hung up.</summary>
    public bool ServerEnded => _serverEnded;

    /// <summary>The file system was unmounted.</summary>
    public bool KernelEnded => _kernelEnded;

    /// <summary>Why messages are carried no longer; null where an end is as it should be.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Replies and notifications that the kernel refused (EINVAL).</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>What INIT settled: "7.45"; null before.</summary>
    public string? Protocol { get; private set; }

    /// <summary>
    /// Waits for the server's answer to INIT; false where it said no, or nothing.
    /// </summary>
    public bool WaitReady(TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            return _ready.Task.Wait((int)patience.TotalMilliseconds, cancel) && _ready.Task.Result;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    /// <summary>Wakes and joins all threads; the channel is closed, the socket hung up.</summary>
    public void Dispose()
    {
        _kernel.Close();
        _server.Shutdown();
        _down.Join();
        _up.Join();
        _notifications.Dispose();
        _port.Dispose();
    }

    private void Carry(Action<byte[]> carry)
    {
        try
        {
            carry(new byte[RelayInit.BufferBytes]);
        }
        catch (IOException e)
        {
            Fail(e.Message);
        }
        finally
        {
            _ready.TrySetResult(false);
        }
    }

    private void ToServer(byte[] buffer)
    {
        while (true)
        {
            SysResult received = _port.Receive(buffer);
            if (received.Failed || received.Value == 0)
            {
                if (received.Failed)
                    Fail($"reading from /dev/fuse: {received.Errno}");
                _kernelEnded = true;
                return;
            }

            Span<byte> message = buffer.AsSpan(0, (int)received.Value);
            if (FuseRequest.TryParse(message, out FuseRequest request, out _)
                && request.Opcode == FuseOpcode.FUSE_INIT)
            {
                Volatile.Write(ref _initUnique, request.Header.unique);
                RelayInit.LimitRequest(message);
                _init = message.ToArray();
            }

            if (SendToServer(message) is not { } sent)
                continue;
            if (sent.Errno != Errno.EPIPE)
                Fail($"a request of {message.Length} bytes to the server: {sent.Errno}");
            _serverEnded = true;
            return;
        }
    }

    private void ToKernel(byte[] buffer)
    {
        PacketSocket server = _server;
        while (true)
        {
            Errno errno = server.Receive(buffer, out ReceivedPacket packet, null);
            if (errno == Errno.EINTR)
                continue;
            if (errno != Errno.None || packet.LengthBytes == 0)
            {
                _serverEnded |= !_isReplacing;
                return;
            }

            Span<byte> message = buffer.AsSpan(0, packet.LengthBytes);
            if (!MemoryMarshal.TryRead(message, out fuse_out_header header)
                || header.len != message.Length || packet.Truncated)
            {
                Fail($"the server sent {message.Length} bytes of a reply of {header.len}; "
                    + "libfuse splits replies with splice: try -o no_splice_write");
                _serverEnded = true;
                return;
            }

            bool isInit = header.unique != 0 && header.unique == Volatile.Read(ref _initUnique);
            if (isInit)
                RelayInit.LimitReply(message);
            _kept?.TryRemove(header.unique, out _);
            if (header.unique == 0)
                _notifications.Add(message);
            else
                Send(message);
            if (isInit)
                Settle(header, message);
        }
    }

    private Thread UpThread() =>
        new(() => Carry(ToKernel)) { IsBackground = true, Name = "relay-up" };

    private void Send(ReadOnlySpan<byte> message)
    {
        if (_port.Send(message) == Errno.EINVAL)
            Interlocked.Increment(ref _refused);
    }

    private void Settle(fuse_out_header header, ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> body = message[Marshal.SizeOf<fuse_out_header>()..];
        bool agreed = header.error == 0 && body.Length >= 2 * sizeof(uint);
        if (agreed)
        {
            uint major = MemoryMarshal.Read<uint>(body);
            uint minor = MemoryMarshal.Read<uint>(body[sizeof(uint)..]);
            Protocol = string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{major}.{minor}");
        }

        _agreed = message.ToArray();
        _ready.TrySetResult(agreed);
    }

    private void Fail(string why) => Interlocked.CompareExchange(ref _failure, why, null);
}
