using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The extension record FUSE_EXT_HANDLE: fuse_ext_header, then fuse_file_handle of v3, padded to
/// 8 bytes; the header's size counts all of it. Records stand at the end of a request, and
/// total_extlen of its head counts them in units of 8 bytes (PROPOSALS.md).
/// </summary>
public static class HandleExtension
{
    private static readonly int HeadBytes = Unsafe.SizeOf<fuse_ext_header>();

    /// <summary>Bytes of the whole record; a multiple of 8.</summary>
    public static int RecordBytes(int handleBytes) =>
        FuseConstants.FUSE_REC_ALIGN(HeadBytes + OpaqueHandle.WireBytes(handleBytes));

    /// <summary>Writes a record at the start of <paramref name="destination"/>.</summary>
    public static void Write(
        Span<byte> destination, uint recordType, uint handleType, ReadOnlySpan<byte> handle)
    {
        int bytes = RecordBytes(handle.Length);
        destination[..bytes].Clear();
        MemoryMarshal.Write(
            destination, new fuse_ext_header { size = (uint)bytes, type = recordType });
        OpaqueHandle.Write(destination[HeadBytes..], handleType, handle);
    }

    /// <summary>
    /// Finds the handle among a request's extensions; records of other types are passed over.
    /// Refused: a record that is shorter than its head, not a multiple of 8 or longer than what
    /// is left, and a second handle.
    /// </summary>
    /// <param name="extensions">All records.</param>
    /// <param name="position">Where they start in the message, for errors.</param>
    /// <param name="recordType">The number of FUSE_EXT_HANDLE.</param>
    /// <param name="handle">The handle; none where there is no such record.</param>
    public static WireError Read(
        ReadOnlySpan<byte> extensions, int position, uint recordType, out FileHandle handle)
    {
        handle = default;
        bool found = false;
        int at = 0;
        while (at < extensions.Length)
        {
            ReadOnlySpan<byte> rest = extensions[at..];
            if (!MemoryMarshal.TryRead(rest, out fuse_ext_header head))
                return new WireError(WireFault.Truncated, position + at, HeadBytes, rest.Length);
            if (head.size < HeadBytes || head.size % 8 != 0 || head.size > rest.Length)
                return new WireError(WireFault.LengthLies, position + at, head.size, rest.Length);
            if (head.type == recordType)
            {
                if (found)
                    return new WireError(WireFault.BadValue, position + at, 1, 2);
                WireError fault = OpaqueHandle.Read(
                    rest[HeadBytes..(int)head.size], position + at + HeadBytes,
                    FuseConstants.MAX_HANDLE_SZ, out handle, out int used);
                if (fault.IsError)
                    return fault;
                if (FuseConstants.FUSE_REC_ALIGN(HeadBytes + used) != head.size)
                {
                    return new WireError(
                        WireFault.LengthLies, position + at, HeadBytes + used, head.size);
                }

                found = true;
            }

            at += (int)head.size;
        }

        return WireError.None;
    }
}
