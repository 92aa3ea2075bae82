using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>A struct with a handle slot added, as a compiler would lay it out.</summary>
public sealed class StructLayoutTests
{
    // u64 a; u16 b; <6 bytes hole> void *c; u8 d; <7 bytes padding>
    private static readonly StructLayout Holed = new("holed", 32,
    [
        new("a", "u64", "", 0, 8, 8),
        new("b", "u16", "", 64, 2, 2),
        new("c", "void *", "", 128, 8, 8),
        new("d", "u8", "", 192, 1, 1),
    ]);

    [Fact]
    public void Holes_and_padding_are_found()
    {
        Assert.Equal(
            [new StructHole(1, 80, 48), new StructHole(3, 200, 56)], Holed.Holes());
        Assert.Equal(25, Holed.UsedBytes);
        Assert.Equal(8, Holed.AlignBytes);
    }

    [Fact]
    public void The_6_18_fuse_inode_has_the_holes_of_the_fact_file_and_7_bytes_of_padding()
    {
        // Holes 654-655 and 820-823 with an inode of 616; here it is 608, and dax closes the
        // second hole's place by 8: 646-647 and 812-815.
        StructLayout layout = Kernels.Load("6.18").FuseInodeLayout();
        Assert.Equal([646, 812, 841], layout.Holes().Select(h => (int)(h.BitOffset / 8)));
        Assert.Equal([2, 4, 7], layout.Holes().Select(h => h.WholeBytes));
        Assert.Null(layout.Validate());
    }

    [Theory]
    [InlineData("end", 0, 28, 32)]
    [InlineData("end", 4, 28, 40)]
    [InlineData("b", 0, 12, 32)]
    [InlineData("b", 4, 12, 40)]
    [InlineData("a", 4, 8, 40)]
    [InlineData("best", 0, 12, 32)]
    [InlineData("best", 4, 28, 40)]
    public void A_slot_goes_to_the_next_aligned_offset_and_the_rest_moves(
        string where, int inline, int offset, int size)
    {
        // 4 + 4 bytes fit neither in the hole's 4 aligned bytes nor in the padding's: all places
        // cost 8, and the end wins.
        SlotPlacement placement = where switch
        {
            "end" => SlotPlacement.End,
            "best" => SlotPlacement.BestHole,
            _ => SlotPlacement.After(where),
        };
        HandleSlotLayout slot = new(default, inline, false, false);
        StructLayout placed = slot.PlaceIn(Holed, placement);
        StructMember handle = placed.Members.Single(m => m.Added);
        Assert.Equal(offset, handle.OffsetBytes);
        Assert.Equal(size, placed.SizeBytes);
        Assert.Null(placed.Validate());
    }

    [Fact]
    public void Members_behind_the_slot_keep_their_alignment()
    {
        HandleSlotLayout slot = new(default, 12, false, false);
        StructLayout placed = slot.PlaceIn(Holed, SlotPlacement.After("a"));
        Assert.Equal([0, 8, 24, 32, 40], placed.Members.Select(m => m.OffsetBytes));
        Assert.Equal(48, placed.SizeBytes);
    }

    [Fact]
    public void A_larger_alignment_that_a_hole_betrays_is_kept()
    {
        StructLayout aligned = new("aligned", 128,
        [
            new("a", "int", "", 0, 4, 4),
            new("b", "int", "", 512, 4, 4),
        ]);
        Assert.Equal(64, aligned.AlignBytes);
        StructLayout placed = new HandleSlotLayout(default, 60, false, false)
            .PlaceIn(aligned, SlotPlacement.After("a"));
        Assert.Equal([0, 4, 128], placed.Members.Select(m => m.OffsetBytes));
        Assert.Equal(192, placed.SizeBytes);
    }

    [Fact]
    public void A_slot_never_parts_a_run_of_bit_fields()
    {
        StructLayout bits = new("bits", 8,
        [
            new("x", "u32", "", 0, 4, 4) { BitFieldBits = 3 },
            new("y", "u32", "", 3, 4, 4) { BitFieldBits = 5 },
            new("z", "u32", "", 32, 4, 4),
        ]);
        StructLayout placed = new HandleSlotLayout(default, 4, false, false)
            .PlaceIn(bits, SlotPlacement.After("x"));
        Assert.Equal(["x", "y", "handle", "z"], placed.Members.Select(m => m.Name));
        Assert.Equal([0, 3, 32, 96], placed.Members.Select(m => m.BitOffset));
        Assert.Equal(16, placed.SizeBytes);
    }

