using HandleCache.Model.Memory;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Searches with many nodeids in flight. Each step only starts loads whose results the next step
/// uses, so the processor waits for many cache misses at once instead of one after another. The
/// steps that touch memory are short loops of their own: the fewer instructions between two loads,
/// the more loads fit in the processor's window.
/// </summary>
public sealed partial class InodeTable
{
    private const int InFlight = 128;

    /// <summary>New nodeids whose buckets are read before they come.</summary>
    private const int Ahead = 16;

    /// <summary>
    /// <see cref="Find(ulong)"/> for each of <paramref name="nodeIds"/>; what it finds is in the
    /// processor's cache afterwards, up to the handle's first 8 bytes, or its external buffer.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="found"/> is shorter.</exception>
    public void FindMany(ReadOnlySpan<ulong> nodeIds, Span<InodeIndex> found)
    {
        if (found.Length < nodeIds.Length)
            throw new ArgumentException("no room for the results", nameof(found));
        if (Count == 0)
        {
            found[..nodeIds.Length].Clear();
            return;
        }

        while (!nodeIds.IsEmpty)
        {
            int count = Math.Min(InFlight, nodeIds.Length);
            FindBlock(nodeIds[..count], found[..count]);
            nodeIds = nodeIds[count..];
            found = found[count..];
        }
    }

    private void FindBlock(ReadOnlySpan<ulong> nodeIds, Span<InodeIndex> found)
    {
        Span<ulong> hashes = stackalloc ulong[InFlight];
        Span<uint> tagMasks = stackalloc uint[InFlight];
        Span<nint> addresses = stackalloc nint[InFlight];
        for (int i = 0; i < nodeIds.Length; i++)
        {
            hashes[i] = NodeIdKeys.Hash(nodeIds[i]);
            addresses[i] = _byNodeId.Locate(hashes[i], out tagMasks[i]);
        }

        PinnedLines.Touch(addresses[..nodeIds.Length]);
        for (int i = 0; i < nodeIds.Length; i++)
        {
            found[i] = new(SplitIndex<NodeIdKeys>.Guess(
                addresses[i], hashes[i], tagMasks[i]));
        }

        _records.Touch(found, addresses);
        for (int i = 0; i < nodeIds.Length; i++)
        {
            InodeRecord at = RecordStore.At(addresses[i]);
            if (at.NodeId == nodeIds[i] && !at.Has(InodeState.Unhashed) && !found[i].IsNone)
                continue;
            var match = new NodeIdKeys.HashedMatch(_records, nodeIds[i]);
            found[i] = new(_byNodeId.Find(hashes[i], ref match));
        }

        if (_spill.Outstanding > 0)
            TouchSpilled(addresses[..nodeIds.Length]);
    }

    /// <summary>
    /// Brings the external buffers of records, given by their addresses, and the buffers' tags into
    /// the processor's cache. What lies in a record that was only guessed is read as well as any.
    /// </summary>
    private void TouchSpilled(Span<nint> addresses)
    {
        Span<nint> tags = stackalloc nint[InFlight];
        tags = tags[..addresses.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            tags[i] = addresses[i];
            InodeRecord at = RecordStore.At(addresses[i]);
            if (at.Has(InodeState.HandleSpilled)
                && _spill.TryLocate(HandleSlot.Reference(at), out nint slot, out nint tag))
            {
                addresses[i] = slot;
                tags[i] = tag;
            }
        }

        PinnedLines.Touch(addresses);
        PinnedLines.Touch(tags);
    }

    /// <summary>
    /// Most servers count their nodeids up: the buckets in which the next ones will be looked for
    /// and listed are read together, instead of one after another by those who bring them.
    /// </summary>
    private void TouchNext(ulong nodeId)
    {
        Span<nint> addresses = stackalloc nint[Ahead];
        for (int i = 0; i < Ahead; i++)
        {
            addresses[i] = _byNodeId.Locate(
                NodeIdKeys.Hash(nodeId + 1 + (ulong)i), out _);
        }

        PinnedLines.Touch(addresses);
    }
}
