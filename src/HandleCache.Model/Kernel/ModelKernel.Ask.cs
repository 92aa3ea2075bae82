using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Requests, in the dialect that INIT agreed on.</summary>
public sealed partial class ModelKernel
{
    /// <summary>What INIT agreed on about handles, less the forms the server has refused.</summary>
    public HandleAgreement Handles => _device.Handles;

    /// <summary>
    /// Entries the kernel did not take: the handle due is missing or too long, or the reply has
    /// not the agreed shape.
    /// </summary>
    public long RefusedEntries => _device.RefusedEntries + _refusedByIget;

    private long _refusedByIget;

    /// <summary>Nodeids whose new inode a failed fuse_iget() left locked.</summary>
    private readonly HashSet<ulong> _locked = [];

    /// <summary>
    /// The inode that a request is about which was read and not answered; none where there is no
    /// such request, or only its nodeid is known.
    /// </summary>
    public InodeIndex AskedAbout(ulong unique) => _device.AskedAbout(unique);

    /// <summary>
    /// What a request is about: an inode, or a nodeid that no inode is cached of, with the handle
    /// an entry or an exported handle brought.
    /// </summary>
    private readonly record struct Subject(
        KernelInode? Inode, ulong NodeId, uint HandleType, byte[]? Handle)
    {
        public static implicit operator Subject(KernelInode inode) =>
            new(inode, inode.NodeId, 0, null);
    }

    private Dialect Spoken => _device.Handles.Dialect;

    /// <summary>The handle that goes into a request about the inode.</summary>
    private FileHandle HandleOf(KernelInode inode) =>
        Spoken.CarriesHandles ? _inodes.Get(inode.Index).Handle : default;

    /// <summary>Sends a request about an inode.</summary>
    private KernelTask<KernelAnswer> SendAsync(
        FuseOpcode opcode, KernelInode about, byte[] body, ReplyRoom room) =>
        _device.AskAsync(opcode, about.NodeId, about.Index, HandleOf(about), body, room);

    /// <summary>Sends an operation that the server may not know: ENOSYS is remembered.</summary>
    private async KernelTask<KernelAnswer> AskAsync(
        FuseOpcode opcode, KernelInode about, byte[] body, ReplyRoom room)
    {
        KernelAnswer answer = await SendAsync(opcode, about, body, room);
        if (answer.Errno == (int)Errno.ENOSYS && !_faults.Has(KernelFault.NotKnownForgotten))
            _conn.Unsupported.Add(opcode);
        return answer;
    }

    private KernelTask<KernelAnswer> SendAsync(
        FuseOpcode opcode, in Subject about, byte[] body, ReplyRoom room, bool bringsHandle)
    {
        InodeIndex index = about.Inode?.Index ?? InodeIndex.None;
        FileHandle handle = !bringsHandle || !Spoken.CarriesHandles
            ? default
            : about.Inode is { } inode
                ? HandleOf(inode)
                : new FileHandle(about.HandleType, about.Handle);
        return _device.AskAsync(opcode, about.NodeId, index, handle, body, room);
    }

    /// <summary>
    /// An operation that returns one entry: the request, and STATX behind it where the dialect's
    /// entry, or a server without compounds, leaves the attributes to that. The entry's handle
    /// goes into the STATX: no inode is cached yet.
    /// </summary>
    private async KernelTask<KernelAnswer> AskEntryAsync(
        FuseOpcode opcode, Subject about, byte[] body, ReplyRoom room, bool bringsHandle = true)
    {
        KernelAnswer answer = await SendAsync(opcode, about, body, room, bringsHandle);
        bool isWhole = answer.Errno != 0 || answer.Entry is { PartsLeft: 0 } or { NodeId: 0 };
        if (isWhole || answer.Entry is not { } entry)
            return answer;
        Subject made = new(null, entry.NodeId, entry.HandleType, entry.Handle);
        KernelAnswer stat = await SendAsync(
            FuseOpcode.FUSE_STATX, made,
            Bytes(new fuse_statx_in { sx_mask = StatxMask.BasicStats }), RoomOf<fuse_statx_out>(),
            bringsHandle: true);
        if (stat.Errno != 0)
        {
            ForgetEntry(entry.NodeId);
            return KernelAnswer.Failure(stat.Errno);
        }

        fuse_entry_out whole = entry.Entry;
        StatxAttributes.Fill(
            ref whole,
            System.Runtime.InteropServices.MemoryMarshal.Read<fuse_statx_out>(stat.Body));
        return answer with
        {
            Entry = entry with { Entry = whole, PartsLeft = entry.PartsLeft - 1 },
        };
    }

    /// <summary>
    /// Whether a LOOKUP brings its parent's handle: not where that is what is tried out, and not
    /// in a revalidation of the posted v3.
    /// </summary>
    private bool LookupBringsHandle(bool isRevalidation) => !_options.NoParentHandle
        && !(isRevalidation && Spoken.Has(DialectDefect.V3RevalidateWithoutParent));

    /// <summary>
    /// Takes back the lookup of an entry that is of no use. Where an inode has one lookup for its
    /// life (fusex), a cached inode may need it: then there is nothing to take back.
    /// </summary>
    private void ForgetEntry(ulong nodeId)
    {
        if (!KeepsItsLookup(nodeId))
            QueueForget(nodeId, 1);
    }

    private bool KeepsItsLookup(ulong nodeId)
    {
        bool keeps = Spoken.ForgetsOne && !_inodes.Find(nodeId).IsNone;
        if (keeps)
            _options.Entries?.Uncounted(nodeId);
        return keeps;
    }

    /// <summary>A reply counted a lookup of a cached inode outside iget.</summary>
    private void CountLookup(KernelInode inode)
    {
        if (Spoken.ForgetsOne)
            _options.Entries?.Uncounted(inode.NodeId);
        else
            _inodes.AddLookup(inode.Index);
    }

    /// <summary>Waits for an inode that nobody will ever unlock.</summary>
    private KernelTask<bool> InodeUnlockedAsync(ulong nodeId)
    {
        KernelTask<bool> unlocked = new();
        if (!_locked.Contains(nodeId))
            unlocked.SetResult(true);
        return unlocked;
    }

    /// <summary>
    /// Whether the dialect's fuse_iget() takes an entry with that handle; the cache's own rule
    /// (<see cref="HandleRule"/>) comes after it.
    /// </summary>
    private bool MayTake(EntryIn entry)
    {
        if (!Spoken.CarriesHandles)
            return true;
        int bytes = entry.Handle.Length;
        int most = _device.Handles.MaxHandleBytes
            - (Spoken.Has(DialectDefect.V2RefuseLongest) ? 1 : 0);
        bool fits = bytes <= most || Spoken.Has(DialectDefect.V1TruncateTooLong);
        return fits && !LacksHandle(entry);
    }

    /// <summary>
    /// The entry has no handle though the dialect wants one of every inode but the root.
    /// </summary>
    private bool LacksHandle(EntryIn entry) => Spoken.RequiresHandle
        && entry.Handle.Length == 0 && entry.NodeId != FuseConstants.FUSE_ROOT_ID;

    /// <summary>An entry was refused: the posted v2 leaves a new inode locked behind it.</summary>
    private void Refused(EntryIn entry)
    {
        _refusedByIget++;
        if (Spoken.Has(DialectDefect.V2FailedIgetStaysLocked)
            && _inodes.Find(entry.NodeId).IsNone)
        {
            _locked.Add(entry.NodeId);
        }
    }
}
