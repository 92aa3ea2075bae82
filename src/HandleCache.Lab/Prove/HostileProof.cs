using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Lab.Validate;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Handles;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Relaying;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Replies to LOOKUP that no good server sends, written as they are: the kernel must refuse them
/// to the server (EINVAL) and to the caller (EIO), and take what is only unusual.
/// </summary>
internal sealed class HostileProof : IDisposable
{
    /// <summary>
    /// What the server names in INIT where it may: less than there is room for.
    /// </summary>
    private const int NamedBytes = 64;

    private const int EntryBytes = 128;

    /// <summary>Two names with one nodeid, whose handles differ in the last byte.</summary>
    private const string First = "first";
    private const string Twin = "twin";
    private const int TwinBytes = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Names, each answered in its own way, and what must come of it.</summary>
    private static readonly (string Name, string What, Errno ToServer, Errno ToCaller)[] Cases =
    [
        ("exact", "a handle of just the maximum", Errno.None, Errno.None),
        ("none", "size 0", Errno.None, Errno.None),
        ("short", "today's entry, without a handle", Errno.None, Errno.None),
        ("over", "one byte more than agreed", Errno.EINVAL, Errno.EIO),
        ("array", "more than the array has", Errno.EINVAL, Errno.EIO),
        ("huge", "size 0xffffffff", Errno.EINVAL, Errno.EIO),
        ("cut", "a reply one byte too short", Errno.EINVAL, Errno.EIO),
        ("long", "a reply one byte too long", Errno.EINVAL, Errno.EIO),
        ("absent-over", "nodeid 0 with one byte too many", Errno.EINVAL, Errno.EIO),
    ];

    private readonly PolledDevice _device;
    private readonly DesignDialect _dialect;
    private readonly HandleStrategy _strategy;
    private readonly int _mostBytes;
    private readonly Thread _thread;
    private readonly Dictionary<string, Errno> _sent = [];
    private ulong _nodeId = 1;

    private HostileProof(FuseDriver driver, DesignDialect dialect, HandleStrategy strategy)
    {
        _strategy = strategy;
        _mostBytes = dialect.OptIn == HandleOptIn.InitBitAndMaximum
            ? NamedBytes
            : dialect.MaxHandleBytes;
        _device = new PolledDevice(driver);
        _dialect = dialect;
        _thread = new Thread(Serve) { IsBackground = true, Name = "hostile-server" };
    }

    public static IReadOnlyList<ProofRow> Run(
        FuseDriver driver, DesignDialect dialect, HandleStrategy strategy,
        CancellationToken cancel)
    {
        using StagePlan plan = new(new ValidateOptions { Seed = 1 }, null, cancel);
        string mountPoint = plan.NewMountPoint("hostile");
        using HostileProof proof = new(driver, dialect, strategy);
        plan.Namespace.Invoke(() =>
        {
            Mounts.MountFuse(
                proof._device.Device, mountPoint, new FuseMountOptions { Driver = driver });
            return true;
        });
        proof._thread.Start();
        try
        {
            using WorkloadProcess client = plan.Namespace.Invoke(() => WorkloadProcess.Start());
            using CancellationTokenRegistration killed = cancel.Register(client.Kill);
            client.Ask(new BeginScriptRequest(mountPoint), Patience);
            List<ProofRow> rows = [];
            foreach ((string name, string what, Errno toServer, Errno toCaller) in Cases)
            {
                VfsResult seen = client.Ask(
                    new ScriptCallsRequest([new(VfsCallKind.Stat) { Path = name }]), Patience)
                    .Results[0];
                Errno caller = proof.IsRefused(name) ? Errno.ENOMEM : toCaller;
                rows.Add(Row(what, [toServer, caller], [proof.SentOf(name), (Errno)seen.Errno]));
            }

            rows.AddRange(proof.RowOfTwins(client));
            client.Ask(new EndScriptRequest(), Patience);
            return rows;
        }
        finally
        {
            plan.Namespace.Invoke(() => Mounts.Unmount(mountPoint));
        }
    }

    public void Dispose()
    {
        _device.Close();
        if (_thread.IsAlive)
            _thread.Join(Patience);
        _device.Dispose();
    }

    /// <summary>
    /// The inode that is held is another object's from then on: fuse_make_bad(), as for another
    /// generation. Nothing to be seen where no handle is kept.
    /// </summary>
    private IEnumerable<ProofRow> RowOfTwins(WorkloadProcess client)
    {
        if (BytesOfTwins == 0)
            yield break;
        VfsResult[] seen =
        [
            .. client.Ask(
                new ScriptCallsRequest(
                [
                    new(VfsCallKind.Open) { Path = First, Slot = 0, Flags = OpenFlags.Path },
                    new(VfsCallKind.Stat) { Path = Twin },
                    new(VfsCallKind.FStat) { Slot = 0 },
                    new(VfsCallKind.Close) { Slot = 0 },
                ]), Patience).Results,
        ];
        bool isSeen = (_dialect.Design.Defects & DesignDefects.OverwritesBeforeCompare) == 0;
        yield return Row(
            "a known nodeid, its handle with another last byte: server, name, held",
            [Errno.None, Errno.None, isSeen ? Errno.EIO : Errno.None],
            [SentOf(Twin), (Errno)seen[1].Errno, (Errno)seen[2].Errno]);
    }

