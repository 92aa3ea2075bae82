using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Handles;

/// <summary>
/// A file handle as <c>name_to_handle_at(2)</c> gives it: a 32-bit type and 0..128 bytes. The bytes
/// belong to whoever made the value; one read from a cache is good until the cache's next change.
/// The upper 16 bits of the type are user flags of CONNECTABLE handles
/// (<c>HANDLES.md</c>) and are kept. The default value means "no handle":
/// type 0 without bytes, which no file system encodes.
/// </summary>
public readonly ref struct FileHandle(uint type, ReadOnlySpan<byte> bytes)
{
    private const ulong HashSeed = 0x9E37_79B9_7F4A_7C15;
    private const ulong HashStep = 0xA076_1D64_78BD_642F;

    public uint Type { get; } = type;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>
    /// No handle at all: the root inode's, or that of an inode from a classic reply.
    /// </summary>
    public bool IsNone => Type == 0 && Bytes.IsEmpty;

    /// <summary>
    /// What a message says: a length of 0 is no handle there, whatever stands for its type.
    /// </summary>
    public static FileHandle FromWire(uint type, ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? default : new FileHandle(type, bytes);

    public static bool operator ==(FileHandle left, FileHandle right) =>
        left.Type == right.Type && SameBytes(left.Bytes, right.Bytes);

    public static bool operator !=(FileHandle left, FileHandle right) => !(left == right);

    /// <summary>Two handles are the same file when type, length and every byte agree.</summary>
    public bool Equals(FileHandle other) => this == other;

    /// <summary>Never true: a handle on the stack cannot be boxed.</summary>
    public override bool Equals(object? obj) => false;

    public override int GetHashCode() => (int)Hash64();

    /// <summary>
    /// A 64-bit mix of type, length and bytes, the same in every process, so that a seed replays.
    /// </summary>
    public ulong Hash64()
    {
        ReadOnlySpan<byte> rest = Bytes;
        ulong hash = HashSeed ^ Type ^ ((ulong)(uint)rest.Length << 32);
        while (rest.Length > sizeof(ulong))
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(rest));
            rest = rest[sizeof(ulong)..];
        }

        return Mix(hash, Tail(rest));
    }

    /// <summary>
    /// Equality of bytes with the short lengths of real handles (8, 12, 16) kept out of a call.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool SameBytes(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int length = left.Length;
        if (length != right.Length)
            return false;
        if (length is < sizeof(ulong) or > 2 * sizeof(ulong))
            return left.SequenceEqual(right);

        // SAFETY: both spans hold at least 8 bytes, and the last 8 start at length - 8 >= 0.
        ref byte a = ref MemoryMarshal.GetReference(left);
        ref byte b = ref MemoryMarshal.GetReference(right);
        ulong head = Unsafe.ReadUnaligned<ulong>(ref a) ^ Unsafe.ReadUnaligned<ulong>(ref b);
        int last = length - sizeof(ulong);
        ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref a, last))
            ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref b, last));
        return (head | tail) == 0;
    }

    private static ulong Tail(ReadOnlySpan<byte> rest)
    {
        ulong tail = 0;
        for (int i = 0; i < rest.Length; i++)
            tail |= (ulong)rest[i] << (8 * i);
        return tail;
    }

    /// <summary>Folded 64x64 multiplication: every input bit reaches every output bit.</summary>
    private static ulong Mix(ulong hash, ulong word)
    {
        ulong high = Math.BigMul(hash ^ HashStep, word ^ HashSeed, out ulong low);
        return high ^ low;
    }
}
