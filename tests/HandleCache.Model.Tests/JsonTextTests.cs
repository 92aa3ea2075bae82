using System.Text.Json;
using HandleCache.Model.Json;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests;

/// <summary>Bytes that are no JSON, or no text, are a message with line and column.</summary>
public class JsonTextTests
{
    public static TheoryData<byte[], string> Broken() => new()
    {
        { [], "line 1, column 1: not JSON: " },
        { [.. "{"u8], "line 1, column 2: not JSON: " },
        { [.. "{\n\"a\": }"u8], "line 2, column 6: not JSON: " },
        { [.. "{\"a\": 1\n\"b\": 2}"u8], "line 2, column 1: not JSON: '\"' is invalid after" },
        { [.. "{\n \"a\": \""u8, 0xff, .. "\"}"u8], "line 2, column 8: not UTF-8 (0xff)" },
        { [0xc3], "line 1, column 1: not UTF-8 (0xc3)" },
        { [.. "\"\n\n"u8, 0xed, 0xa0, 0x80], "line 3, column 1: not UTF-8 (0xed)" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_document_that_cannot_be_read_says_where(byte[] utf8, string message)
    {
        using JsonDocument? document = JsonText.TryParse(utf8, out string? error);

        Assert.Null(document);
        Assert.StartsWith(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Letters_beyond_ascii_are_text()
    {
        using JsonDocument? document =
            JsonText.TryParse([.. "{\"a\": \""u8, 0xc3, 0xa9, .. "\"}"u8], out string? error);

        Assert.Null(error);
        Assert.Equal("\u00e9", document!.RootElement.GetProperty("a").GetString());
    }

    /// <summary>Each byte of a good file in turn becomes one that no text has.</summary>
    [Fact]
    public void No_byte_that_is_no_text_gets_through_a_profile_or_a_mix()
    {
        byte[] mix = [.. """
            {"schemaVersion": 1, "name": "m", "how": "measured", "origin": "o",
             "lengths": [{"type": "0x1", "bytes": 8, "share": 1}]}
            """u8];
        Assert.True(HandleMixJson.TryParse(mix, out _, out _));
        for (int at = 0; at < mix.Length; at++)
        {
            byte[] broken = [.. mix];
            broken[at] = 0xff;
            Assert.False(HandleMixJson.TryParse(broken, out _, out string? error));
            Assert.Contains("not UTF-8", error, StringComparison.Ordinal);
            Assert.False(KernelProfileJson.TryParse(broken, out _, out error));
            Assert.Contains("not UTF-8", error, StringComparison.Ordinal);
        }
    }
}
