using System.Runtime.InteropServices;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Testing;

/// <summary>A request as the caller, being the server, has read it.</summary>
/// <param name="Opcode">What is asked for.</param>
/// <param name="NodeId">The nodeid of the head.</param>
/// <param name="Unique">What the reply has to repeat.</param>
/// <param name="Body">What follows the head, as it came.</param>
public sealed record AskedRequest(FuseOpcode Opcode, ulong NodeId, ulong Unique, byte[] Body)
{
    /// <summary>The body as the one name of LOOKUP, UNLINK and RMDIR.</summary>
    public string Name => System.Text.Encoding.Latin1.GetString(Body).TrimEnd('\0');
}

/// <summary>
/// A mounted modelled kernel whose server is the caller: start a call with <see cref="Stat"/> or
/// <see cref="Call"/>, read the request that it sends with <see cref="Read"/>, answer it when and
/// how you like, and look at the call's result and into <see cref="Kernel"/>. Deterministic: no
/// thread, clock, mount or privilege is needed.
/// </summary>
/// <example>
/// <code>
/// using KernelDriver driver = new();
/// KernelCall stat = driver.Stat("file");
/// AskedRequest lookup = driver.Read();
/// driver.AnswerEntry(lookup, KernelDriver.Entry(2, KernelDriver.Regular));
/// int errno = stat.Result.Errno; // 0
/// </code>
/// </example>
public sealed partial class KernelDriver : IDisposable
{
    /// <summary>Mode of a directory, 0755.</summary>
    public const uint Directory = FileModes.Directory755;

    /// <summary>Mode of a regular file, 0644.</summary>
    public const uint Regular = FileModes.Regular644;

    public const int EIO = (int)Errno.EIO;
    public const int EINVAL = (int)Errno.EINVAL;
    public const int ENOENT = (int)Errno.ENOENT;

    /// <summary>
    /// Validity of names and attributes, seconds, that no virtual clock of a test outlives.
    /// </summary>
    public const ulong LongSeconds = 1000;

    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Dialect _dialect;

    /// <param name="flags">What the server agrees to.</param>
    /// <param name="dialect">How handles travel; classic for none.</param>
    /// <param name="maxHandleBytes">The longest handle the server announces.</param>
    /// <param name="inodes">How inodes are kept.</param>
    /// <param name="version">Which kernel's version is modelled; null for the default.</param>
    /// <param name="kernel">
    /// Everything else about the mount, such as default_permissions; null for the default.
    /// </param>
    public KernelDriver(
        FuseInitFlags flags = FuseInitFlags.FUSE_PARALLEL_DIROPS, Dialect? dialect = null,
        int maxHandleBytes = 128, FuseInodeCacheOptions? inodes = null,
        KernelVersion? version = null, ModelKernelOptions? kernel = null)
    {
        _dialect = dialect ?? Dialect.Classic;
        IsBroken = inodes is { Faults.Any: true };
        ModelKernelOptions options = (kernel ?? new()) with
        {
            Inodes = inodes ?? new(),
            Dialect = _dialect,
        };
        Kernel = new(options with { Version = version ?? options.Version });
        KernelCall mount = Kernel.Mount();
        fuse_init_out init = new() { major = 7, minor = 45, max_write = 65536, max_pages = 16 };
        (init.flags, init.flags2) = InitWords.Split(flags);
        HandleOffer.Accept(ref init, _dialect, maxHandleBytes);
        Answer(Read(), init);
        if (mount.Result.Errno != 0)
            throw new InvalidOperationException($"mount: errno {mount.Result.Errno}");
    }

    public ModelKernel Kernel { get; }

    /// <summary>
    /// The caller breaks the kernel on purpose: its validator is not asked at the end.
    /// </summary>
    public bool IsBroken { get; init; }

    /// <summary>Starts a statx(2) of a path for the basic attributes.</summary>
    /// <param name="path">Relative to the root of the mount.</param>
    /// <param name="flags">AT_ flags; a link itself, not its target, by default.</param>
    public KernelCall Stat(string path, int flags = AtFlags.SymlinkNoFollow) => Kernel.Start(
        new(VfsCallKind.Stat) { Path = path, Flags = flags, Mode = StatxMask.BasicStats });

    /// <summary>
    /// Starts a call that needs no more than a path; what it makes has mode 0755.
    /// </summary>
    public KernelCall Call(VfsCallKind kind, string path) => Kernel.Start(
        new(kind) { Path = path, Mode = FileModes.Octal755 });

