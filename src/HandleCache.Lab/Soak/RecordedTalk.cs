using System.Text;
using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Soak;

/// <summary>
/// What the modelled kernel and a server say to each other during a random script: good messages,
/// in an order that makes sense.
/// </summary>
/// <param name="Script">Its calls, without those at the same time as others.</param>
/// <param name="Requests">All of them, without INIT.</param>
/// <param name="Replies">All of them, each with what was asked.</param>
internal sealed record RecordedTalk(
    Script Script, IReadOnlyList<byte[]> Requests,
    IReadOnlyList<(FuseOpcode Asked, byte[] Message)> Replies)
{
    private const int Calls = 40;

    /// <summary>Which server a seed asks for, and what is called.</summary>
    /// <param name="seed">Of script and server.</param>
    /// <param name="dialect">What is spoken.</param>
    /// <param name="passthrough">The server is the passthrough over a tree.</param>
    public static Script ScriptOf(ulong seed, Dialect dialect, bool passthrough)
    {
        Script script = ScriptGenerator.Make(seed, Calls).OneByOne();
        return script with
        {
            Server = script.Server with
            {
                SendsHandles = dialect.CarriesHandles,
                Dialect = dialect.CarriesHandles ? dialect : Dialect.Default,
                HostilePer1024 = 0,
                IsPassthrough = passthrough,
            },
            Calls = [.. script.Calls.Where(call => IsOfUse(call, passthrough))],
        };
    }

    /// <summary>
    /// What the server does unasked and time are no messages; a tree on the disk is removed by
    /// .NET, which cannot remove names that are not UTF-8.
    /// </summary>
    private static bool IsOfUse(VfsCall call, bool onDisk) =>
        call.Kind is < VfsCallKind.NotifyInvalInode and not VfsCallKind.Sleep
        && (!onDisk || (Ascii.IsValid(call.Path) && Ascii.IsValid(call.Path2)));

    public static RecordedTalk Of(Script script)
    {
        List<byte[]> requests = [];
        List<(FuseOpcode, byte[])> replies = [];
        FuseOpcode asked = default;
        using ModelSide side = new(script, new ModelKernelOptions())
        {
            Overhears = (message, isReply) =>
            {
                if (isReply)
                    replies.Add((asked, message.ToArray()));
                else
                    requests.Add(message.ToArray());
                if (!isReply && FuseRequest.TryParse(message, out FuseRequest request, out _))
                    asked = request.Opcode;
            },
        };
        foreach (VfsCall call in script.Calls)
            side.Run(call);
        return new(script, requests, replies);
    }

    /// <summary>The replies to an operation; all of them where none was asked for it.</summary>
    public IReadOnlyList<byte[]> RepliesTo(FuseOpcode opcode)
    {
        byte[][] same = [.. Replies.Where(one => one.Asked == opcode).Select(one => one.Message)];
        return same.Length > 0 ? same : [.. Replies.Select(one => one.Message)];
    }
}
