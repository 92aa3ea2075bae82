using HandleCache.Model.Handles;
using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>The file handle as the key of an index.</summary>
internal readonly struct HandleKeys(RecordStore records, HandleSlot slot, SpillPool pool)
    : IIndexKeys
{
    public ulong HashOf(uint record) =>
        Read(records.At(record)).Hash64();

    public void HashesOf(ReadOnlySpan<uint> found, Span<ulong> hashes)
    {
        for (int i = 0; i < found.Length; i++)
            hashes[i] = HashOf(found[i]);
    }

    private FileHandle Read(InodeRecord at) => slot.Read(at, pool);

    /// <summary>Accepts a hashed record that holds just this handle.</summary>
    internal readonly ref struct HashedMatch(
        RecordStore records, HandleSlot slot, SpillPool pool, FileHandle handle) : IIndexMatch
    {
        private readonly FileHandle _handle = handle;

        public bool IsMatch(uint record)
        {
            InodeRecord at = records.At(record);
            return !at.Has(InodeState.Unhashed)
                && slot.Matches(at, _handle, pool);
        }
    }
}
