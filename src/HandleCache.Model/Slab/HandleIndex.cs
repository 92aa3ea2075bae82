namespace HandleCache.Model.Slab;

/// <summary>
/// How a kernel finds an inode by its handle, as far as memory goes: a link in struct fuse_inode,
/// and buckets of 8 bytes (struct hlist_head, a pointer) in a table.
/// </summary>
/// <param name="Kind">Which way.</param>
public readonly record struct HandleIndex(HandleIndexKind Kind)
{
    private const int BucketBytes = 8;

    /// <summary>Every way, the cheapest first.</summary>
    public static IReadOnlyList<HandleIndex> All { get; } =
        [.. Enum.GetValues<HandleIndexKind>().Select(kind => new HandleIndex(kind))];

    /// <summary>The spellings that are known.</summary>
    public static string KnownNames { get; } =
        string.Join(", ", All.Select(index => index.ToString()));

    /// <summary>
    /// sizeof of the link: struct rhash_head is one pointer, struct hlist_node two.
    /// </summary>
    public int NodeBytes => Kind switch
    {
        HandleIndexKind.None or HandleIndexKind.InodeHash => 0,
        HandleIndexKind.RHashTable => 8,
        HandleIndexKind.HList => 16,
        _ => throw new InvalidOperationException($"unknown index {Kind}"),
    };

    /// <summary>The link's type in C; empty where there is none.</summary>
    public string NodeType => Kind switch
    {
        HandleIndexKind.None or HandleIndexKind.InodeHash => "",
        HandleIndexKind.RHashTable => "struct rhash_head",
        HandleIndexKind.HList => "struct hlist_node",
        _ => throw new InvalidOperationException($"unknown index {Kind}"),
    };

    /// <summary>
    /// Least and most bytes of table for an inode. rhashtable doubles when it is more than 75%
    /// full, so it is 37.5% to 75% full while inodes come (lib/rhashtable.c); a table that is
    /// allocated once is taken to have as many buckets as inodes, in a power of two. The inode
    /// cache's own table (alloc_large_system_hash()) is there already.
    /// </summary>
    public (double Least, double Most) TableBytes => Kind switch
    {
        HandleIndexKind.None or HandleIndexKind.InodeHash => (0, 0),
        HandleIndexKind.RHashTable => (BucketBytes / 0.75, BucketBytes / 0.375),
        HandleIndexKind.HList => (BucketBytes, 2 * BucketBytes),
        _ => throw new InvalidOperationException($"unknown index {Kind}"),
    };

    /// <summary>Reads the one spelling.</summary>
    public static bool TryParse(string? text, out HandleIndex index)
    {
        index = All.FirstOrDefault(known => known.ToString() == text);
        return index.ToString() == text;
    }

    public override string ToString() => Kind switch
    {
        HandleIndexKind.None => "none",
        HandleIndexKind.InodeHash => "inode-hash",
        HandleIndexKind.RHashTable => "rhashtable",
        HandleIndexKind.HList => "hlist",
        _ => throw new InvalidOperationException($"unknown index {Kind}"),
    };

    /// <summary>
    /// The struct with a handle slot and the link in it: the link behind the last member, slot and
    /// link in the order that makes the smaller struct.
    /// </summary>
    /// <param name="today">The struct without either.</param>
    /// <param name="slot">Null where no handle is kept.</param>
    /// <param name="placement">Where the slot goes.</param>
    public StructLayout PlaceIn(
        StructLayout today, HandleSlotLayout? slot, SlotPlacement placement)
    {
        StructLayout withSlot = slot is { } one ? one.PlaceIn(today, placement) : today;
        if (NodeBytes == 0)
            return withSlot;
        StructLayout slotFirst = AddNode(withSlot);
        if (slot is not { } two)
            return slotFirst;
        StructLayout nodeFirst = two.PlaceIn(AddNode(today), placement);
        return nodeFirst.SizeBytes < slotFirst.SizeBytes ? nodeFirst : slotFirst;
    }

    private StructLayout AddNode(StructLayout layout)
    {
        (int bytes, string type) = (NodeBytes, NodeType);
        return StructInsertion.After(
            layout, layout.Members.Count - 1, HandleSlotLayout.PointerBytes,
            offset => new StructMember(
                "handle_node", type, "", 8L * offset, bytes, HandleSlotLayout.PointerBytes)
            {
                Added = true,
            });
    }
}

/// <summary>What finds an inode by its handle.</summary>
public enum HandleIndexKind
{
    /// <summary>Nothing: inodes are found by nodeid.</summary>
    None,

    /// <summary>
    /// iget5_locked() with a hash of the handle in the place of the nodeid's: i_hash and the inode
    /// cache's table serve, and nothing finds an inode by nodeid any more.
    /// </summary>
    InodeHash,

    /// <summary>A resizable table (linux/rhashtable.h).</summary>
    RHashTable,

    /// <summary>A table of hlist heads, allocated once.</summary>
    HList,
}
