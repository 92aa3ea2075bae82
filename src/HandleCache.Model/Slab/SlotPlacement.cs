namespace HandleCache.Model.Slab;

/// <summary>
/// A placement, with the member's name for <see cref="SlotPlacementKind.After"/>.
/// </summary>
public readonly record struct SlotPlacement(SlotPlacementKind Kind, string? Member)
{
    public static SlotPlacement End => default;

    public static SlotPlacement BestHole => new(SlotPlacementKind.BestHole, null);

    public static SlotPlacement After(string member) => new(SlotPlacementKind.After, member);

    /// <summary>Reads the one spelling: <c>end</c>, <c>best-hole</c>, <c>after:MEMBER</c>.
    /// </summary>
    public static bool TryParse(string? text, out SlotPlacement placement)
    {
        const string Behind = "after:";
        string given = text ?? "";
        bool isBehind = given.StartsWith(Behind, StringComparison.Ordinal)
            && given.Length > Behind.Length;
        placement = isBehind ? After(given[Behind.Length..])
            : given == "best-hole" ? BestHole : End;
        return isBehind || given is "best-hole" or "end";
    }

    public override string ToString() => Kind switch
    {
        SlotPlacementKind.End => "end",
        SlotPlacementKind.BestHole => "best-hole",
        SlotPlacementKind.After => $"after:{Member}",
        _ => throw new InvalidOperationException($"unknown placement {Kind}"),
    };
}

/// <summary>Where in struct fuse_inode the handle slot goes.</summary>
public enum SlotPlacementKind
{
    /// <summary>Behind the last member, in the padding where there is some.</summary>
    End,

    /// <summary>Behind a named member.</summary>
    After,

    /// <summary>Wherever sizeof grows least.</summary>
    BestHole,
}
