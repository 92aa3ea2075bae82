namespace HandleCache.Model.Slab;

/// <summary>
/// A placement, with the member's name for <see cref="SlotPlacementKind.After"/>.
/// </summary>
public readonly record struct SlotPlacement(SlotPlacementKind Kind, string? Member)
{
    public static SlotPlacement End => default;

    public static SlotPlacement BestHole => new(SlotPlacementKind.BestHole, null);

    public static SlotPlacement After(string member) => new(SlotPlacementKind.After, member);

    public override string ToString() => Kind switch
    {
        SlotPlacementKind.End => "end",
        SlotPlacementKind.BestHole => "best-hole",
        _ => $"after:{Member}",
    };
}
