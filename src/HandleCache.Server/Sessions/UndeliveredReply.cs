using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Sessions;

/// <summary>
/// Undoes a reply that the kernel did not take: the lookups of its entries were never counted,
/// and the file that it opened never reached the caller.
/// </summary>
internal static class UndeliveredReply
{
    /// <param name="fileSystem">Who made the reply.</param>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="form">
    /// The dialect in whose form the file system wrote the body, which need not be the agreed one.
    /// </param>
    /// <param name="body">What the file system wrote.</param>
    public static void TakeBack(
        FileSystem fileSystem, FuseOpcode opcode, Dialect form, ReadOnlySpan<byte> body)
    {
        Taker taker = new(fileSystem);
        EntryWalk.VisitWritten(form, opcode, body, ref taker);
        TakeBackOpen(fileSystem, opcode, body);
    }

    /// <summary>The open file alone.</summary>
    public static void TakeBackOpen(
        FileSystem fileSystem, FuseOpcode opcode, ReadOnlySpan<byte> body)
    {
        if (Operation.Of(opcode).ReturnsOpenFile && body.Length >= Operation.OpenOutBytes)
        {
            fileSystem.TakeBackOpen(
                MemoryMarshal.Read<fuse_open_out>(body[^Operation.OpenOutBytes..]).fh);
        }
    }

    private readonly struct Taker(FileSystem fileSystem) : IEntryVisitor
    {
        public void Visit(in WireEntry entry) => fileSystem.TakeBackEntry(entry.Entry.nodeid);
    }
}
