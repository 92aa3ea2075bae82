using System.Runtime.CompilerServices;

namespace HandleCache.Model.Inodes;

/// <summary>The nodeid as the key of an index.</summary>
internal readonly struct NodeIdKeys(RecordStore records) : IIndexKeys
{
    /// <summary>
    /// Every bit of the nodeid reaches every bit of the hash: servers give nodeids that count up,
    /// pointers, and inode numbers with a device in the upper bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Hash(ulong nodeId)
    {
        ulong hash = (nodeId ^ (nodeId >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return hash ^ (hash >> 33);
    }

    public ulong HashOf(uint record) => Hash(records.At(record).NodeId);

    public void HashesOf(ReadOnlySpan<uint> found, Span<ulong> hashes)
    {
        for (int i = 0; i < found.Length; i++)
            hashes[i] = records.At(found[i]).NodeId;
        foreach (ref ulong hash in hashes[..found.Length])
            hash = Hash(hash);
    }

    /// <summary>Accepts the hashed record of a nodeid.</summary>
    internal ref struct HashedMatch(RecordStore records, ulong nodeId) : IIndexMatch
    {
        /// <summary>The record that was accepted.</summary>
        internal InodeRecord Found { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IsMatch(uint record)
        {
            InodeRecord at = records.At(record);
            Found = at;
            return at.NodeId == nodeId && !at.Has(InodeState.Unhashed);
        }
    }

    /// <summary>Visits every record of a nodeid, hashed or not, accepting the n-th.</summary>
    internal struct NthMatch(RecordStore records, ulong nodeId, int skip) : IIndexMatch
    {
        private int _skip = skip;

        public bool IsMatch(uint record) =>
            records.At(record).NodeId == nodeId && _skip-- == 0;
    }
}
