using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// FORGET and BATCH_FORGET as a read of the device gives them (models fuse_read_single_forget()
/// and fuse_read_batch_forget(), fs/fuse/dev.c, v6.18).
/// </summary>
internal sealed class ForgetReads(ForgetQueue forgets)
{
    private const int MostAtOnce = 4096;

    private ForgetEntry[] _entries = new ForgetEntry[16];

    /// <summary>Writes the next message; its length in bytes. One has to wait.</summary>
    public int Read(Span<byte> buffer, int minor, ulong unique)
    {
        bool batch = forgets.NextIsBatch(minor);
        int most = Math.Min(forgets.Count, MostAtOnce);
        if (_entries.Length < most)
            _entries = new ForgetEntry[most];
        int count = forgets.Read(minor, buffer.Length, _entries);
        int at = FuseRequest.HeaderBytes;
        if (batch)
        {
            MemoryMarshal.Write(buffer[at..], new fuse_batch_forget_in { count = (uint)count });
            at += Unsafe.SizeOf<fuse_batch_forget_in>();
            for (int i = 0; i < count; i++, at += Unsafe.SizeOf<fuse_forget_one>())
            {
                MemoryMarshal.Write(buffer[at..], new fuse_forget_one
                {
                    nodeid = _entries[i].NodeId,
                    nlookup = _entries[i].NLookup,
                });
            }
        }
        else
        {
            MemoryMarshal.Write(buffer[at..], new fuse_forget_in { nlookup = _entries[0].NLookup });
            at += Unsafe.SizeOf<fuse_forget_in>();
        }

        return MessageBuilder.WriteRequestHead(
            buffer,
            batch ? FuseOpcode.FUSE_BATCH_FORGET : FuseOpcode.FUSE_FORGET,
            unique,
            batch ? 0 : _entries[0].NodeId,
            at - FuseRequest.HeaderBytes);
    }
}
