using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// What goes between kernel and server, and what is known of it that neither knows: which object
/// an inode was made for, and which one a request was carried out on.
/// </summary>
internal sealed partial class RestartWorld : IEntryObserver
{
    /// <summary>A regular file, rw-r--r--.</summary>
    private const uint NewFile = FileModes.Regular | 0x1A4;

    private readonly byte[] _request;
    private readonly Dictionary<InodeIndex, KnownObject> _objects;
    private readonly Dictionary<ulong, long> _given;
    private ulong _lastGiven;

    /// <summary>The object that an inode was made for: what the kernel believes it holds.</summary>
    private readonly record struct KnownObject(ulong Serial, bool IsDirectory);

    /// <summary>The object of the inode that a slot has open.</summary>
    public ulong SerialOf(int slot) => ObjectOf(slot).Serial;

    /// <summary>
    /// Counts balance: under every nodeid the kernel holds the lookups that replies brought and
    /// forgets did not take back. Gives the first nodeid where they do not, or null.
    /// </summary>
    public string? Unbalanced()
    {
        foreach ((ulong nodeId, long given) in _given)
        {
            long held = (long)Kernel.Inodes.Held(nodeId);
            if (held != given)
                return $"nodeid {nodeId:x}: {given} lookups given, {held} held";
        }

        return null;
    }

    void IEntryObserver.Taken(InodeIndex inode, bool isKnown, in fuse_entry_out entry)
    {
        bool isDirectory = (entry.attr.mode & FileModes.TypeMask) == FileModes.Directory;
        if (!isKnown)
        {
            Tally.InodesMade++;
            _objects[inode] = new(entry.attr.size, isDirectory);
        }
        else if (_objects[inode].Serial is var serial && serial != entry.attr.size)
        {
            Wrong($"an entry of object {entry.attr.size} was taken for the cached inode of "
                + $"object {serial} (nodeid {entry.nodeid:x})");
        }
    }

    void IEntryObserver.Uncounted(ulong nodeId) => _given[nodeId]--;

    private ModelKernel NewKernel(WorldOptions options) => new(new()
    {
        Dialect = options.Dialect,
        NoParentHandle = options.NoParentHandle,
        Entries = this,
        Inodes = new()
        {
            Strategy = options.Dialect.CarriesHandles ? options.Strategy : HandleStrategy.None,
        },
    });

    /// <summary>
    /// INIT: what kernel and server agree on decides in which dialect both speak. Where the offer
    /// never reaches the server, or the answer turns handles off, that is classic.
    /// </summary>
    private WorldOptions Mount(WorldOptions options)
    {
        Dialect dialect = options.Dialect;
        KernelCall mount = Kernel.Mount();
        Kernel.ReadRequest(_request);
        fuse_init_in offer = MemoryMarshal.Read<fuse_init_in>(
            _request.AsSpan(FuseRequest.HeaderBytes));
        fuse_init_out answer = new()
        {
            major = FuseConstants.FUSE_KERNEL_VERSION,
            minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
            flags = (uint)FuseInitFlags.FUSE_INIT_EXT,
            max_write = 1 << 16,
        };
        HandleAgreement agreed = HandleAgreement.Classic;
        if (HandleOffer.IsOffered(offer, dialect, dialect.FileSystemType))
        {
            HandleOffer.Accept(
                ref answer, dialect, options.AgreedHandleBytes ?? dialect.MaxHandleBytes);
            agreed = HandleOffer.Read(answer, dialect);
        }

        ulong unique = MemoryMarshal.Read<fuse_in_header>(_request).unique;
        Kernel.WriteReply(MessageBuilder.Reply(unique, answer));
        if (mount.Result.Errno != 0)
            throw new InvalidOperationException("the modelled kernel could not mount");
        _objects[Kernel.Inodes.Root] = new(Store.Root.Serial, IsDirectory: true);
        return options with
        {
            Dialect = agreed.Dialect,
            AgreedHandleBytes = agreed.MaxHandleBytes,
        };
    }

    private KnownObject ObjectOf(int slot) => _objects[Kernel.OpenInode(slot)];

    private Errno Call(VfsCall call) => (Errno)Run(call).Errno;

