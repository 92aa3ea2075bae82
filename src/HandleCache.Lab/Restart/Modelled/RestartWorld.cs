using System.Globalization;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// The modelled kernel, a server that can be killed, and the store behind it, joined by bytes. The
/// same steps give the same world.
/// </summary>
internal sealed partial class RestartWorld : IDisposable
{
    private const int LongestMessageBytes = 8192;
    private const int CreateFlags = OpenFlags.Create | OpenFlags.ReadWrite;

    private readonly WorldOptions _options;
    private WorldServer _server;
    private uint _life = 1;
    private CrashMoment? _armed;

    public RestartWorld(WorldOptions options)
    {
        _request = new byte[LongestMessageBytes];
        _objects = [];
        _given = [];
        Tally = new WorldTally();
        Store = new ObjectStore();
        Kernel = NewKernel(options);
        _options = Mount(options);
        _server = new WorldServer(Store, _options, _life);
    }

    public ObjectStore Store { get; }

    public ModelKernel Kernel { get; }

    public WorldTally Tally { get; }

    public int Restarts => (int)_life - 1;

    /// <summary>Requests that the present server got.</summary>
    public long RequestsOfThisLife { get; private set; }

    /// <summary>Whether somebody has to be told of an armed crash that has not come yet.</summary>
    public bool IsArmed => _armed is not null;

    /// <summary>File slots in use, in order.</summary>
    public IEnumerable<int> OpenSlots =>
        Enumerable.Range(0, ModelKernel.FileSlots).Where(Kernel.IsOpen);

    public void Dispose() => Kernel.Dispose();

