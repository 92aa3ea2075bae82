using System.Text;
using HandleCache.Model.Mixes;
using Xunit;

namespace HandleCache.Model.Tests.Mixes;

/// <summary>A mix of handles is checked on load; an error names line and field.</summary>
public sealed class HandleMixJsonTests
{
    private const string Good = """
        {
          "schemaVersion": 1,
          "name": "two",
          "how": "measured",
          "origin": "a test",
          "lengths": [
            { "type": "0x1", "bytes": 8, "share": 0.25 },
            { "type": "0x30081", "bytes": 12, "share": 0.75 }
          ]
        }
        """;

    [Fact]
    public void A_good_mix_is_read_and_written_again_the_same()
    {
        HandleMix mix = Read(Good);
        Assert.Equal(
            [new HandleShare(0x1, 8, 0.25), new HandleShare(0x30081, 12, 0.75)], mix.Lengths);
        Assert.Equal(12, mix.LongestBytes);
        HandleMix again = Read(Encoding.UTF8.GetString(HandleMixJson.Write(
            mix with { Objects = 7, Connectable = mix.Lengths })));
        Assert.Equal(mix.Lengths, again.Lengths);
        Assert.Equal(mix.Lengths, again.Connectable);
        Assert.Equal(7, again.Objects);
    }

    [Theory]
    [InlineData("\"share\": 0.75", "\"share\": 0.7",
        "line 6, field 'lengths': the shares add up to 0.95, not 1")]
    [InlineData("\"bytes\": 12", "\"bytes\": 132",
        "line 8, field 'lengths[1].bytes': expected an integer 0..128, found 132")]
    [InlineData("\"bytes\": 8", "\"bytes\": -4",
        "line 7, field 'lengths[0].bytes': expected an integer 0..128, found -4")]
    [InlineData("\"share\": 0.25", "\"share\": 1.25",
        "line 7, field 'lengths[0].share': expected a number 0..1, found 1.25")]
    [InlineData("\"0x1\"", "\"1\"", "line 7, field 'lengths[0].type': expected 0x and")]
    [InlineData("\"how\": \"measured\"", "\"how\": \"guessed\"",
        "line 4, field 'how': expected measured or derived, found 'guessed'")]
    [InlineData("\"bytes\": 8, ", "", "line 7, field 'lengths[0].bytes': missing")]
    [InlineData("\"origin\"", "\"orgin\"", "line 1, field 'origin': missing")]
    [InlineData("\"bytes\": 8,", "\"bytes\": 8, \"count\": 3,",
        "line 7, field 'lengths[0].count': unknown field")]
    [InlineData("\"schemaVersion\": 1,", "\"schemaVersion\": 1",
        "line 3, column 3: not JSON")]
    public void A_spoilt_mix_is_refused_by_line_and_field(
        string from, string to, string expected)
    {
        string spoilt = Good.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Good, spoilt);
        Assert.False(HandleMixJson.TryParse(
            Encoding.UTF8.GetBytes(spoilt), out HandleMix? mix, out string? error));
        Assert.Null(mix);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mix_without_lengths_is_refused()
    {
        int from = Good.IndexOf('[', StringComparison.Ordinal);
        string empty = Good[..from] + "[]\n}";
        Assert.False(HandleMixJson.TryParse(Encoding.UTF8.GetBytes(empty), out _, out string? e));
        Assert.Equal("line 6, field 'lengths': a mix has at least one length", e);
    }

    [Fact]
    public void Objects_are_spread_so_that_every_row_has_its_share_at_any_time()
    {
        HandleMix mix = Read(Good);
        int small = 0;
        int all = 0;
        foreach (HandleShare row in mix.Spread(1000))
        {
            all++;
            small += row.Bytes == 8 ? 1 : 0;
            Assert.InRange(small - (0.25 * all), -1.0, 1.0);
        }

        Assert.Equal((250, 1000), (small, all));
    }

    private static HandleMix Read(string json)
    {
        bool ok = HandleMixJson.TryParse(
            Encoding.UTF8.GetBytes(json), out HandleMix? mix, out string? error);
        Assert.True(ok, error);
        return mix!;
    }
}
