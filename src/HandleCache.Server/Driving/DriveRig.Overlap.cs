using System.Runtime.InteropServices;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>
/// Two processes that call at once: the server has a request of each, answers in the order that
/// it likes, and the kernel takes the replies in the order of the script.
/// </summary>
internal sealed partial class DriveRig
{
    private const uint First = 1;
    private const uint Other = 2;

    /// <summary>Requests that the server has, with their callers.</summary>
    private readonly List<(DriveRequest Asked, uint Pid)> _underWay = [];

    /// <summary>Replies that came before they were wanted.</summary>
    private readonly Dictionary<ulong, byte[]> _early = [];

    /// <summary>Both to their ends; the first's result, with the other's inside.</summary>
    private VfsResult RunBoth(VfsCall call, VfsCall other)
    {
        Calls++;
        (_beside, _anyRefused, _asked) = (Disturbance.None, false, 0);
        KernelCall first = Kernel.Start(call, pid: (int)First);
        SendAll();
        KernelCall second = Kernel.Start(other, pid: (int)Other);
        SendAll();
        for (uint schedule = call.Schedule; _underWay.Count > 0; schedule >>= 1)
        {
            uint turn = (schedule & 1) != 0 ? Other : First;
            int at = Math.Max(0, _underWay.FindIndex(one => one.Pid == turn));
            DriveRequest asked = _underWay[at].Asked;
            ReadOnlySpan<byte> reply = _early.Remove(asked.Unique, out byte[]? early)
                ? early
                : Receive(asked.Unique);
            _underWay.RemoveAt(at);
            Take(asked, reply);
            SendAll();
        }

        if (!first.IsDone || !second.IsDone)
            throw new InvalidOperationException($"{call} never ends in the modelled kernel");
        return first.Result with { Meanwhile = second.Result };
    }

    /// <summary>Sends what the kernel has, and awaits no reply.</summary>
    private void SendAll()
    {
        int bytes;
        while ((bytes = Kernel.ReadRequest(_request)) > 0)
        {
            byte[] message = _request[..bytes];
            fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(message);
            if (!Operation.Of((FuseOpcode)header.opcode).HasReply)
            {
                Carry(message);
                continue;
            }

            DriveRequest asked = SendRequest(message);
            Check.UnderWay(asked);
            _underWay.Add((asked, header.pid));
        }
    }
}
