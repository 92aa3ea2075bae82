using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Dialects;

/// <summary>Head of fuse_file_handle in the thread's message and v2: u32 size and type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct HandleHeader(uint size, uint type)
{
    /// <summary>Bytes of the head.</summary>
    public const int Bytes = 8;

    public readonly uint Size = size;
    public readonly uint Type = type;
}
