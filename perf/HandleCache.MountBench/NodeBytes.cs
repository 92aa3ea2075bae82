using System.Buffers.Binary;
using System.Globalization;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.MountBench;

/// <summary>
/// What the server's table of nodes takes, by itself: a record and two indexes, by nodeid and by
/// handle, for as many inodes as were counted on the mount.
/// </summary>
internal static class NodeBytes
{
    /// <summary>A handle of tmpfs: generation, inode number in two halves.</summary>
    private const int HandleBytes = 12;

    private const uint RegularFile = FileModes.Regular;

    /// <summary>Of the table alone, in words for a row's note.</summary>
    public static string Describe(int inodes)
    {
        using InodeTable table = new(new InodeTableOptions { IndexByHandle = true });
        Span<byte> handle = stackalloc byte[HandleBytes];
        handle.Clear();
        for (uint i = 0; i < inodes; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(handle, i);
            table.Add(i + 1UL, 0, RegularFile, new FileHandle(1, handle));
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"the table of nodes alone takes {(double)table.MemoryBytes / inodes:0.0} bytes an "
                + $"inode "
            + $"at that size, of which the handle is {HandleBytes}");
    }
}
