using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel;

/// <summary>
/// The modelled kernel: one FUSE mount of Linux, from the system call down to the bytes on
/// /dev/fuse. Calls are started and run until they wait for the server; <see cref="ReadRequest"/>
/// gives the next message, <see cref="WriteReply"/> takes a reply or notification and runs what
/// waited for it. Nothing else happens by itself and there is no clock but
/// <see cref="NowNs"/>, so every interleaving is the caller's choice and can be repeated.
/// Rules R1 to R19 of <c>RULES.md</c>, against v6.18; what other versions do otherwise is
/// <see cref="VersionRule"/>. One owner at a time.
/// </summary>
public sealed partial class ModelKernel : IDisposable
{
    private readonly FuseInodeCache _inodes;
    private readonly SideTable<ColdInode> _cold = new();
    private readonly KernelDevice _device;
    private readonly KernelConnection _conn;
    private readonly WakeQueue _wakes = new();
    private readonly DentryCache _dcache;
    private readonly ModelKernelOptions _options;
    private readonly KernelFaults _faults;
    private Dentry? _root;

    public ModelKernel(ModelKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _faults = new KernelFaults(options.Inodes.Faults);
        bool hasOwnRule = options.Inodes.HandleRule != HandleRule.Sound;
        _inodes = new FuseInodeCache(hasOwnRule
            ? options.Inodes
            : options.Inodes with { HandleRule = HandleRule.Of(options.Dialect) });
        _conn = new KernelConnection(options.DefaultPermissions);
        _device = new KernelDevice(_inodes.Forgets, _faults);
        _dcache = new DentryCache(PutInode, _wakes, _faults);
    }

    /// <summary>The virtual clock, ns; the caller moves it, never backwards.</summary>
    public long NowNs { get; set; } = 1;

    /// <summary>
    /// The inode cache underneath, for checks; changing it is not the caller's business.
    /// </summary>
    public FuseInodeCache Inodes => _inodes;

    /// <summary>Dentries in memory.</summary>
    public int DentryCount => _dcache.Count;

    /// <summary>Requests made since the mount, forgets not counted.</summary>
    public long RequestCount => _device.RequestCount;

    /// <summary>Whether a read of the device would give something.</summary>
    public bool HasRequest => _device.HasMessage;

    /// <summary>Requests read and not answered yet.</summary>
    public int Unanswered => _device.SentCount;

    /// <summary>What INIT agreed on.</summary>
    public FuseInitFlags Agreed => _conn.Flags;

    /// <summary>Starts the mount: queues INIT. The call is done when INIT is answered.</summary>
    public KernelCall Mount() => new(null, MountAsync());

    /// <summary>Starts a system call; it runs to its end or to its first wait.</summary>
    public KernelCall Start(VfsCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (_root is null)
            throw new InvalidOperationException("not mounted");
        KernelCall started = new(call, CountedAsync(call));
        _wakes.Run();
        return started;
    }

    private async KernelTask<VfsResult> CountedAsync(VfsCall call)
    {
        _running++;
        try
        {
            return await CallAsync(call);
        }
        finally
        {
            _running--;
        }
    }

    /// <summary>
    /// read(2) of the device: bytes of the next message, 0 if a read would block, -1 when the
    /// connection is over.
    /// </summary>
    public int ReadRequest(Span<byte> buffer)
    {
        int bytes = _device.Read(buffer);
        _wakes.Run();
        return bytes;
    }

    /// <summary>
    /// write(2) of the device: 0 or the errno the server would get. What waited for the reply
    /// runs before this returns.
    /// </summary>
    public int WriteReply(ReadOnlySpan<byte> message)
    {
        int errno = Take(message);
        _wakes.Run();
        return errno;
    }

    /// <summary>
    /// Unmounts: nothing is forgotten (R2), and who still waits gets (int)Errno.ECONNABORTED (R16).
    /// </summary>
    public void Unmount()
    {
        _device.Abort((int)Errno.ECONNABORTED);
        _wakes.Run();
        _inodes.Unmount();
        _root = null;
    }

    public void Dispose() => _inodes.Dispose();

    private async KernelTask<VfsResult> MountAsync()
    {
        fuse_init_in init = new()
        {
            major = FuseConstants.FUSE_KERNEL_VERSION,
            minor = Follows(VersionRule.Minor46)
                ? FuseConstants.FUSE_KERNEL_MINOR_VERSION + 1
                : FuseConstants.FUSE_KERNEL_MINOR_VERSION,
            max_readahead = _options.MaxReadaheadBytes,
        };
        (init.flags, init.flags2) = InitWords.Split(_options.Offered);
        HandleOffer.Offer(ref init, _options.Dialect);
        KernelAnswer answer = await _device.AskAsync(
            FuseOpcode.FUSE_INIT, 0, InodeIndex.None, default, Bytes(init),
            ReplyRoom.UpTo(Unsafe.SizeOf<fuse_init_out>()));
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        byte[] body = new byte[Unsafe.SizeOf<fuse_init_out>()];
        answer.Body.CopyTo(body, 0);
        fuse_init_out reply = MemoryMarshal.Read<fuse_init_out>(body);
        if (reply.major != FuseConstants.FUSE_KERNEL_VERSION)
            return VfsResult.Failure((int)Errno.EIO);
        _conn.Accept(reply, _options.Offered);
        _device.Minor = _conn.Minor;
        _device.Handles = HandleOffer.Read(reply, _options.Dialect);
        InodeIndex index = _inodes.MountRoot(FileModes.Directory);
        KernelInode root = NewColdInode(
            index, FuseConstants.FUSE_ROOT_ID, 0, FileModes.Directory, 0);
        root.References = 1;
        SetAttributes(
            root, new fuse_attr { ino = FuseConstants.FUSE_ROOT_ID, nlink = 1 }, expiryNs: 0, 0);
        _root = _dcache.NewRoot(root);
        return new VfsResult(0);
    }

    /// <summary>Whether the modelled version does as a rule says.</summary>
    private bool Follows(VersionRule rule) => rule.AppliesTo(_options.Version);

    private int Take(ReadOnlySpan<byte> message)
    {
        if (FuseReply.TryParse(message, out FuseReply reply, out WireError error))
            return reply.IsNotification ? Notify(reply) : _device.Answer(reply);
        if (error.Fault == WireFault.Overlong
            && MemoryMarshal.TryRead(message, out fuse_out_header header))
        {
            _device.Spoil(header.unique);
        }

        return (int)Errno.EINVAL;
    }

    private static byte[] Bytes<T>(in T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    /// <summary>A fixed struct and names behind it, as the kernel concatenates arguments.</summary>
    private static byte[] Bytes<T>(in T value, params ReadOnlySpan<string> names)
        where T : unmanaged
    {
        byte[] tail = Bytes(names);
        byte[] bytes = new byte[Unsafe.SizeOf<T>() + tail.Length];
        MemoryMarshal.Write(bytes, value);
        tail.CopyTo(bytes, Unsafe.SizeOf<T>());
        return bytes;
    }

    private static byte[] Bytes(params ReadOnlySpan<string> names)
    {
        int length = 0;
        foreach (string name in names)
            length += name.Length + 1;
        byte[] bytes = new byte[length];
        int at = 0;
        foreach (string name in names)
        {
            foreach (char c in name)
                bytes[at++] = (byte)c;
            at++;
        }

        return bytes;
    }
}
