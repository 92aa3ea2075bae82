using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// One life of a server that speaks a dialect over bytes and keeps nothing on disk. A nodeid that
/// it never saw is resolved by the handle that comes with it; one whose handle names another
/// object than its table, or none, is refused (ESTALE). Without a handle an unknown nodeid is
/// refused, too, unless nodeids are inode numbers.
/// </summary>
internal sealed partial class WorldServer(ObjectStore store, WorldOptions options, uint life)
{
    private const ulong RootNodeId = FuseConstants.FUSE_ROOT_ID;
    private const int HandleHeadBytes = 12;

    /// <summary>Every READ comes to the server, and nothing has to be flushed.</summary>
    private const uint Uncached =
        (uint)(FuseOpenFlags.FOPEN_DIRECT_IO | FuseOpenFlags.FOPEN_NOFLUSH);

    private readonly Dialect _dialect = options.Dialect;
    private readonly uint _handleType = options.Dialect.CarriesHandleType(0x81) ? 0x81u : 0;
    private readonly Dictionary<ulong, WorldObject> _nodes = [];
    private readonly Dictionary<WorldObject, ulong> _nodeIds = [];
    private readonly Dictionary<ulong, ulong> _counts = [];
    private readonly Dictionary<ulong, WorldObject> _files = [];
    private readonly byte[] _reply = new byte[1024];
    private ulong _lastNode;
    private ulong _lastFile;

    /// <summary>
    /// The object that the last request's nodeid was taken for; null where it was refused.
    /// </summary>
    public WorldObject? ExecutedOn { get; private set; }

    /// <summary>Today's opcode of the last request.</summary>
    public FuseOpcode Asked { get; private set; }

    /// <summary>The next STATX fails with EIO, alone or as a part of a compound.</summary>
    public bool NextStatxFails { get; set; }

    /// <summary>The nodeid of which the last reply gave a lookup; 0 for none.</summary>
    public ulong Gave { get; private set; }

    /// <summary>The same life of the server over a copy of its store.</summary>
    /// <param name="itsStore">The copy.</param>
    /// <param name="copies">Each object of the store with its copy.</param>
    public WorldServer Copy(
        ObjectStore itsStore, Dictionary<WorldObject, WorldObject> copies)
    {
        WorldServer copy = new(itsStore, options, life)
        {
            _lastNode = _lastNode,
            _lastFile = _lastFile,
            NextStatxFails = NextStatxFails,
        };
        foreach ((ulong nodeId, WorldObject one) in _nodes)
            copy._nodes.Add(nodeId, one.Copy(copies));
        foreach ((WorldObject one, ulong nodeId) in _nodeIds)
            copy._nodeIds.Add(one.Copy(copies), nodeId);
        foreach ((ulong nodeId, ulong count) in _counts)
            copy._counts.Add(nodeId, count);
        foreach ((ulong fh, WorldObject one) in _files)
            copy._files.Add(fh, one.Copy(copies));
        return copy;
    }

    /// <summary>Answers one request; null for those without reply.</summary>
    public byte[]? Serve(ReadOnlySpan<byte> message)
    {
        ExecutedOn = null;
        Gave = 0;
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return MessageBuilder.Failure(0, Errno.EINVAL);
        if (Operation.Of(request.Opcode).IsForget)
        {
            Forget(request);
            return null;
        }

        ulong unique = request.Header.unique;
        if (_dialect.ReadRequest(request, out WireRequest wire).IsError)
            return MessageBuilder.Failure(unique, Errno.EINVAL);
        Asked = wire.Opcode;
        bool isCompound = _dialect.Numbers.Compound != 0
            && request.Opcode == _dialect.Numbers.Compound;
        if (wire.IsUnsupported)
            return MessageBuilder.Failure(unique, Errno.EOPNOTSUPP);
        if (isCompound && options.CompoundErrno != Errno.None
            && options.Declined.Contains(wire.Opcode))
        {
            return MessageBuilder.Failure(unique, options.CompoundErrno);
        }

        WorldObject? target = Find(wire.Header.nodeid, wire.Handle);
        ExecutedOn = target;
        return target is null
            ? MessageBuilder.Failure(unique, Errno.ESTALE)
            : Carry(wire, target);
    }

    /// <summary>The kernel did not take the reply that gave a lookup.</summary>
    public void TakeBack(ulong nodeId) => Forget(nodeId, 1);

    private byte[] Carry(in WireRequest wire, WorldObject target)
    {
        WireReader body = new(wire.Body);
        ulong unique = wire.Header.unique;
        switch (wire.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP:
                string wanted = Name(ref body);
                return target.Children.TryGetValue(wanted, out WorldObject? child)
                    ? Entry(FuseOpcode.FUSE_LOOKUP, unique, child, [], wire.IsAlone)
                    : MessageBuilder.Failure(unique, Errno.ENOENT);
            case FuseOpcode.FUSE_GETATTR:
                return MessageBuilder.Reply(
                    unique, new fuse_attr_out { attr = Attributes(target) });
            case FuseOpcode.FUSE_STATX when NextStatxFails:
                NextStatxFails = false;
                return MessageBuilder.Failure(unique, Errno.EIO);
            case FuseOpcode.FUSE_STATX:
                return MessageBuilder.Reply(
                    unique, StatxAttributes.Of(new fuse_entry_out { attr = Attributes(target) }));
            case FuseOpcode.FUSE_OPEN:
            case FuseOpcode.FUSE_OPENDIR:
                return MessageBuilder.Reply(unique, OpenOf(target));
            case FuseOpcode.FUSE_READ:
                body.TryRead(out ulong read);
                if (_files.TryAdd(read, target))
                    target.Opens++;
                return MessageBuilder.Reply(unique, target.Serial);
            case FuseOpcode.FUSE_RELEASE:
            case FuseOpcode.FUSE_RELEASEDIR:
                body.TryRead(out ulong fh);
                if (_files.Remove(fh, out WorldObject? opened) && opened.Opens > 0)
                    store.Close(opened);
                return MessageBuilder.Reply(unique, []);
            default:
                return Change(wire, target);
        }
    }

