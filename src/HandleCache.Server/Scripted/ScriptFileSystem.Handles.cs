using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Scripted;

/// <summary>
/// File handles: one an object, told apart by the inode number in their first bytes.
/// </summary>
public sealed partial class ScriptFileSystem
{
    private const uint HandleType = 0x81;

    /// <summary>Bytes of the inode number, with which a handle begins.</summary>
    private const int NameBytes = 4;

    private byte[] _handle = [];
    private uint _handleType;

    /// <summary>
    /// The inode number of the object that a handle names; 0 where it names none.
    /// </summary>
    public static ulong InoOf(ReadOnlySpan<byte> handle) => handle.Length < NameBytes
        ? 0
        : System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(handle);

    /// <summary>
    /// The handle of an object: 0 bytes for one in eight, else 4 to 128, the length by the seed
    /// and the object, for its life.
    /// </summary>
    private byte[] HandleOf(ScriptNode node)
    {
        ulong hash = SplitMix64.Mix(_options.Seed ^ (node.Ino << 20) ^ node.HandleSalt);
        if (!_options.Spoken.CarriesHandles || (_options.HandleBytes is null && hash % 8 == 0))
            return [];
        byte[] handle = new byte[_options.HandleBytes ?? LengthBy(hash)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(handle, (uint)node.Ino);
        for (int i = NameBytes; i < handle.Length; i++)
            handle[i] = (byte)SplitMix64.Mix(hash + (ulong)i);
        return handle;
    }

    private int LengthBy(ulong hash)
    {
        int room = _options.Spoken.MaxHandleBytes - NameBytes;
        return NameBytes + (int)((hash >> 8) % 3 == 0
            ? (hash >> 16) % 16
            : (hash >> 16) % (ulong)(room + 1));
    }

    /// <summary>
    /// Chooses the handle of the entry that is being made; hostility may change it.
    /// </summary>
    private void ChooseHandle(ScriptNode node)
    {
        _handleType = HandleType;
        if (_options.BadHandlePer1024 > 0)
        {
            ulong hash = SplitMix64.Mix(_options.Seed + (_ordinal * 0x2545_F491_4F6C_DD1D));
            if ((hash & 1023) < (ulong)_options.BadHandlePer1024)
            {
                switch ((hash >> 12) % 3)
                {
                    case 0:
                        node.HandleSalt = hash;
                        break;
                    case 1:
                        _handle = [];
                        return;
                    default:
                        _handleType = (uint)(hash >> 20) | 1;
                        break;
                }
            }
        }

        _handle = HandleOf(node);
    }

    /// <summary>An entry with the handle chosen for it; one without an object has none.</summary>
    private Errno WriteEntry(ref ReplyBuilder reply, in fuse_entry_out entry) => entry.nodeid == 0
        ? reply.WriteEntry(entry, 0, default)
        : reply.WriteEntry(entry, _handleType, _handle);
}
