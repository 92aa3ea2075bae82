using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// The kernel's side of the modelled restart: inodes in a <see cref="FuseInodeCache"/>, dentries
/// that do not expire, one request at a time, in bytes. It sends handles as its dialect does and
/// asks again by name when an answer is ESTALE, as path lookup does (LOOKUP_REVAL).
/// </summary>
internal sealed partial class WorldKernel : IDisposable
{
    private const ulong UniqueStep = 2;

    private readonly WorldOptions _options;
    private readonly FuseInodeCache _cache;
    private readonly Func<byte[], byte[]?> _send;
    private readonly Func<WorldObject?> _executedOn;
    private readonly Func<ulong, uint> _linksOf;
    private readonly Dictionary<InodeIndex, WorldInode> _inodes = [];
    private readonly HashSet<ulong> _locked = [];
    private readonly Dictionary<ulong, long> _given = [];
    private readonly byte[] _message = new byte[1024];
    private readonly int _maxHandleBytes;
    private readonly bool _cutsHandles;
    private Dialect _dialect;
    private ulong _unique;

    /// <param name="options">The world's.</param>
    /// <param name="send">Carries one request to the server and brings its reply.</param>
    /// <param name="executedOn">The object that the server took the last nodeid for.</param>
    /// <param name="linksOf">Names that an object really has, by its serial.</param>
    public WorldKernel(
        WorldOptions options, Func<byte[], byte[]?> send, Func<WorldObject?> executedOn,
        Func<ulong, uint> linksOf)
    {
        _linksOf = linksOf;
        _options = options;
        _dialect = options.Dialect;
        _send = send;
        _executedOn = executedOn;
        _cache = new FuseInodeCache(new()
        {
            Strategy = _dialect.CarriesHandles ? options.Strategy : HandleStrategy.None,
            HandleRule = HandleRule.Of(_dialect),
        });
        _maxHandleBytes = options.AgreedHandleBytes ?? _dialect.MaxHandleBytes;
        _cutsHandles = _dialect.Has(DialectDefect.V1TruncateTooLong);
        InodeIndex root = _cache.MountRoot(FileModes.Directory755);
        WorldInode inode = new(root, FuseConstants.FUSE_ROOT_ID, 1, isDirectory: true)
        {
            References = 1,
        };
        _inodes.Add(root, inode);
        Root = new WorldDentry("", null, inode);
    }

    public WorldDentry Root { get; }

    public WorldTally Tally { get; } = new();

    /// <summary>Open files by slot.</summary>
    public SortedDictionary<int, WorldFile> Files { get; } = [];

    /// <summary>Inodes in the cache, the root included.</summary>
    public int Inodes => _cache.Count;

    public bool IsBad(WorldInode inode) => inode.IsGone || _cache.IsBad(inode.Index);

    public void Dispose() => _cache.Dispose();

    /// <summary>
    /// Counts balance: under every nodeid the kernel holds the lookups that replies brought and
    /// forgets did not take back. Gives the first nodeid where they do not, or null.
    /// </summary>
    public string? Unbalanced()
    {
        foreach ((ulong nodeId, long given) in _given)
        {
            long held = (long)_cache.Held(nodeId);
            if (held != given)
                return $"nodeid {nodeId:x}: {given} lookups given, {held} held";
        }

        return null;
    }

    /// <summary>
    /// Sends a request about an inode with what the dialect adds, and gives the errno (0 is
    /// success) and the whole reply. Counts it where another object answered.
    /// </summary>
    private Errno Ask(
        FuseOpcode opcode, WorldInode about, ReadOnlySpan<byte> body, out byte[] reply,
        bool withHandle = true)
    {
        reply = [];
        bool isRelease = opcode == FuseOpcode.FUSE_RELEASE;
        if (IsBad(about) && !isRelease)
            return Errno.EIO;
        byte[] message = Compose(opcode, about, body, withHandle);
        Tally.Requests++;
        byte[]? answer = _send(message);
        if (answer is null || !FuseReply.TryParse(answer, out FuseReply parsed, out _))
            return Errno.EIO;
        if ((parsed.Header.unique & ~FuseConstants.FUSE_UNIQUE_RESEND) != _unique)
            Tally.AnsweredTwice++;
        if (!isRelease && _executedOn() is { } other && other.Serial != about.Serial)
        {
            Wrong($"{Words(opcode)} about nodeid {about.NodeId:x}, made for object "
                + $"{about.Serial}, was carried out on object {other.Serial}");
        }

        if (_dialect.AfterRefusal(opcode, parsed.Header.error) is { } apart)
        {
            _dialect = apart;
            return Ask(opcode, about, body, out reply, withHandle);
        }

        reply = answer;
        return (Errno)(-parsed.Header.error);
    }

    private byte[] Compose(
        FuseOpcode opcode, WorldInode about, ReadOnlySpan<byte> body, bool withHandle)
    {
        FileHandle handle = withHandle ? _cache.Get(about.Index).Handle : default;
        return Frame(opcode, about.NodeId, body, handle.Type, handle.Bytes);
    }