    [Theory]
    [InlineData(844, 0, 8, 848)]
    [InlineData(844, 40, 40, 848)]
    [InlineData(848, 0, 12, 856)]
    [InlineData(848, 12, 12, 856)]
    public void The_buffer_has_room_for_the_aligned_reference_as_fanotifys_has(
        int offset, int inline, int buffer, int reference)
    {
        HandleSlotLayout slot = HandleSlotLayout.Of(HandleStrategy.Inline(inline), default)!.Value;
        Assert.Equal(buffer, slot.BufferBytes(offset));
        Assert.Equal(reference, slot.ReferenceOffset(offset));
    }

    [Fact]
    public void A_placement_behind_no_member_is_refused()
    {
        HandleSlotLayout slot = new(default, 4, false, false);
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => slot.PlaceIn(Holed, SlotPlacement.After("nosuch")));
        Assert.Contains("struct holed has no member 'nosuch'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_placement_keeps_order_and_alignment_and_best_is_never_worse()
    {
        StructLayout today = Kernels.Load("6.18").FuseInodeLayout();
        Gen<(HandleHeaderKind, int, int, bool)> any =
            from kind in Gen.Elements(Enum.GetValues<HandleHeaderKind>())
            from inline in Gen.Choose(0, 128)
            from after in Gen.Choose(0, today.Members.Count - 1)
            from reference in Gen.Elements(true, false)
            select (kind, inline, after, reference);
        Prop.ForAll(any.ToArbitrary(), x =>
        {
            (HandleHeaderKind kind, int inline, int after, bool reference) = x;
            HandleSlotLayout slot = new(new HandleHeader(kind), inline, false, reference);
            string name = today.Members[after].Name;
            StructLayout placed = slot.PlaceIn(
                today, name.Length == 0 ? SlotPlacement.End : SlotPlacement.After(name));
            StructLayout best = slot.PlaceIn(today, SlotPlacement.BestHole);
            return placed.Validate() is null
                && best.Validate() is null
                && best.SizeBytes <= placed.SizeBytes
                && placed.Members.Count == today.Members.Count + 1
                && placed.Members.All(m => m.OffsetBytes % m.AlignBytes == 0)
                && placed.SizeBytes % 8 == 0;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_steps_of_6_18_begin_where_the_slot_outgrows_its_cache_line()
    {
        // Header at 844, so inline length = growth of sizeof: 0-40, 41-104, 105-168.
        IReadOnlyList<InodeStep> steps =
            InodeSteps.Of(Kernels.Load("6.18"), default, SlotPlacement.End);
        Assert.Equal(
            [(0, 40), (41, 104), (105, 160)],
            steps.Select(s => (s.FromInlineBytes, s.ToInlineBytes)));
        Kernels.AssertBytes(0, steps[0].DeltaBytes, "first step");
        Kernels.AssertBytes(54.18, steps[1].DeltaBytes, "second step");
        Kernels.AssertBytes(110.94, steps[2].DeltaBytes, "third step");
        Assert.Equal("fits the free tail", steps[0].Reason);
        Assert.Equal("slot 896->960, objects 18->17", steps[1].Reason);
        Assert.Equal(
            "slot 960->1024, objects 17->16, vector kmalloc-192->kmalloc-128", steps[2].Reason);
    }

    [Fact]
    public void The_steps_of_7_0_say_where_the_vector_goes()
    {
        // The last member ends at 841, so that N bytes behind a header of 4 end at 848 + N.
        IReadOnlyList<InodeStep> steps =
            InodeSteps.Of(Kernels.Load("7.0"), default, SlotPlacement.End);
        Assert.Equal(
            [(0, 40), (41, 96), (97, 104), (105, 160)],
            steps.Select(s => (s.FromInlineBytes, s.ToInlineBytes)));
        Assert.Equal("slot 896->960, objects 18->17, vector leftover->padding", steps[1].Reason);
        Assert.Equal("vector padding->kmalloc-192", steps[2].Reason);
    }
}
