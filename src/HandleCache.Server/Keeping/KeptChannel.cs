using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The channel of a server that has a keeper: it reads and writes devices that the keeper holds
/// too, so that the connection and the requests in hand outlive it. The keeper is not in the way
/// of a request; it learns from the log, and is asked only for what an earlier life knew.
/// </summary>
/// <remarks>
/// Above, the server speaks a dialect with handles; below, the kernel sees classic traffic. A
/// request that the server answers with ESTALE or EBADF is given to it once more with the handles
/// and open files the keeper has for it: the lazy rebinding of T8 and T11.
/// </remarks>
internal sealed class KeptChannel : IChannel
{
    private readonly Lock _lock = new();
    private readonly List<FuseDevice> _devices;
    private int _opened;
    private volatile Dialect _agreed = Dialect.Classic;

    public KeptChannel(
        KeeperLink link, KeeperMemory memory, List<FuseDevice> devices, byte[] init,
        Dialect dialect)
    {
        Link = link;
        Memory = memory;
        _devices = devices;
        Init = OfferHandles(init, dialect);
        Dialect = dialect;
        Log = new LogWriter(memory, link.Wake);
    }

    public KeeperLink Link { get; }

    public KeeperMemory Memory { get; }

    public LogWriter Log { get; }

    /// <summary>Offered in INIT.</summary>
    public Dialect Dialect { get; }

    /// <summary>Agreed on in INIT.</summary>
    public Dialect Agreed
    {
        get => _agreed;
        set => _agreed = value;
    }

    /// <summary>The kernel's INIT, with the dialect's offer; the first port receives it.</summary>
    public byte[] Init { get; }

    public bool IsClosed { get; private set; }

    public IChannelPort OpenPort()
    {
        lock (_lock)
        {
            int worker = _opened++;
            return new KeptPort(this, _devices[worker], worker);
        }
    }

    /// <summary>
    /// Wakes the readers as <see cref="DeviceChannel"/> does; the process ends after this.
    /// </summary>
    public void Close()
    {
        IsClosed = true;
        for (int i = 0; i < _opened; i++)
            WakeOne(_devices[0]);
    }

    public void Dispose()
    {
        foreach (FuseDevice device in _devices)
            device.Dispose();
    }

    private static byte[] OfferHandles(byte[] init, Dialect dialect)
    {
        Span<byte> body = init.AsSpan(FuseRequest.HeaderBytes);
        fuse_init_in offer = MemoryMarshal.Read<fuse_init_in>(body);
        DialectLink.Offer(ref offer, dialect);
        MemoryMarshal.Write(body, offer);
        return init;
    }

    private static void WakeOne(FuseDevice device) => device.Write(MessageBuilder.Notification(
        FuseNotifyCode.FUSE_NOTIFY_RETRIEVE,
        new fuse_notify_retrieve_out { nodeid = FuseConstants.FUSE_ROOT_ID }));
}
