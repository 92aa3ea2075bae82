using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Protocol.Tests.Dialects;

public class DialectListTests
{
    [Fact]
    public void The_dialects_are_those_of_the_design() =>
        Assert.Equal(
            ["classic", "thread", "v2", "v3", "fusex"], DialectList.All.Select(d => d.Name));

    [Fact]
    public void An_unknown_name_is_told_the_known_ones()
    {
        Assert.False(DialectList.TryParse("v4", out _, out string? error));
        Assert.Equal("unknown dialect 'v4'; known: classic, thread, v2, v3, fusex", error);
        Assert.False(DialectList.TryParseDefect("v9-none", out _, out error));
        Assert.StartsWith("unknown defect 'v9-none'; known: v1-truncate-too-long, ", error);
    }

    [Fact]
    public void A_defect_of_another_dialect_is_refused()
    {
        Assert.False(DialectList.TryCreate(
            "v3", new() { Defects = [DialectDefect.V2RefuseLongest] }, out _, out string? error));
        Assert.Equal("defect 'v2-refuse-longest' belongs to dialect v2, not to v3", error);
    }

    [Fact]
    public void No_dialect_has_a_defect_unless_it_is_asked_for()
    {
        Assert.All(DialectList.All, d => Assert.Empty(d.Options.Defects));
        foreach (DialectDefect defect in DialectDefect.All)
        {
            Assert.True(DialectList.TryCreate(
                defect.Dialect, new() { Defects = [defect] }, out Dialect? dialect, out _));
            Assert.Equal([defect], DialectDefect.All.Where(dialect.Has));
            Assert.True(DialectList.TryParseDefect(defect.Name, out DialectDefect? same, out _));
            Assert.Equal(defect, same);
        }
    }

    /// <summary>ABI.md, proposed numbers.</summary>
    [Theory]
    [InlineData("v2", "7.46 bit 43, thread bit 43, v3 bit 43, famfs bit 43, "
        + "thread opcode 54, v3 opcode 54, fusex opcode 54, famfs opcode 54")]
    [InlineData("fusex", "thread opcode 54, v2 opcode 54, v3 opcode 54, famfs opcode 54, "
        + "v3 opcode 55, famfs opcode 55, v3 opcode 56")]
    [InlineData("classic", "")]
    public void The_rivals_of_a_dialect_are_those_who_claim_one_of_its_numbers(
        string name, string rivals)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        Assert.Equal(rivals, string.Join(", ", NumberClaim.RivalsOf(dialect).Select(claim =>
            $"{claim.Claimant} {(claim.Kind == NumberKind.InitBit ? "bit" : "opcode")} "
            + $"{claim.Number}")));
    }
}
