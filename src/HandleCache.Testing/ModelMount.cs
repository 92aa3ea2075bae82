using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Server.Driving;
using HandleCache.Server.Sessions;

namespace HandleCache.Testing;

/// <summary>
/// A server mounted on the modelled kernel, all of it in this process: system calls go in, and
/// each reply of the server is checked against the kernel's rules
/// (<see cref="DriveRule"/>); the first that breaks one ends the call with a
/// <see cref="RuleBrokenException"/>. Calls come one after the other; for overlapping ones, and
/// replies that are lost or late, there is <see cref="KernelDriver"/>.
/// </summary>
/// <example>
/// <code>
/// using ModelMount mount = new(new MyFileSystem());
/// mount.CreateDirectory("d");
/// mount.DropMemory();
/// int errno = mount.Stat("d").Errno; // 0
/// mount.CheckAll();
/// </code>
/// </example>
public sealed partial class ModelMount : IDisposable
{
    private readonly DriveRig _rig;
    private readonly ModelMountOptions _options;
    private Func<IDrivenServer> _start;

    /// <summary>Mounts a file system.</summary>
    /// <param name="fileSystem">Is not disposed of.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="RuleBrokenException">INIT broke a rule.</exception>
    public ModelMount(FileSystem fileSystem, ModelMountOptions? options = null)
        : this(ServerOf(fileSystem, options ?? new()), options ?? new())
    {
    }

    /// <summary>
    /// Mounts a server that speaks the protocol itself: it is given each message as it would read
    /// it from /dev/fuse, INIT first, and returns what it would write; null where no reply is due.
    /// </summary>
    /// <param name="server">Called by this thread, one message after the other.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="RuleBrokenException">INIT broke a rule.</exception>
    public ModelMount(Func<byte[], byte[]?> server, ModelMountOptions? options = null)
        : this(() => new FunctionServer(server), options ?? new())
    {
        ArgumentNullException.ThrowIfNull(server);
    }

    private ModelMount(Func<IDrivenServer> start, ModelMountOptions options)
    {
        _start = start;
        _options = options;
        _rig = new DriveRig(
            options.Kernel, options.AllowedRules, options.Patience, () => _start(),
            CancellationToken.None);
    }

    /// <summary>The kernel, to look into.</summary>
    public ModelKernel Kernel => _rig.Kernel;

    /// <summary>Requests that the server was sent, FORGETs not counted.</summary>
    public long Requests => _rig.Check.Requests;

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<string> LastMessages => _rig.Last;

    /// <summary>
    /// The lookups that the kernel holds, by nodeid; the root, which is never forgotten, not.
    /// </summary>
    public IReadOnlyDictionary<ulong, ulong> Lookups => _rig.Check.Lookups();

    /// <summary>Makes one system call to its end.</summary>
    /// <exception cref="RuleBrokenException">The server broke a rule.</exception>
    public VfsResult Run(VfsCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return _rig.Run(call);
    }

    /// <summary>Does one step of a script; null where it has no call.</summary>
    /// <exception cref="RuleBrokenException">The server broke a rule.</exception>
    public VfsResult? Run(DriveStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return _rig.Run(step);
    }

    /// <summary>Does all steps of a script, and closes what it has left open.</summary>
    /// <exception cref="RuleBrokenException">The server broke a rule.</exception>
    public void Run(MountScript script)
    {
        ArgumentNullException.ThrowIfNull(script);
        foreach (DriveStep step in script.Steps)
            _rig.Run(step);
        for (int slot = 0; slot < ModelKernel.FileSlots; slot++)
        {
            if (Kernel.IsOpen(slot))
                Close(slot);
        }
    }

    /// <summary>The kernel's clock goes on: names and attributes may be no longer valid.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Kernel.NowNs += time.Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>Memory pressure: what nobody uses is forgotten, and the server told.</summary>
    public void DropMemory() => _rig.Reclaim();

    /// <summary>
    /// The server dies and another takes its place, which is sent INIT; the kernel keeps all.
    /// </summary>
    /// <exception cref="RuleBrokenException">The new server broke a rule.</exception>
    public void Restart(FileSystem fileSystem)
    {
        _start = ServerOf(fileSystem, _options);
        _rig.Restart();
    }

    /// <summary>As <see cref="Restart(FileSystem)"/>, for one that speaks the protocol itself.
    /// </summary>
    /// <exception cref="RuleBrokenException">The new server broke a rule.</exception>
    public void Restart(Func<byte[], byte[]?> server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _start = () => new FunctionServer(server);
        _rig.Restart();
    }

    /// <summary>
    /// Counts balance: of each nodeid the server counts as many lookups as the kernel holds.
    /// </summary>
    /// <param name="serverCounts">What the server counts; 0 for a nodeid it does not know.</param>
    /// <exception cref="RuleBrokenException">They differ.</exception>
    public void CheckCounts(Func<ulong, ulong> serverCounts)
    {
        ArgumentNullException.ThrowIfNull(serverCounts);
        _rig.Check.CompareCounts(serverCounts);
    }

    /// <summary>As above, with <see cref="ModelMountOptions.ServerCounts"/>.</summary>
    /// <exception cref="InvalidOperationException">The options have none.</exception>
    /// <exception cref="RuleBrokenException">They differ.</exception>
    public void CheckCounts() => CheckCounts(
        _options.ServerCounts
        ?? throw new InvalidOperationException("ModelMountOptions.ServerCounts is not set"));

    /// <summary>The kernel's cache is valid, whatever the server said.</summary>
    /// <exception cref="InvalidOperationException">It is not: the fault is ours.</exception>
    public void CheckCache()
    {
        IReadOnlyList<ValidationError> errors = Kernel.Validate();
        if (errors.Count > 0)
            throw new InvalidOperationException(string.Join("; ", errors));
    }

    /// <summary>
    /// Drops memory, and checks the cache and, where the server can be asked, the counts.
    /// </summary>
    /// <exception cref="RuleBrokenException">The server broke a rule.</exception>
    public void CheckAll()
    {
        CheckCountsIfKnown();
        DropMemory();
        CheckCountsIfKnown();
        CheckCache();
    }

    public void Dispose() => _rig.Dispose();

    private void CheckCountsIfKnown()
    {
        if (_options.ServerCounts is not null)
            CheckCounts();
    }

    private static Func<IDrivenServer> ServerOf(FileSystem fileSystem, ModelMountOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        return () => new SessionServer(fileSystem, options.Session, options.Patience);
    }
}
