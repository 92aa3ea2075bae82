using System.Diagnostics.CodeAnalysis;
using HandleCache.Linux.Native;

namespace HandleCache.Linux;

/// <summary>
/// A file handle as the kernel gives and takes it: 32 bits of type, 0 to 128 bytes. It is the
/// kernel's struct file_handle with its full room, so no call needs a copy or an allocation.
/// </summary>
public struct FileHandleBuffer
{
    /// <summary>MAX_HANDLE_SZ (linux/exportfs.h).</summary>
    public const int MaxBytes = 128;

    private KernelFileHandle _kernel;

    /// <summary>
    /// handle_type, all 32 bits: bits 16 and up are user flags (facts, connectable).
    /// </summary>
    public readonly int Type => _kernel.Type;

    /// <summary>
    /// Length in bytes; after EOVERFLOW the length that would have been needed, which may be
    /// more than <see cref="MaxBytes"/>.
    /// </summary>
    public readonly int LengthBytes => (int)_kernel.LengthBytes;

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes =>
        ((ReadOnlySpan<byte>)_kernel.Bytes)[..Math.Min(LengthBytes, MaxBytes)];

    public static FileHandleBuffer From(int type, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxBytes);
        FileHandleBuffer handle = default;
        handle._kernel.Type = type;
        handle._kernel.LengthBytes = (uint)bytes.Length;
        bytes.CopyTo(handle._kernel.Bytes);
        return handle;
    }

    [UnscopedRef]
    internal ref KernelFileHandle Kernel => ref _kernel;
}
