using System.Buffers.Binary;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>
/// libCacheSim's oracleGeneral format: records of 24 bytes, packed, little-endian, without a
/// header: u32 time, u64 object id, u32 size, i64 next access (-1 or the largest: none)
/// (1a1a11a/libCacheSim, traceReader/customizedReader/oracle/oracleGeneralBin.h). An access to an
/// object becomes one of <see cref="LruTraffic"/>: the id is the nodeid, the size picks a class of
/// handle length.
/// </summary>
public static class OracleGeneral
{
    public const int RecordBytes = 24;

    private const int TimeAt = 0;
    private const int ObjectIdAt = 4;
    private const int SizeAt = 12;
    private const int NextAccessAt = 16;

    /// <summary>
    /// Where ids 0 and 1 go: nodeid 0 is "no inode" and 1 the root.
    /// </summary>
    private const ulong ReservedFrom = ulong.MaxValue - FuseInodeCache.RootNodeId;

    /// <summary>
    /// Handle classes that file systems have (HANDLES.md), with the largest
    /// object size, in bytes, of each: from ext4's 8 to the longest there is.
    /// </summary>
    private static readonly HandleClass[] Classes =
    [
        new(4U << 10, 0x1, 8),
        new(16U << 10, 0x81, 12),
        new(64U << 10, 0x2, 16),
        new(256U << 10, 0x4d, 20),
        new(1U << 20, 0x82, 24),
        new(4U << 20, 0xf8, 32),
        new(16U << 20, 0xf8, 44),
        new(64U << 20, 13, 52),
        new(256U << 20, 20, 80),
        new(uint.MaxValue, 32, 128),
    ];

    /// <summary>Plays whole records into the traffic.</summary>
    /// <param name="records">A multiple of 24 bytes.</param>
    /// <param name="offset">Where they begin in the file: a multiple of 24.</param>
    /// <param name="time">Time of the record before, 0 for the first; then of the last.</param>
    /// <param name="traffic">Takes the accesses.</param>
    /// <returns>
    /// Malformed where a record cannot be one, since the format has no mark to know it by: the
    /// time goes back, or the next access to the object is not after this one.
    /// </returns>
    public static TraceError Play(
        ReadOnlySpan<byte> records, long offset, ref uint time, LruTraffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        for (; records.Length >= RecordBytes; records = records[RecordBytes..])
        {
            uint now = BinaryPrimitives.ReadUInt32LittleEndian(records[TimeAt..]);
            if (now < time)
            {
                return new TraceError(
                    TraceFault.Malformed, offset + TimeAt,
                    $"not oracleGeneral: the time goes back from {time} to {now}");
            }

            long next = BinaryPrimitives.ReadInt64LittleEndian(records[NextAccessAt..]);
            if (next > 0 && next <= offset / RecordBytes)
            {
                return new TraceError(
                    TraceFault.Malformed, offset + NextAccessAt,
                    $"not oracleGeneral: record {offset / RecordBytes} is said to be accessed "
                    + $"next at {next}");
            }

            time = now;
            ulong id = BinaryPrimitives.ReadUInt64LittleEndian(records[ObjectIdAt..]);
            if (id >= ReservedFrom)
            {
                return new TraceError(
                    TraceFault.Malformed, offset + ObjectIdAt,
                    $"object id {id} is where ids 0 and 1 are put");
            }

            uint size = BinaryPrimitives.ReadUInt32LittleEndian(records[SizeAt..]);
            HandleClass handle = ClassOf(size);
            traffic.Access(NodeIdOf(id), handle.Type, handle.Bytes);
            offset += RecordBytes;
        }

        return TraceError.None;
    }

    private static ulong NodeIdOf(ulong id) =>
        id > FuseInodeCache.RootNodeId ? id : ReservedFrom + id;

    private static HandleClass ClassOf(uint size)
    {
        int at = 0;
        while (size >= Classes[at].EndSize && at < Classes.Length - 1)
            at++;
        return Classes[at];
    }

    /// <param name="EndSize">Objects below this size, in bytes.</param>
    /// <param name="Type">Type of their handles.</param>
    /// <param name="Bytes">Length of their handles.</param>
    private readonly record struct HandleClass(uint EndSize, uint Type, int Bytes);
}
