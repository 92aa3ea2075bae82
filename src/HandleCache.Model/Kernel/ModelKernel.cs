using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Fuse;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Kernel;

/// <summary>
/// The modelled kernel: one FUSE mount of Linux, from the system call down to the bytes on
/// /dev/fuse. Calls are started and run until they wait for the server; <see cref="ReadRequest"/>
/// gives the next message, <see cref="WriteReply"/> takes a reply or notification and runs what
/// waited for it. Nothing else happens by itself and there is no clock but
/// <see cref="NowNs"/>, so every interleaving is the caller's choice and can be repeated.
/// Rules R1 to R21 of <c>RULES.md</c>, against v6.18; what other versions do otherwise is
/// <see cref="VersionRule"/>. One owner at a time.
/// <para>
/// Inside, the folder Vfs is fs/ of Linux and Fuse is fs/fuse/; the one knows the other through
/// the operations of inodes, files, dentries, super block and export alone.
/// </para>
/// </summary>
public sealed partial class ModelKernel : IDisposable
{
    private readonly ModelKernelOptions _options;
    private readonly WakeQueue _wakes = new();
    private readonly InodeMount _fuse;
    private readonly SystemCalls _calls;

    public ModelKernel(ModelKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        KernelFaults faults = new(options.Inodes.Faults);
        _fuse = new(options, faults, _wakes);
        _calls = new(_fuse.SuperBlock, faults, _wakes.Current, options);
    }

    /// <summary>Open files a script may have at a time.</summary>
    public const int FileSlots = FileTable.Slots;

    /// <summary>The file slot whose open file tells open_by_handle_at the mount.</summary>
    public const int MountSlot = FileTable.MountSlot;

    /// <summary>Handles a script may hold at a time.</summary>
    public const int HandleSlots = FHandle.Slots;

    /// <summary>The virtual clock, ns; the caller moves it, never backwards.</summary>
    public long NowNs
    {
        get => _fuse.Clock.NowNs;
        set => _fuse.Clock.NowNs = value;
    }

    /// <summary>
    /// The inode cache underneath, for checks; changing it is not the caller's business.
    /// </summary>
    public FuseInodeCache Inodes => _fuse.Cache;

    /// <summary>Dentries in memory.</summary>
    public int DentryCount => _fuse.SuperBlock.Dcache.Count;

    /// <summary>Requests made since the mount, forgets not counted.</summary>
    public long RequestCount => _fuse.Device.RequestCount;

    /// <summary>Whether a read of the device would give something.</summary>
    public bool HasRequest => _fuse.Device.HasMessage;

    /// <summary>Whether the next read of the device gives an INTERRUPT.</summary>
    public bool HasInterrupt => _fuse.Device.HasInterrupt;

    /// <summary>Requests read and not answered yet.</summary>
    public int Unanswered => _fuse.Device.SentCount;

    /// <summary>What INIT agreed on.</summary>
    public FuseInitFlags Agreed => _fuse.Connection.Flags;

    /// <summary>What INIT agreed on about handles, less the forms the server has refused.</summary>
    public HandleAgreement Handles => _fuse.Device.Handles;

    /// <summary>
    /// Entries the kernel did not take: the handle due is missing or too long, or the reply has
    /// not the agreed shape.
    /// </summary>
    public long RefusedEntries => _fuse.Device.RefusedEntries + _fuse.Inodes.RefusedEntries;

    /// <summary>The bytes that a script writes: a pattern of length and offset.</summary>
    public static byte[] Pattern(int bytes, long offset) => ReadWrite.Pattern(bytes, offset);

    /// <summary>
    /// The inode that a request is about which was read and not answered; none where there is no
    /// such request, or only its nodeid is known.
    /// </summary>
    public InodeIndex AskedAbout(ulong unique) => _fuse.Device.AskedAbout(unique);

    /// <summary>Starts the mount: queues INIT. The call is done when INIT is answered.</summary>
    public KernelCall Mount() => new(null, _fuse.MountAsync());

    /// <summary>Starts a system call; it runs to its end or to its first wait.</summary>
    /// <param name="call">What is called.</param>
    /// <param name="pid">The number that the caller's requests bear.</param>
    public KernelCall Start(VfsCall call, int pid = 0)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (_fuse.SuperBlock.MountedRoot is null)
            throw new InvalidOperationException("not mounted");
        Caller caller = new() { FsUid = call.Uid, Pid = pid };
        _wakes.Current.Task = caller;
        KernelCall started = new(call, CountedAsync(call)) { Caller = caller };
        _wakes.Run();
        _wakes.Current.Task = Current.Nobody;
        return started;
    }

    /// <summary>
    /// A signal that the caller handles comes to a call under way: every request that it waits
    /// for from here on is followed by an INTERRUPT (R21). Not modelled: a signal that kills, and
    /// what a READ of the page cache waits for.
    /// </summary>
    public void Interrupt(KernelCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.IsDone || call.Caller is not { } caller)
            return;
        caller.SignalPending = true;
        _fuse.Device.Interrupt(caller);
    }

    private async KernelTask<VfsResult> CountedAsync(VfsCall call)
    {
        _wakes.Begin();
        try
        {
            return await _calls.CallAsync(call);
        }
        finally
        {
            _wakes.End();
        }
    }

    /// <summary>
    /// read(2) of the device: bytes of the next message, 0 if a read would block, -1 when the
    /// connection is over.
    /// </summary>
    public int ReadRequest(Span<byte> buffer)
    {
        int bytes = _fuse.Device.Read(buffer);
        _wakes.Run();
        return bytes;
    }

    /// <summary>
    /// write(2) of the device: 0 or the errno the server would get. What waited for the reply
    /// runs before this returns.
    /// </summary>
    public int WriteReply(ReadOnlySpan<byte> message)
    {
        int errno = _fuse.Write(message);
        _wakes.Run();
        return errno;
    }

    /// <summary>
    /// Memory pressure: every dentry nobody uses is freed, and with it its inode.
    /// </summary>
    public void Shrink()
    {
        if (_fuse.SuperBlock.MountedRoot is { } root)
            _fuse.SuperBlock.Dcache.ShrinkBelow(root);
    }

    /// <summary>
    /// Unmounts: nothing is forgotten (R2), and who still waits gets ECONNABORTED (R16).
    /// </summary>
    public void Unmount() => _fuse.Unmount();

    /// <summary>
    /// What is broken, if anything: the inode cache, and what the kernel keeps beside it. While
    /// nothing is under way every reference and every lock is accounted for; while something is,
    /// references are at least what can be seen.
    /// </summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        ValidationErrors errors = new();
        _fuse.Validate(_calls.Files, errors);
        return errors.All;
    }

    public void Dispose() => _fuse.Dispose();
}
