using System.Globalization;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// A modelled kernel, a server that can be killed, and the store behind it, joined by bytes. The
/// same steps give the same world.
/// </summary>
internal sealed class RestartWorld : IDisposable
{
    private readonly WorldOptions _options;
    private WorldServer _server;
    private uint _life = 1;
    private CrashMoment? _armed;

    public RestartWorld(WorldOptions options)
    {
        _options = WorldInit.Negotiate(options);
        Store = new ObjectStore();
        _server = new WorldServer(Store, _options, _life);
        Kernel = new WorldKernel(_options, Send, () => _server.ExecutedOn, Store.LinksOf);
    }

    public ObjectStore Store { get; }

    public WorldKernel Kernel { get; }

    public int Restarts => (int)_life - 1;

    /// <summary>Requests that the present server got.</summary>
    public long RequestsOfThisLife { get; private set; }

    /// <summary>Whether somebody has to be told of an armed crash that has not come yet.</summary>
    public bool IsArmed => _armed is not null;

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
        switch (step.Verb)
        {
            case "lookup": return Kernel.LookUp(step.Path);
            case "stat": return Kernel.Stat(step.Path);
            case "mkdir": return Kernel.MakeDirectory(step.Path);
            case "mknod": return Kernel.MakeFile(step.Path);
            case "unlink": return Kernel.Unlink(step.Path);
            case "rename": return Kernel.Rename(step.Path, step.Words[1]);
            case "link": return Kernel.Link(step.Path, step.Words[1].Split('/'));
            case "create": return Create(step.Path, Slot(step.Words[1]));
            case "open": return Open(step.Path, Slot(step.Words[1]));
            case "read": return OnFile(step.Words[0], Kernel.Read);
            case "close": return OnFile(step.Words[0], Kernel.Close);
            case "statat":
                return OnFile(step.Words[0], slot => Kernel.StatAt(slot, step.Words[1]));
            case "shrink": Kernel.Shrink(); return Errno.None;
            case "crash": Crash(); return Errno.None;
            case "restart": Restart(); return Errno.None;
            default: return Behind(step);
        }
    }

    private Errno Open(string[] path, int slot) =>
        Kernel.Files.ContainsKey(slot) ? Errno.EMFILE : Kernel.Open(path, slot);

    private Errno Create(string[] path, int slot) =>
        Kernel.Files.ContainsKey(slot) ? Errno.EMFILE : Kernel.Create(path, slot);

    private Errno OnFile(string slot, Func<int, Errno> call) =>
        Kernel.Files.ContainsKey(Slot(slot)) ? call(Slot(slot)) : Errno.EBADF;

    private static int Slot(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Somebody else changes the store.</summary>
    private Errno Behind(WorldStep step)
    {
        string[] path = step.Path;
        WorldObject? parent = Store.Resolve([.. path.SkipLast(1)]);
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
                WorldObject anew = Store.Create(parent, path[^1], target.IsDirectory);
                for (int i = 0; i < below.Length; i++)
                    Store.Create(anew, below[i], kinds[i]);
                return Errno.None;
            default:
                throw new BadInputException($"no such step: {step}");
        }
    }

    private void Crash() => Store.CloseAll();

    private void Restart()
    {
        _server = new WorldServer(Store, _options, ++_life);
        RequestsOfThisLife = 0;
        if (_options.Storm)
            Kernel.Storm();
    }

    /// <summary>
    /// The device: a request whose server dies with it is read again by the next, marked, and
    /// answered once; a forget that was read is not.
    /// </summary>
    private byte[]? Send(byte[] message)
    {
        bool isForget = message[4] == (byte)FuseOpcode.FUSE_FORGET && message[5] == 0;
        if (_armed is { } moment && !isForget)
        {
            _armed = null;
            if (moment == CrashMoment.BeforeReplying)
                _server.Serve(message);
            Store.CloseAll();
            _server = new WorldServer(Store, _options, ++_life);
            RequestsOfThisLife = 0;
            message[15] |= 0x80;
        }

        if (!isForget)
            RequestsOfThisLife++;
        return _server.Serve(message);
    }
}
