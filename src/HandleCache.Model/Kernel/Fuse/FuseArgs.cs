using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>Arguments of a request, joined as the kernel joins them (struct fuse_args).</summary>
internal static class FuseArgs
{
    public static byte[] Bytes<T>(in T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    /// <summary>A fixed struct and names behind it, as the kernel concatenates arguments.</summary>
    public static byte[] Bytes<T>(in T value, params ReadOnlySpan<string> names)
        where T : unmanaged
    {
        byte[] tail = Bytes(names);
        byte[] bytes = new byte[Unsafe.SizeOf<T>() + tail.Length];
        MemoryMarshal.Write(bytes, value);
        tail.CopyTo(bytes, Unsafe.SizeOf<T>());
        return bytes;
    }

    public static byte[] Bytes(params ReadOnlySpan<string> names)
    {
        int length = 0;
        foreach (string name in names)
            length += name.Length + 1;
        byte[] bytes = new byte[length];
        int at = 0;
        foreach (string name in names)
        {
            foreach (char c in name)
                bytes[at++] = (byte)c;
            at++;
        }

        return bytes;
    }
}
