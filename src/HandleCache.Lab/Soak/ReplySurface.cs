using System.Runtime.InteropServices;
using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Replies and notifications into the modelled kernel: random calls, whose good replies come
/// behind damaged ones. Whatever comes, each call ends, and the kernel's own validator finds
/// nothing.
/// </summary>
internal sealed class ReplySurface : HostileSurface
{
    /// <summary>More requests of one call than any listing of a directory asks for.</summary>
    private const int MostRequests = 10_000;

    private readonly byte[] _request = new byte[1 << 17];
    private readonly Dictionary<FuseOpcode, IReadOnlyList<byte[]>> _repliesTo = [];
    private ModelKernel? _kernel;

    public override int RoundMessages => 400;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        Dialect dialect = random.PickFrom(DialectList.All);
        Script script = RecordedTalk.ScriptOf(random.Next(), dialect, passthrough: false);
        RecordedTalk talk = RecordedTalk.Of(script);
        if (talk.Replies.Count == 0)
            return;
        _repliesTo.Clear();
        _kernel = new ModelKernel(new ModelKernelOptions
        {
            Dialect = script.Server.Spoken,
            DefaultPermissions = script.Server.DefaultPermissions,
        });
        Mount(talk, script.Server.Spoken);
        while (tally.Messages < messages)
        {
            foreach (VfsCall call in script.Calls)
            {
                Make(random, call, talk, tally);
                if (random.OneIn(4))
                    Write(Notification(random), tally);
                if (_kernel.Validate() is { Count: > 0 } errors)
                    throw new HostileException($"after {call}: {errors[0]}");
            }
        }
    }

    public override void EndRound()
    {
        _kernel?.Dispose();
        _kernel = null;
    }

    private void Mount(RecordedTalk talk, Dialect dialect)
    {
        KernelCall mount = _kernel!.Mount();
        int bytes = _kernel.ReadRequest(_request);
        if (!FuseRequest.TryParse(_request.AsSpan(0, bytes), out FuseRequest asked, out _))
            throw new HostileException("the kernel sent a malformed INIT");
        fuse_init_out init = new() { major = 7, minor = 45, max_write = 65536, max_pages = 16 };
        (init.flags, init.flags2) = InitWords.Split(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_EXPORT_SUPPORT
            | (talk.Script.ReadDirPlus == ReadDirPlusMode.Off
                ? 0 : FuseInitFlags.FUSE_DO_READDIRPLUS));
        HandleOffer.Accept(ref init, dialect, dialect.MaxHandleBytes);
        _kernel.WriteReply(MessageBuilder.Reply(asked.Header.unique, init));
        if (!mount.IsDone || mount.Result.Errno != 0)
            throw new InvalidOperationException("the modelled kernel could not mount");
    }

    /// <summary>
    /// A call to its end. Each request gets damaged replies of the same operation first, and, where
    /// the kernel still waits, an error that it takes.
    /// </summary>
    private void Make(SplitMix64 random, VfsCall call, RecordedTalk talk, HostileTally tally)
    {
        KernelCall running = _kernel!.Start(call);
        for (int requests = 0; ; requests++)
        {
            int bytes = _kernel.ReadRequest(_request);
            if (bytes <= 0)
                break;
            if (requests > MostRequests)
                throw new HostileException($"{call} does not end");
            if (!FuseRequest.TryParse(_request.AsSpan(0, bytes), out FuseRequest request, out _))
                throw new HostileException($"{call}: the kernel sent a malformed request");
            if (Operation.Of(request.Opcode).HasReply)
                Answer(random, request, talk, tally);
        }

        if (!running.IsDone)
            throw new HostileException($"{call} waits and asks nothing");
        _ = running.Result;
    }

    private void Answer(
        SplitMix64 random, in FuseRequest request, RecordedTalk talk, HostileTally tally)
    {
        ulong unique = request.Header.unique;
        IReadOnlyList<byte[]> good = _repliesTo[request.Opcode] =
            _repliesTo.GetValueOrDefault(request.Opcode) ?? talk.RepliesTo(request.Opcode);
        byte[] reply = random.OneIn(2)
            ? HostileBytes.Make(random, good)
            : [.. random.PickFrom(good)];
        if (!random.OneIn(8) && reply.Length >= FuseReply.HeaderBytes)
            Head(reply, unique, random);
        if (request.Opcode == FuseOpcode.FUSE_READLINK)
            Within(reply);
        Write(reply, tally);
        _kernel!.WriteReply(MessageBuilder.Failure(
            unique, random.Pick(Errno.ENOENT, Errno.EIO, Errno.ESTALE)));
    }

    private void Write(byte[] message, HostileTally tally)
    {
        tally.Feed(message, 4);
        tally.Took(_kernel!.WriteReply(message) == 0);
    }

    /// <summary>A head that fits, but for one thing in eight.</summary>
    private static void Head(byte[] reply, ulong unique, SplitMix64 random)
    {
        int error = random.OneIn(4) ? -random.Below(600) : 0;
        MemoryMarshal.Write(reply, new fuse_out_header
        {
            len = random.OneIn(8) ? (uint)random.Next() : (uint)reply.Length,
            error = error,
            unique = unique,
        });
    }

    /// <summary>An absolute link leads out of the mount, where the model cannot follow.</summary>
    private static void Within(byte[] reply)
    {
        if (reply.Length > FuseReply.HeaderBytes && reply[FuseReply.HeaderBytes] == (byte)'/')
            reply[FuseReply.HeaderBytes] = (byte)'a';
    }

    private static byte[] Notification(SplitMix64 random)
    {
        FuseNotifyCode code = (FuseNotifyCode)random.Below(12);
        byte[] body = random.Bytes(random.Below(64));

        // Small nodeids are those that there are.
        for (int at = 0; at + sizeof(ulong) <= body.Length; at += sizeof(ulong))
        {
            if (random.OneIn(2))
                BitConverter.TryWriteBytes(body.AsSpan(at), (ulong)random.Below(12));
        }

        byte[] message = MessageBuilder.Notification(code, body);
        return random.OneIn(4) ? HostileBytes.Damage(random, message, [message]) : message;
    }
}