    private int BytesOfTwins =>
        Math.Min(TwinBytes, Math.Min(_mostBytes, _strategy.CapacityBytes));

    private static ProofRow Row(string what, Errno[] predicted, Errno[] measured) => new(
        $"hostile: {what}", Text(predicted), Text(measured), predicted.SequenceEqual(measured));

    /// <summary>Taken from the server, and no inode all the same: ENOMEM.</summary>
    private bool IsRefused(string name) => name switch
    {
        "exact" => (_dialect.Design.Defects & DesignDefects.RefusesLongest) != 0
            || _strategy.StorageOf(_mostBytes) == HandleStorage.Refused,
        "none" or "short" => _dialect.RequiresHandle,
        _ => false,
    };

    private static string Text(Errno[] each) => string.Join(", ", each.Select(Name));

    private static string Name(Errno errno) => errno == Errno.None ? "taken" : errno.ToString();

    /// <summary>
    /// What write(2) of the reply returned. The caller may hear of the reply before the server.
    /// </summary>
    private Errno SentOf(string name)
    {
        lock (_sent)
        {
            Errno errno;
            while (!_sent.TryGetValue(name, out errno))
            {
                if (!Monitor.Wait(_sent, Patience))
                    throw new TimeoutException($"nobody asked for '{name}'");
            }

            return errno;
        }
    }

    private void Serve()
    {
        using IChannelPort port = _device.OpenPort();
        byte[] buffer = new byte[1 << 17];
        while (true)
        {
            SysResult received = port.Receive(buffer);
            if (received.Failed || received.Value == 0)
                return;
            if (FuseRequest.TryParse(
                buffer.AsSpan(0, (int)received.Value), out FuseRequest request, out _))
            {
                Answer(port, request);
            }
        }
    }

    private void Answer(IChannelPort port, in FuseRequest request)
    {
        ulong unique = request.Header.unique;
        if (request.Opcode == FuseOpcode.FUSE_INIT)
        {
            fuse_init_out init = new()
            {
                major = FuseConstants.FUSE_KERNEL_VERSION,
                minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
                max_write = 1 << 16,
            };
            HandleOffer.Accept(ref init, _dialect, _mostBytes);
            port.Send(MessageBuilder.Reply(unique, init));
        }
        else if (request.Opcode == _dialect.Numbers.Lookup)
        {
            string name = Encoding.ASCII.GetString(request.Body.TrimEnd((byte)0));
            Errno errno = port.Send(MessageBuilder.Reply(unique, Entry(name)));
            lock (_sent)
            {
                _sent[name] = errno;
                Monitor.PulseAll(_sent);
            }
        }
        else if (request.Opcode == FuseOpcode.FUSE_GETATTR)
        {
            port.Send(MessageBuilder.Reply(unique, new fuse_attr_out
            {
                attr = AttributesOf(request.Header.nodeid),
                attr_valid = 1000,
            }));
        }
        else if (Operation.Of(request.Opcode).HasReply)
        {
            port.Send(MessageBuilder.Failure(unique, Errno.ENOSYS));
        }
    }

    private static fuse_attr AttributesOf(ulong nodeid) => new()
    {
        ino = nodeid,
        mode = nodeid == FuseConstants.FUSE_ROOT_ID ? FileModes.Directory : FileModes.Regular,
        nlink = nodeid == FuseConstants.FUSE_ROOT_ID ? 2u : 1u,
    };

    /// <summary>The body of the reply to a name.</summary>
    private byte[] Entry(string name)
    {
        HandleEncoding encoding = _dialect.Design.Encoding;
        long size = name switch
        {
            "none" => 0,
            First or Twin => BytesOfTwins,
            "over" or "absent-over" => _mostBytes + 1,
            "array" => FuseConstants.MAX_HANDLE_SZ + 1,
            "huge" => uint.MaxValue,
            _ => _mostBytes,
        };
        ulong nodeid = name.StartsWith("absent", StringComparison.Ordinal) ? 0
            : name == Twin ? _nodeId : ++_nodeId;
        int longest = encoding.LongestBytes;
        int bytes = (int)Math.Min(size, longest);
        byte[] body = new byte[EntryBytes + encoding.WireBytes(bytes)];
        MemoryMarshal.Write(body, new fuse_entry_out
        {
            nodeid = nodeid,
            attr = AttributesOf(nodeid == 0 ? _nodeId : nodeid),
        });
        byte[] handle = new byte[bytes];
        if (name == Twin)
            handle[^1] = 1;
        encoding.TryWrite(body.AsSpan(EntryBytes), 0x81, handle, out _);
        if (size > longest)
        {
            // As the server that lies would: the size alone is another.
            long told = Math.Max(size, FuseConstants.MAX_HANDLE_SZ + 1);
            byte[] lie = BitConverter.GetBytes((uint)told);
            lie.AsSpan(0, encoding.SizeFieldBytes).CopyTo(body.AsSpan(EntryBytes));
        }

        return name switch
        {
            "short" => body[..EntryBytes],
            "cut" => body[..^1],
            "long" => [.. body, 0],
            _ => body,
        };
    }
}
