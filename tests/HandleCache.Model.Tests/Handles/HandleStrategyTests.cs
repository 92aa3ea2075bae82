using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Handles;
using Xunit;

namespace HandleCache.Model.Tests.Handles;

/// <summary>The one spelling of a storage strategy.</summary>
public sealed class HandleStrategyTests
{
    [Theory]
    [InlineData("none", HandleStrategyKind.None, 0, 0)]
    [InlineData("inline:12", HandleStrategyKind.Inline, 12, 0)]
    [InlineData("inline:0", HandleStrategyKind.Inline, 0, 0)]
    [InlineData("inline:12+cache:128", HandleStrategyKind.InlineCache, 12, 128)]
    [InlineData("inline-only:40", HandleStrategyKind.InlineOnly, 40, 0)]
    [InlineData("static:128", HandleStrategyKind.Static, 128, 0)]
    [InlineData("pointer", HandleStrategyKind.Pointer, 0, 0)]
    [InlineData("pointer-max:128", HandleStrategyKind.PointerMax, 0, 128)]
    public void Each_spelling_of_the_design_is_read_and_written_alike(
        string text, HandleStrategyKind kind, int inlineBytes, int spillBytes)
    {
        HandleStrategy strategy = HandleStrategy.Parse(text);

        Assert.Equal(kind, strategy.Kind);
        Assert.Equal(inlineBytes, strategy.InlineBytes);
        Assert.Equal(spillBytes, strategy.SpillBytes);
        Assert.Equal(text, strategy.ToString());
    }

    [Theory]
    [InlineData("", "unknown storage strategy ''")]
    [InlineData("inlined:3", "unknown storage strategy 'inlined:3'")]
    [InlineData("Inline:3", "unknown storage strategy 'Inline:3'")]
    [InlineData("inline", "'' is not a length in bytes")]
    [InlineData("inline:", "'' is not a length in bytes")]
    [InlineData("inline:-1", "'-1' is not a length in bytes")]
    [InlineData("inline:+1", "'+1' is not a length in bytes")]
    [InlineData("inline: 1", "' 1' is not a length in bytes")]
    [InlineData("inline:012", "'012' is not a length in bytes")]
    [InlineData("inline:129", "length 129 is over 128")]
    [InlineData("static:99999999999", "'99999999999' is not a length in bytes")]
    [InlineData("inline:12+cache:", "'' is not a length in bytes")]
    [InlineData("inline:12+cache:8", "cache:8 holds less than 12 bytes")]
    [InlineData("inline:0+cache:0", "cache:0 holds less than 1 bytes")]
    [InlineData("static:12+cache:128", "'12+cache:128' is not a length in bytes")]
    [InlineData("none:0", "'none' takes no length")]
    [InlineData("pointer:", "'pointer' takes no length")]
    public void A_wrong_spelling_is_refused_and_the_message_names_it(string text, string expected)
    {
        Assert.False(HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(HandleStrategy.None, strategy);
        FormatException thrown =
            Assert.Throws<FormatException>(() => HandleStrategy.Parse(text));
        Assert.Equal(error, thrown.Message);
    }

    [Fact]
    public void Every_strategy_reads_back_from_its_own_text()
    {
        Gen<HandleStrategy> any =
            from kind in Gen.Elements(Enum.GetValues<HandleStrategyKind>())
            from inlineBytes in Gen.Choose(0, 128)
            from more in Gen.Choose(0, 128)
            select Build(kind, inlineBytes, Math.Clamp(inlineBytes + more, 1, 128));

        Prop.ForAll(any.ToArbitrary(), s => HandleStrategy.Parse(s.ToString()) == s)
            .QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("none", 8, HandleStorage.None)]
    [InlineData("inline:12", 12, HandleStorage.Inline)]
    [InlineData("inline:12", 13, HandleStorage.External)]
    [InlineData("inline:12", 129, HandleStorage.Refused)]
    [InlineData("inline:12+cache:64", 64, HandleStorage.External)]
    [InlineData("inline:12+cache:64", 65, HandleStorage.Refused)]
    [InlineData("inline-only:12", 13, HandleStorage.Refused)]
    [InlineData("static:128", 128, HandleStorage.Inline)]
    [InlineData("pointer", 0, HandleStorage.Inline)]
    [InlineData("pointer", 1, HandleStorage.External)]
    [InlineData("pointer-max:128", 0, HandleStorage.External)]
    [InlineData("pointer-max:64", 65, HandleStorage.Refused)]
    public void A_handle_lies_inline_up_to_N_and_longer_ones_where_the_strategy_says(
        string text, int handleBytes, HandleStorage expected) =>
        Assert.Equal(expected, HandleStrategy.Parse(text).StorageOf(handleBytes));

    [Fact]
    public void A_length_out_of_0_to_128_cannot_be_built()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HandleStrategy.Inline(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => HandleStrategy.Static(129));
        Assert.Throws<ArgumentOutOfRangeException>(() => HandleStrategy.InlineCache(12, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => HandleStrategy.PointerMax(129));
    }

    private static HandleStrategy Build(HandleStrategyKind kind, int inlineBytes, int spill) =>
        kind switch
        {
            HandleStrategyKind.Inline => HandleStrategy.Inline(inlineBytes),
            HandleStrategyKind.InlineCache => HandleStrategy.InlineCache(inlineBytes, spill),
            HandleStrategyKind.InlineOnly => HandleStrategy.InlineOnly(inlineBytes),
            HandleStrategyKind.Static => HandleStrategy.Static(inlineBytes),
            HandleStrategyKind.Pointer => HandleStrategy.Pointer,
            HandleStrategyKind.PointerMax => HandleStrategy.PointerMax(spill),
            _ => HandleStrategy.None,
        };
}