    /// <summary>A call to its end; one that will never end counts as hung.</summary>
    private VfsResult Run(VfsCall call)
    {
        KernelCall running = Kernel.Start(call);
        Drive();
        Tally.Refused = Kernel.RefusedEntries;
        if (running.IsDone)
            return running.Result;

        // It waits behind its reply for an inode that stays locked: the lookup is nobody's.
        Tally.Hung++;
        if (_lastGiven != 0)
            _given[_lastGiven]--;
        return VfsResult.Failure((int)Errno.EDEADLK);
    }

    /// <summary>Carries messages until there are none.</summary>
    private void Drive()
    {
        int bytes;
        while ((bytes = Kernel.ReadRequest(_request)) > 0)
            Carry(_request.AsSpan(0, bytes));
    }

    private void Carry(Span<byte> message)
    {
        _lastGiven = 0;
        fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(message);
        if (Operation.Of((FuseOpcode)header.opcode).IsForget)
        {
            CarryForgets(message);
            return;
        }

        InodeIndex about = Kernel.AskedAbout(header.unique);
        Tally.Requests++;
        byte[] reply = Send(message) ?? [];
        CheckObject(about, header.nodeid);
        ulong gave = _server.Gave;
        if (gave != 0)
            _given[gave] = _given.GetValueOrDefault(gave) + 1;
        _lastGiven = gave;
        Errno errno = (Errno)Kernel.WriteReply(reply);
        if (errno == Errno.ENOENT)
            Tally.AnsweredTwice++;
        if (errno != Errno.None && gave != 0)
        {
            _given[gave]--;
            _server.TakeBack(gave);
        }
    }

    private void CarryForgets(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
            throw new InvalidOperationException($"the kernel's FORGET is malformed: {error}");
        ForgetReader forgets = new(request);
        while (forgets.TryNext(out fuse_forget_one one))
        {
            Tally.Forgets++;
            _given[one.nodeid] = _given.GetValueOrDefault(one.nodeid) - (long)one.nlookup;
        }

        _server.Serve(message);
    }

    /// <summary>
    /// The device: a request whose server dies with it is read again by the next, marked, and
    /// answered once; a forget that was read is not.
    /// </summary>
    private byte[]? Send(Span<byte> message)
    {
        if (_armed is { } moment)
        {
            _armed = null;
            if (moment == CrashMoment.BeforeReplying)
                _server.Serve(message);
            Store.CloseAll();
            NextLife();
            message = ReadAgain();
        }

        RequestsOfThisLife++;
        return _server.Serve(message);
    }

    /// <summary>
    /// FUSE_NOTIFY_RESEND: the kernel gives the unanswered request once more, maybe behind forgets.
    /// </summary>
    private Span<byte> ReadAgain()
    {
        Kernel.WriteReply(MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_RESEND));
        while (true)
        {
            Span<byte> message = _request.AsSpan(0, Kernel.ReadRequest(_request));
            fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(message);
            if (!Operation.Of((FuseOpcode)header.opcode).IsForget)
                return message;

            CarryForgets(message);
        }
    }

    /// <summary>
    /// Counts a request that another object answered than its inode was made for.
    /// </summary>
    private void CheckObject(InodeIndex about, ulong nodeId)
    {
        FuseOpcode opcode = _server.Asked;
        if (about.IsNone || opcode is FuseOpcode.FUSE_RELEASE or FuseOpcode.FUSE_RELEASEDIR
            || _server.ExecutedOn is not { } other)
        {
            return;
        }

        ulong serial = _objects[about].Serial;
        if (other.Serial != serial)
        {
            Wrong($"{Words(opcode)} about nodeid {nodeId:x}, made for object {serial}, was "
                + $"carried out on object {other.Serial}");
        }
    }

    /// <summary>
    /// FUSE_NOTIFY_INVAL_ENTRY: a name is to be asked for again before it is used.
    /// </summary>
    private void Expire(ulong parent, string name)
    {
        byte[] tail = [.. Encoding.ASCII.GetBytes(name), 0];
        Kernel.WriteReply(MessageBuilder.Notification(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
            new fuse_notify_inval_entry_out
            {
                parent = parent,
                namelen = (uint)name.Length,
                flags = FuseConstants.FUSE_EXPIRE_ONLY,
            },
            tail));
        Drive();
    }

    private void Wrong(string what)
    {
        Tally.WrongObject++;
        Tally.FirstWrong ??= what;
    }

    private static string Words(FuseOpcode opcode) =>
        opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
}