    /// <summary>Makes an object behind the mount, with the directories above it.</summary>
    public void Plant(string path, bool isDirectory)
    {
        WorldObject at = Store.Root;
        string[] names = path.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            if (!at.Children.TryGetValue(names[i], out WorldObject? next))
                next = Store.Create(at, names[i], isDirectory || i < names.Length - 1);
            at = next;
        }
    }

    /// <summary>The next request kills the server that reads it, at that moment.</summary>
    public void KillAtNextRequest(CrashMoment moment) => _armed = moment;

    /// <summary>Carries a step out; what the call gave, or success.</summary>
    public Errno Do(WorldStep step)
    {
        string path = step.Words.Length > 0 ? step.Words[0] : "";
        switch (step.Verb)
        {
            case "lookup": return Call(new(VfsCallKind.Stat) { Path = path });
            case "stat": return Stat(new(VfsCallKind.Stat) { Path = path });
            case "mkdir": return Call(new(VfsCallKind.MkDir) { Path = path, Mode = 0x1ED });
            case "mknod": return Call(new(VfsCallKind.MkNod) { Path = path, Mode = NewFile });
            case "unlink": return Unlink(path);
            case "rename":
                return Call(new(VfsCallKind.Rename)
                {
                    Path = path,
                    Path2 = string.Join('/', [.. step.Path.SkipLast(1), step.Words[1]]),
                });
            case "link": return Call(new(VfsCallKind.Link) { Path = path, Path2 = step.Words[1] });
            case "create": return Open(path, Slot(step.Words[1]), CreateFlags);
            case "open": return Open(path, Slot(step.Words[1]), OpenFlags.ReadOnly);
            case "read": return OnFile(path, Read);
            case "close":
                return OnFile(path, slot => Call(new(VfsCallKind.Close) { Slot = slot }));
            case "statat": return OnFile(path, slot => StatAt(slot, step.Words[1]));
            case "shrink": Shrink(); return Errno.None;
            case "statx-fails": _server.NextStatxFails = true; return Errno.None;
            case "crash": Store.CloseAll(); return Errno.None;
            case "restart": Restart(); return Errno.None;
            default: return Behind(step);
        }
    }

    /// <summary>
    /// read(2) of a file: the content says which object it is; of a directory a name that it
    /// cannot have, whose absence says that it was reached.
    /// </summary>
    public Errno Use(int slot)
    {
        if (!ObjectOf(slot).IsDirectory)
            return Read(slot);
        Errno errno = StatAt(slot, "no-such-name");
        return errno == Errno.ENOENT ? Errno.None : errno;
    }

    private static int Slot(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private Errno OnFile(string slot, Func<int, Errno> call) =>
        Kernel.IsOpen(Slot(slot)) ? call(Slot(slot)) : Errno.EBADF;

    private Errno Open(string path, int slot, int flags) => Kernel.IsOpen(slot)
        ? Errno.EMFILE
        : Call(new(VfsCallKind.Open) { Path = path, Slot = slot, Flags = flags, Mode = 0x1A4 });

    /// <summary>unlink(2), or rmdir(2) of a directory.</summary>
    private Errno Unlink(string path)
    {
        Errno errno = Call(new(VfsCallKind.Unlink) { Path = path });
        return errno == Errno.EISDIR ? Call(new(VfsCallKind.RmDir) { Path = path }) : errno;
    }

    private Errno Read(int slot)
    {
        VfsResult result = Run(new(VfsCallKind.Read) { Slot = slot, Size = sizeof(ulong) });
        if (result.Errno != 0)
            return (Errno)result.Errno;
        ulong serial = BitConverter.ToUInt64(Convert.FromHexString(result.Data));
        if (serial != ObjectOf(slot).Serial)
            Wrong($"read of object {ObjectOf(slot).Serial} gave the content of object {serial}");
        return Errno.None;
    }

    private Errno Stat(VfsCall call)
    {
        VfsResult result = Run(call with { Mode = StatxMask.BasicStats });
        if (result.Stat is { } stat && Store.LinksOf(stat.Size) != stat.NLink)
            Tally.StaleAttributes++;
        return (Errno)result.Errno;
    }

    /// <summary>
    /// A name below an open directory, as openat(2) and a working directory ask. A cached name has
    /// expired: the one revalidation whose parent nobody has asked for since the restart.
    /// </summary>
    private Errno StatAt(int slot, string name)
    {
        Expire(Kernel.Inodes.Get(Kernel.OpenInode(slot)).NodeId, name);
        return Stat(new(VfsCallKind.StatAt) { Slot = slot, Path = name });
    }

    /// <summary>Memory is short: every name goes that nothing holds.</summary>
    private void Shrink()
    {
        Kernel.Shrink();
        Drive();
    }

    /// <summary>Somebody else changes the store.</summary>
    private Errno Behind(WorldStep step)
    {
        string[] path = step.Path;
        WorldObject? parent = Store.Resolve(path.AsSpan(0, path.Length - 1));
        if (parent is null || !parent.Children.TryGetValue(path[^1], out WorldObject? target))
            return Errno.ENOENT;
        switch (step.Verb)
        {
            case "remove":
                Store.Remove(parent, path[^1]);
                return Errno.None;
            case "move":
                Store.Rename(parent, path[^1], parent, step.Words[1]);
                return Errno.None;
            case "replace":
                string[] below = [.. target.Children.Keys];
                bool[] kinds = [.. target.Children.Values.Select(o => o.IsDirectory)];
                Store.Remove(parent, path[^1]);
                WorldObject made = Store.Create(parent, path[^1], target.IsDirectory);
                for (int i = 0; i < below.Length; i++)
                    Store.Create(made, below[i], kinds[i]);
                return Errno.None;
            default:
                throw new BadInputException($"no such step: {step}");
        }
    }

    private void Restart()
    {
        NextLife();
        if (_options.Storm)
            Storm();
    }

    private void NextLife()
    {
        _server = new WorldServer(Store, _options, ++_life);
        RequestsOfThisLife = 0;
        if (_options.Epoch)
            Kernel.WriteReply(MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH));
    }

    /// <summary>
    /// A storm: every cached name is asked for again from the top, or, where every request brings a
    /// handle, every inode that has a name or is open is asked for its attributes.
    /// </summary>
    private void Storm()
    {
        bool byHandle = _options.Dialect.RequestBrings(FuseOpcode.FUSE_GETATTR);
        foreach (string path in Kernel.CachedPaths())
        {
            if (byHandle)
            {
                Stat(new(VfsCallKind.Stat) { Path = path, Flags = AtFlags.StatxForceSync });
                continue;
            }

            int slash = path.LastIndexOf('/');
            ulong parent = slash < 0
                ? FuseConstants.FUSE_ROOT_ID
                : Kernel.CachedNodeId(path[..slash]);
            Expire(parent, path[(slash + 1)..]);
            Call(new(VfsCallKind.Stat) { Path = path });
        }

        if (!byHandle)
            return;
        foreach (int slot in OpenSlots.ToArray())
            Stat(new(VfsCallKind.FStat) { Slot = slot, Flags = AtFlags.StatxForceSync });
    }
}
