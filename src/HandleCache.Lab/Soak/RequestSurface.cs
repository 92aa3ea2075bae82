using System.Runtime.InteropServices;
using HandleCache.Lab.Differential;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Mounting;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Requests into a server's session: a recorded talk in its order, one message in two damaged, so
/// that nodeids and open files are there to be asked for. Behind each few a GETATTR of the root
/// must be answered.
/// </summary>
internal sealed class RequestSurface : HostileSurface
{
    /// <summary>Messages between two questions whether the server lives.</summary>
    private const int Batch = 16;

    private const ulong Sentinel = 0x5EA7_0000_0000_0000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly byte[] _reply = new byte[2 << 20];
    private readonly bool _passthrough;
    private readonly NamespaceThread? _namespace;
    private readonly DirectoryInfo? _folder;
    private bool _isMounted;
    private (uint Major, uint Minor) _device;
    private MemoryChannel? _channel;
    private FuseSession? _session;
    private IScriptServer? _server;
    private Thread? _thread;
    private Exception? _failure;

    /// <param name="passthrough">
    /// The passthrough file system over a tmpfs of its own, so that no request can fill the disk;
    /// else a scripted file system in memory.
    /// </param>
    /// <exception cref="MissingRequirementException">
    /// No mount namespace of its own, or a temporary folder without handles.
    /// </exception>
    /// <exception cref="IOException">No tmpfs.</exception>
    public RequestSurface(bool passthrough)
    {
        _passthrough = passthrough;
        if (!passthrough)
            return;
        if (!PassthroughServer.IsPossible())
            throw new MissingRequirementException("the temporary folder has no file handles");
        _namespace = new NamespaceThread();
        if (!_namespace.IsPrivate)
        {
            _namespace.Dispose();
            throw new MissingRequirementException("needs a mount namespace, thus root");
        }

        _folder = Directory.CreateTempSubdirectory("handlecache-hostile-");
        try
        {
            _server = _namespace.Invoke(() => OnTmpfs(new ScriptServerOptions()));
            EndRound();
        }
        catch
        {
            End();
            throw;
        }
    }

    public override int RoundMessages => 800;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        Dialect dialect = _passthrough ? Dialect.Classic : random.PickFrom(DialectList.All);
        Script script = RecordedTalk.ScriptOf(random.Next(), dialect, _passthrough);
        RecordedTalk talk = RecordedTalk.Of(script);
        if (talk.Requests.Count == 0)
            return;
        Start(script);
        for (int i = 0; i < messages; i++)
        {
            byte[] message = random.OneIn(2)
                ? HostileBytes.Make(random, talk.Requests)
                : [.. talk.Requests[i % talk.Requests.Count]];
            if (_passthrough)
                Unblocked(message);
            tally.Feed(message, Batch);

            // A read of no bytes is the end of the connection.
            if (message.Length > 0 && !_channel!.Client.Send(message))
                Died();
            if (i % Batch == Batch - 1 || i == messages - 1)
                Survive((ulong)i, tally);
        }
    }

    public override void EndRound()
    {
        _channel?.Close();
        bool ended = _thread?.Join(Patience) ?? true;
        _session?.Dispose();
        _channel?.Dispose();
        _server?.Dispose();
        int open = _isMounted ? OpenOnTmpfs() : 0;
        if (_isMounted)
            _namespace!.Invoke(() => Mounts.Unmount(_folder!.FullName));
        _isMounted = false;
        (_channel, _session, _server, _thread) = (null, null, null, null);
        if (!ended)
            throw new HostileException("the session does not end with its channel");
        if (open > 0)
        {
            throw new HostileException(
                FormattableString.Invariant($"{open} descriptors are left open"));
        }
    }

    protected override void End()
    {
        _namespace?.Dispose();
        _folder?.Delete();
    }

    private void Start(Script script)
    {
        _server = _passthrough
            ? _namespace!.Invoke(() => OnTmpfs(script.Server))
            : ScriptServers.Make(script.Server);
        _channel = new MemoryChannel();
        _failure = null;
        _session = new FuseSession(
            _channel, _server.FileSystem, RealSide.SessionOf(script));
        _thread = new Thread(Serve) { IsBackground = true, Name = "hostile-session" };
        _thread.Start();
        fuse_init_in init = new() { major = 7, minor = 45, max_readahead = 1 << 17 };
        (init.flags, init.flags2) = InitWords.Split((FuseInitFlags)~0UL);
        HandleOffer.Offer(ref init, script.Server.Spoken);
        _channel.Client.Send(MessageBuilder.Request(
            FuseOpcode.FUSE_INIT, Sentinel, 0,
            MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_init_in>(in init))));
        AwaitReply(Sentinel, out _);
    }

    /// <summary>On the thread of the namespace; what is made there goes with the mount.</summary>
    private PassthroughServer OnTmpfs(ScriptServerOptions options)
    {
        Mounts.MountTmpfs(_folder!.FullName, "size=64m");
        _isMounted = true;
        using FileDescriptor root =
            Files.Open(_folder.FullName, OpenFlags.Path | OpenFlags.Directory);
        Metadata.Statx(root, StatxMask.BasicStats, out Statx statx);
        _device = (statx.DevMajor, statx.DevMinor);
        return new PassthroughServer(options, _folder.FullName);
    }

    private void Serve()
    {
        try
        {
            _session!.Run();
        }
#pragma warning disable CA1031 // It becomes the finding, on the thread that feeds.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = e;
            _channel!.Close();
        }
    }

    private void Survive(ulong number, HostileTally tally)
    {
        ulong unique = Sentinel + 2 + (number * 2);
        byte[] alive = MessageBuilder.Request(
            FuseOpcode.FUSE_GETATTR, unique, FuseConstants.FUSE_ROOT_ID, new byte[16]);
        if (!_channel!.Client.Send(alive))
            Died();
        AwaitReply(unique, out int successes);
        for (; successes > 0; successes--)
            tally.Took(true);
    }

    private void AwaitReply(ulong unique, out int successes)
    {
        successes = 0;
        while (true)
        {
            if (!_channel!.Client.TryReceive(_reply, Patience, out int length))
                Died();
            if (!FuseReply.TryParse(_reply.AsSpan(0, length), out FuseReply reply, out _))
                throw new HostileException("the server sent a reply whose length lies");
            if (reply.Header.unique == unique)
                return;
            if (reply.Header.error == 0)
                successes++;
        }
    }

    private void Died()
    {
        // The exception is stored before the channel is closed.
        if (_failure is { } failure)
            throw new InvalidOperationException("the session died", failure);
        throw new HostileException("a GETATTR of the root is not answered");
    }

    /// <summary>
    /// A lock is not waited for: there is one worker, and who waits does so rightly.
    /// </summary>
    private static void Unblocked(byte[] message)
    {
        const int opcodeAt = sizeof(uint);
        Span<byte> opcode = message.AsSpan(Math.Min(opcodeAt, message.Length));
        if (MemoryMarshal.TryRead(opcode, out uint asked)
            && (FuseOpcode)asked == FuseOpcode.FUSE_SETLKW)
        {
            MemoryMarshal.Write(opcode, (uint)FuseOpcode.FUSE_SETLK);
        }
    }

    /// <summary>Descriptors on the tmpfs, whoever else opens some meanwhile.</summary>
    private int OpenOnTmpfs() => Directory.GetFileSystemEntries("/proc/self/fd").Count(
        path => Metadata.Statx(
                FileDescriptor.WorkingDirectory, CString.FromString(path), 0,
                StatxMask.BasicStats, out Statx statx) == Errno.None
            && (statx.DevMajor, statx.DevMinor) == _device);
}
