using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Kernel.Tests;

/// <summary>A request as the test, being the server, has read it.</summary>
internal sealed record Asked(FuseOpcode Opcode, ulong NodeId, ulong Unique, byte[] Body)
{
    public string Name => System.Text.Encoding.Latin1.GetString(Body).TrimEnd('\0');
}

/// <summary>
/// A mounted modelled kernel whose server is the test: it reads each request and answers it when
/// and how it likes.
/// </summary>
internal sealed class Bench : IDisposable
{
    public const uint Directory = FileModes.Directory755;
    public const uint Regular = FileModes.Regular644;
    public const int EIO = (int)Errno.EIO;
    public const int EINVAL = (int)Errno.EINVAL;
    public const int ENOENT = (int)Errno.ENOENT;

    /// <summary>Seconds for which names and attributes are valid: for ever here.</summary>
    public const ulong Long = 1000;

    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Dialect _dialect;

    /// <param name="flags">What the server agrees to.</param>
    /// <param name="dialect">How handles travel; classic for none.</param>
    /// <param name="maxHandleBytes">The longest handle the server announces.</param>
    /// <param name="inodes">How inodes are kept.</param>
    /// <param name="version">Which kernel's version is modelled; null for the default.</param>
    public Bench(
        FuseInitFlags flags = FuseInitFlags.FUSE_PARALLEL_DIROPS, Dialect? dialect = null,
        int maxHandleBytes = 128, FuseInodeCacheOptions? inodes = null,
        KernelVersion? version = null)
    {
        _dialect = dialect ?? Dialect.Classic;
        IsBroken = inodes is { Faults.Any: true };
        ModelKernelOptions options = new() { Inodes = inodes ?? new(), Dialect = _dialect };
        Kernel = new(options with { Version = version ?? options.Version });
        KernelCall mount = Kernel.Mount();
        fuse_init_out init = new() { major = 7, minor = 45, max_write = 65536 };
        (init.flags, init.flags2) = InitWords.Split(flags);
        HandleOffer.Accept(ref init, _dialect, maxHandleBytes);
        Answer(Read(), init);
        _ = mount.Result;
    }

    public ModelKernel Kernel { get; }

    /// <summary>The test breaks the kernel: its validator is not asked at the end.</summary>
    public bool IsBroken { get; init; }

    public KernelCall Stat(string path, int flags = 0x100) => Kernel.Start(
        new(VfsCallKind.Stat) { Path = path, Flags = flags, Mode = 0x7FF });

    public KernelCall Call(VfsCallKind kind, string path) => Kernel.Start(
        new(kind) { Path = path, Mode = FileModes.Octal755 });

    /// <summary>The next request; forgets are not expected here.</summary>
    public Asked Read()
    {
        int bytes = Kernel.ReadRequest(_buffer);
        if (bytes <= 0)
            throw new InvalidOperationException("a request was expected");
        fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(_buffer);
        return new(
            (FuseOpcode)header.opcode, header.nodeid, header.unique,
            _buffer[FuseRequest.HeaderBytes..bytes]);
    }

    /// <summary>Every forget that is queued, as "nodeid count"; nothing else may be.</summary>
    public List<string> ReadForgets()
    {
        List<string> all = [];
        while (Kernel.HasRequest)
        {
            Asked asked = Read();
            if (!TryAddForgets(asked, all))
                throw new InvalidOperationException($"a FORGET was expected: {asked.Opcode}");
        }

        return all;
    }

    /// <summary>Adds what a FORGET or BATCH_FORGET says; false if it is another request.</summary>
    public static bool TryAddForgets(Asked asked, List<string> all)
    {
        if (asked.Opcode == FuseOpcode.FUSE_FORGET)
        {
            all.Add($"{asked.NodeId} {BitConverter.ToUInt64(asked.Body)}");
            return true;
        }

        if (asked.Opcode != FuseOpcode.FUSE_BATCH_FORGET)
            return false;
        for (int at = 8; at < asked.Body.Length; at += 16)
        {
            all.Add($"{BitConverter.ToUInt64(asked.Body, at)} "
                + $"{BitConverter.ToUInt64(asked.Body, at + 8)}");
        }

        return true;
    }

    /// <summary>Answers; the errno of the server's write.</summary>
    public int Answer<T>(Asked asked, T body)
        where T : unmanaged => AnswerBytes(asked, BytesOf(body));

    public int AnswerError(Asked asked, int errno, params byte[] body)
    {
        byte[] message = [.. BytesOf(new fuse_out_header
        {
            len = (uint)(FuseReply.HeaderBytes + body.Length),
            error = -errno,
            unique = asked.Unique,
        }), .. body];
        return Kernel.WriteReply(message);
    }

    public int AnswerBytes(Asked asked, params byte[] body) => AnswerError(asked, 0, body);

    /// <summary>A notification; the errno of the server's write.</summary>
    public int Notify(FuseNotifyCode code, params byte[] body) => Kernel.WriteReply(
    [
        .. BytesOf(new fuse_out_header
        {
            len = (uint)(FuseReply.HeaderBytes + body.Length),
            error = (int)code,
        }),
        .. body,
    ]);

    /// <summary>FUSE_NOTIFY_INVAL_ENTRY of a name in a directory.</summary>
    public int InvalEntry(ulong parent, string name) => Notify(
        FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
        [
            .. BytesOf(new fuse_notify_inval_entry_out
            {
                parent = parent,
                namelen = (uint)name.Length,
            }),
            .. System.Text.Encoding.Latin1.GetBytes(name), 0,
        ]);

    /// <summary>Answers with an entry and its handle, as the dialect has them.</summary>
    public int AnswerEntry(Asked asked, fuse_entry_out entry, params byte[] handle)
    {
        byte[] room = new byte[1024];
        _dialect.TryWriteEntry(room, entry, 0x81, handle, out int bytes);
        return AnswerBytes(asked, room[..bytes]);
    }

    public static fuse_entry_out Entry(
        ulong nodeId, uint mode, ulong generation = 1, ulong seconds = Long, ulong size = 0) =>
        new()
        {
            nodeid = nodeId,
            generation = generation,
            entry_valid = seconds,
            attr_valid = seconds,
            attr = new() { ino = nodeId, mode = mode, nlink = 1, size = size },
        };

    public static fuse_attr_out Attributes(uint mode, ulong size = 0, ulong seconds = Long) => new()
    {
        attr_valid = seconds,
        attr = new() { ino = 1, mode = mode, nlink = 2, size = size },
    };

    public static byte[] BytesOf<T>(T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Marshal.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    /// <summary>A sound kernel's validator finds nothing, whatever the test did.</summary>
    public void Dispose()
    {
        if (!IsBroken)
            Xunit.Assert.Empty(Kernel.Validate());
        Kernel.Dispose();
    }
}
