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
    private readonly int _mostBytes;
    private readonly Thread _thread;
    private readonly Dictionary<string, Errno> _sent = [];
    private ulong _nodeId = 1;

    private HostileProof(FuseDriver driver, DesignDialect dialect)
    {
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
        using HostileProof proof = new(driver, dialect);
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
                Errno caller = proof.IsRefused(name, strategy) ? Errno.ENOMEM : toCaller;
                rows.Add(new ProofRow(
                    $"hostile: {what}", Text(toServer, caller),
                    Text(proof.SentOf(name), (Errno)seen.Errno),
                    proof.SentOf(name) == toServer && seen.Errno == (int)caller));
            }

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

    /// <summary>Taken from the server, and no inode all the same: ENOMEM.</summary>
    private bool IsRefused(string name, HandleStrategy strategy) => name switch
    {
        "exact" => (_dialect.Design.Defects & DesignDefects.RefusesLongest) != 0
            || strategy.StorageOf(_mostBytes) == HandleStorage.Refused,
        "none" or "short" => _dialect.RequiresHandle,
        _ => false,
    };

    private static string Text(Errno toServer, Errno toCaller) =>
        $"{Name(toServer)}, {Name(toCaller)}";

    private static string Name(Errno errno) => errno == Errno.None ? "taken" : errno.ToString();

    private Errno SentOf(string name)
    {
        lock (_sent)
            return _sent.GetValueOrDefault(name, Errno.ENOENT);
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
                _sent[name] = errno;
        }
        else if (request.Opcode == FuseOpcode.FUSE_GETATTR)
        {
            port.Send(MessageBuilder.Reply(unique, new fuse_attr_out
            {
                attr = new fuse_attr { ino = 1, mode = FileModes.Directory, nlink = 2 },
                attr_valid = 1000,
            }));
        }
        else if (Operation.Of(request.Opcode).HasReply)
        {
            port.Send(MessageBuilder.Failure(unique, Errno.ENOSYS));
        }
    }

    /// <summary>The body of the reply to a name.</summary>
    private byte[] Entry(string name)
    {
        HandleEncoding encoding = _dialect.Design.Encoding;
        long size = name switch
        {
            "none" => 0,
            "over" or "absent-over" => _mostBytes + 1,
            "array" => FuseConstants.MAX_HANDLE_SZ + 1,
            "huge" => uint.MaxValue,
            _ => _mostBytes,
        };
        int longest = encoding.LongestBytes;
        int bytes = (int)Math.Min(size, longest);
        byte[] body = new byte[EntryBytes + encoding.WireBytes(bytes)];
        MemoryMarshal.Write(body, new fuse_entry_out
        {
            nodeid = name.StartsWith("absent", StringComparison.Ordinal) ? 0 : ++_nodeId,
            attr = new fuse_attr { ino = _nodeId, mode = FileModes.Regular, nlink = 1 },
        });
        encoding.TryWrite(body.AsSpan(EntryBytes), 0x81, new byte[bytes], out _);
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