    /// <summary>The object a request is about: by its handle, its nodeid, or neither.</summary>
    private WorldObject? Find(ulong nodeId, FileHandle handle)
    {
        if (nodeId == RootNodeId)
            return store.Root;
        if (!handle.IsNone)
        {
            WorldObject? named = Resolve(handle);
            if (named is not null && nodeId != 0)
                Bind(nodeId, named);
            return named;
        }

        if (_nodes.TryGetValue(nodeId, out WorldObject? known))
            return known.IsAlive ? known : null;
        if (options.NodeIds != NodeIdPolicy.InodeNumber)
            return null;
        WorldObject? believed = store.Find(nodeId);
        if (believed is not null)
            Bind(nodeId, believed);
        return believed;
    }

    private void Bind(ulong nodeId, WorldObject target)
    {
        _nodes[nodeId] = target;
        _nodeIds.TryAdd(target, nodeId);
    }

    private WorldObject? Resolve(FileHandle handle)
    {
        if (handle.Type != _handleType || handle.Bytes.Length != options.HandleBytes)
            return null;
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(handle.Bytes);
        uint generation = BinaryPrimitives.ReadUInt32LittleEndian(handle.Bytes[8..]);
        if (options.PersistentHandles)
        {
            return store.Find(number) is { } found && found.Generation == generation
                ? found
                : null;
        }

        return generation == life
            ? _nodes.Values.FirstOrDefault(o => o.Serial == number && o.IsAlive)
            : null;
    }

    private byte[] HandleOf(WorldObject target)
    {
        byte[] handle = new byte[options.HandleBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(
            handle, options.PersistentHandles ? target.Ino : target.Serial);
        BinaryPrimitives.WriteUInt32LittleEndian(
            handle.AsSpan(8), options.PersistentHandles ? target.Generation : life);
        handle.AsSpan(HandleHeadBytes).Fill((byte)target.Serial);
        return handle;
    }

    private ulong NodeIdOf(WorldObject target)
    {
        if (ReferenceEquals(target, store.Root))
            return RootNodeId;
        if (_nodeIds.TryGetValue(target, out ulong known))
            return known;
        ulong made = options.NodeIds switch
        {
            NodeIdPolicy.InodeNumber => target.Ino,
            NodeIdPolicy.Counter => ++_lastNode + RootNodeId,
            NodeIdPolicy.PerLife => ((ulong)life << 32) | (++_lastNode + RootNodeId),
            _ => throw new InvalidOperationException($"unknown policy {options.NodeIds}"),
        };
        Bind(made, target);
        return made;
    }

    private fuse_open_out OpenOf(WorldObject target)
    {
        ulong fh = ((ulong)life << 32) | ++_lastFile;
        _files.Add(fh, target);
        target.Opens++;
        return new fuse_open_out { fh = fh, open_flags = Uncached };
    }

    /// <summary>One lookup more, told in the dialect's form of the operation's reply.</summary>
    private byte[] Entry(
        FuseOpcode opcode, ulong unique, WorldObject target,
        ReadOnlySpan<byte> trailing = default, bool isAlone = false)
    {
        Dialect form = isAlone ? _dialect.Apart(opcode) : _dialect;
        ulong nodeId = NodeIdOf(target);
        _nodes[nodeId] = target;
        _counts[nodeId] = _dialect.ForgetsOne ? 1 : _counts.GetValueOrDefault(nodeId) + 1;
        fuse_entry_out entry = new()
        {
            nodeid = nodeId,
            entry_valid = uint.MaxValue,
            attr = Attributes(target),
        };
        Gave = nodeId;
        byte[] handle = _dialect.ReplyBrings(opcode) ? HandleOf(target) : [];
        if (NextStatxFails && form.TryWriteStatxFailure(
            _reply, opcode, unique, entry, _handleType, handle, Errno.EIO, out int failed))
        {
            NextStatxFails = false;
            return _reply[..failed];
        }

        return form.TryWriteEntryReply(
            _reply, opcode, unique, entry, _handleType, handle, trailing, out int written)
            ? _reply[..written]
            : MessageBuilder.Failure(unique, Errno.EOVERFLOW);
    }

    /// <summary>
    /// Takes lookups back; what is left of a life before is not known here, and nothing goes
    /// below zero.
    /// </summary>
    private void Forget(in FuseRequest request)
    {
        ForgetReader forgets = new(request);
        while (forgets.TryNext(out fuse_forget_one one))
            Forget(one.nodeid, one.nlookup);
    }

    private void Forget(ulong nodeId, ulong count)
    {
        ulong held = _counts.GetValueOrDefault(nodeId);
        if (held > count)
        {
            _counts[nodeId] = held - count;
            return;
        }

        _counts.Remove(nodeId);
        if (_nodes.Remove(nodeId, out WorldObject? gone)
            && _nodeIds.TryGetValue(gone, out ulong main) && main == nodeId)
        {
            _nodeIds.Remove(gone);
        }
    }

    private static fuse_attr Attributes(WorldObject target) => new()
    {
        ino = target.Ino,
        size = target.Serial,
        mode = target.IsDirectory ? FileModes.Directory755 : FileModes.Regular644,
        nlink = (uint)target.Links,
    };

    private static string Name(scoped ref WireReader body) =>
        body.TryReadName(out ReadOnlySpan<byte> name)
            ? System.Text.Encoding.ASCII.GetString(name)
            : "";
}