    /// <summary>A request in the agreed dialect, with the handle of the inode it names.</summary>
    private byte[] Frame(
        FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body, uint handleType,
        ReadOnlySpan<byte> handle)
    {
        _unique += UniqueStep;
        byte[] classic = new byte[FuseRequest.HeaderBytes + body.Length];
        MemoryMarshal.Write(classic, new fuse_in_header
        {
            len = (uint)classic.Length,
            opcode = (uint)opcode,
            unique = _unique,
            nodeid = nodeId,
        });
        body.CopyTo(classic.AsSpan(FuseRequest.HeaderBytes));
        bool isAgreed = _maxHandleBytes > 0;
        return isAgreed && FuseRequest.TryParse(classic, out FuseRequest request, out _)
            && _dialect.TryWriteRequest(
                _message, request, handleType, handle, out int written)
            ? _message[..written]
            : classic;
    }

    /// <summary>
    /// fuse_iget() of an entry; null where it is refused, and then forgotten again. An inode of
    /// the same nodeid that stands for another object afterwards is a wrong one.
    /// </summary>
    private WorldInode? IGet(in fuse_entry_out entry, FileHandle handle)
    {
        bool lacksHandle = _dialect.RequiresHandle && _maxHandleBytes > 0 && handle.IsNone
            && entry.nodeid != FuseConstants.FUSE_ROOT_ID;
        if (_locked.Contains(entry.nodeid))
        {
            Tally.Hung++;
            ForgetReply(entry.nodeid);
            return null;
        }

        IGetResult got = default;
        if (!lacksHandle && (handle.Bytes.Length <= _maxHandleBytes || _cutsHandles))
            got = _cache.IGet(entry.nodeid, entry.generation, entry.attr.mode, handle);
        if (got.Index.IsNone)
        {
            Tally.Refused++;
            if (_dialect.Has(DialectDefect.V2FailedIgetStaysLocked)
                && _cache.Find(entry.nodeid).IsNone)
            {
                _locked.Add(entry.nodeid);
            }

            ForgetReply(entry.nodeid);
            return null;
        }

        if (got.Outcome is IGetOutcome.Hit or IGetOutcome.RootKept)
            return Known(_inodes[got.Index], entry);
        WorldInode made = new(
            got.Index, entry.nodeid, entry.attr.size, FileModes.IsDirectory(entry.attr.mode));
        _inodes[got.Index] = made;
        Believe(made, entry);
        return made;
    }

    /// <summary>
    /// What the entry lets the kernel believe of the attributes: the modelled server says
    /// attr_valid 0, so nothing, where the dialect reads it right.
    /// </summary>
    private static void Believe(WorldInode inode, in fuse_entry_out entry) =>
        (inode.Links, inode.BelievesAttributes) = (entry.attr.nlink, entry.attr_valid > 0);

    private WorldInode Known(WorldInode inode, in fuse_entry_out entry)
    {
        Believe(inode, entry);
        if (_dialect.ForgetsOne)
        {
            _cache.DropLookup(inode.Index);
            _given[entry.nodeid]--;
        }

        if (inode.Serial != entry.attr.size)
        {
            Wrong($"an entry of object {entry.attr.size} was taken for the cached inode of "
                + $"object {inode.Serial} (nodeid {entry.nodeid:x})");
        }

        return inode;
    }

    private void Put(WorldInode inode)
    {
        if (--inode.References > 0 || inode.IsGone)
            return;
        inode.IsGone = true;
        _inodes.Remove(inode.Index);
        _cache.Evict(inode.Index);
        Span<ForgetEntry> entries = stackalloc ForgetEntry[1];
        while (_cache.Forgets.Count > 0)
        {
            _cache.Forgets.Read(ForgetQueue.BatchMinor, ForgetQueue.MinReadBufferBytes, entries);
            SendForget(entries[0].NodeId, entries[0].NLookup);
        }
    }

    /// <summary>
    /// Takes back the lookup of an entry that is of no use. Where an inode has one lookup for its
    /// life, another name may need it: then there is nothing to take back.
    /// </summary>
    private void ForgetReply(ulong nodeId)
    {
        if (_dialect.ForgetsOne && !_cache.Find(nodeId).IsNone)
            _given[nodeId]--;
        else
            SendForget(nodeId, 1);
    }

    private void SendForget(ulong nodeId, ulong count)
    {
        Tally.Forgets++;
        byte[] body = new byte[sizeof(ulong)];
        MemoryMarshal.Write(body, count);
        byte[] message = Frame(FuseOpcode.FUSE_FORGET, nodeId, body, 0, []);
        _given[nodeId] = _given.GetValueOrDefault(nodeId) - (long)count;
        _send(message);
    }

    private void Wrong(string what)
    {
        Tally.WrongObject++;
        Tally.FirstWrong ??= what;
    }

    private static string Words(FuseOpcode opcode) =>
        opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);

    private static byte[] NameBytes(string name) => [.. Encoding.ASCII.GetBytes(name), 0];
}