    /// <summary>The next request.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public AskedRequest Read()
    {
        int bytes = Kernel.ReadRequest(_buffer);
        if (bytes <= 0)
            throw new InvalidOperationException("a request was expected");
        fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(_buffer);
        return new(
            (FuseOpcode)header.opcode, header.nodeid, header.unique,
            _buffer[FuseRequest.HeaderBytes..bytes]);
    }

    /// <summary>Every forget that is queued, as "nodeid count".</summary>
    /// <exception cref="InvalidOperationException">Something else is queued.</exception>
    public IReadOnlyList<string> ReadForgets()
    {
        List<string> all = [];
        while (Kernel.HasRequest)
        {
            AskedRequest asked = Read();
            if (!TryAddForgets(asked, all))
                throw new InvalidOperationException($"a FORGET was expected: {asked.Opcode}");
        }

        return all;
    }

    /// <summary>Adds what a FORGET or BATCH_FORGET says; false if it is another request.</summary>
    public static bool TryAddForgets(AskedRequest asked, ICollection<string> all)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(all);
        if (!Operation.Of(asked.Opcode).IsForget)
            return false;
        byte[] message = MessageBuilder.Request(asked.Opcode, 0, asked.NodeId, asked.Body);
        if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
            throw new InvalidOperationException($"a FORGET that cannot be read: {error}");
        ForgetReader forgets = new(request);
        while (forgets.TryNext(out fuse_forget_one one))
            all.Add($"{one.nodeid} {one.nlookup}");
        return true;
    }

    /// <summary>Answers; the errno of the server's write.</summary>
    public int Answer<T>(AskedRequest asked, T body)
        where T : unmanaged => AnswerBytes(asked, BytesOf(body));

    /// <summary>Answers with an error and, as no good server does, perhaps a body.</summary>
    public int AnswerError(AskedRequest asked, int errno, params byte[] body)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(body);
        return Deliver(MessageBuilder.WithHead(asked.Unique, -errno, body));
    }

    /// <summary>Answers a success with the bytes of a body.</summary>
    public int AnswerBytes(AskedRequest asked, params byte[] body) => AnswerError(asked, 0, body);

    /// <summary>A notification; the errno of the server's write.</summary>
    public int Notify(FuseNotifyCode code, params ReadOnlySpan<byte> body) =>
        Kernel.WriteReply(MessageBuilder.Notification(code, body));

    /// <summary>FUSE_NOTIFY_INVAL_ENTRY of a name in a directory.</summary>
    public int InvalEntry(ulong parent, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Notify(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
            [
                .. BytesOf(new fuse_notify_inval_entry_out
                {
                    parent = parent,
                    namelen = (uint)name.Length,
                }),
                .. System.Text.Encoding.Latin1.GetBytes(name), 0,
            ]);
    }

    /// <summary>Answers with an entry and its handle, as the dialect has them.</summary>
    public int AnswerEntry(AskedRequest asked, fuse_entry_out entry, params byte[] handle)
    {
        byte[] room = new byte[1024];
        _dialect.TryWriteEntry(room, entry, 0x81, handle, out int bytes);
        return AnswerBytes(asked, room[..bytes]);
    }

    public static fuse_entry_out Entry(
        ulong nodeId, uint mode, ulong generation = 1, ulong seconds = LongSeconds,
        ulong size = 0) =>
        new()
        {
            nodeid = nodeId,
            generation = generation,
            entry_valid = seconds,
            attr_valid = seconds,
            attr = new() { ino = nodeId, mode = mode, nlink = 1, size = size },
        };

    public static fuse_attr_out Attributes(
        uint mode, ulong size = 0, ulong seconds = LongSeconds) =>
        new()
        {
            attr_valid = seconds,
            attr = new() { ino = 1, mode = mode, nlink = 2, size = size },
        };

    public static byte[] BytesOf<T>(T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Marshal.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    /// <summary>Asks the kernel's validator, which finds nothing whatever the caller did.</summary>
    /// <exception cref="InvalidOperationException">It found something.</exception>
    public void Dispose()
    {
        IReadOnlyList<ValidationError> errors = IsBroken ? [] : Kernel.Validate();
        Kernel.Dispose();
        if (errors.Count > 0)
            throw new InvalidOperationException(string.Join("; ", errors));
    }
}
