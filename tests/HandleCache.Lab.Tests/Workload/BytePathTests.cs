using HandleCache.Lab.Workload;
using Xunit;

namespace HandleCache.Lab.Tests.Workload;

/// <summary>File names are bytes, one character each.</summary>
public sealed class BytePathTests
{
    [Fact]
    public void Every_byte_but_NUL_survives_the_way_through_a_string()
    {
        byte[] all = [.. Enumerable.Range(1, 255).Select(value => (byte)value)];
        Assert.Equal([.. all, 0], BytePath.ToBytes(BytePath.FromBytes(all)));
    }

    [Fact]
    public void Text_becomes_its_UTF8_bytes() =>
        Assert.Equal("\u00C3\u00A4", BytePath.FromText("\u00E4"));

    [Theory]
    [InlineData("a\0b")]
    [InlineData("\u0100")]
    public void What_is_no_byte_of_a_path_is_refused(string path) =>
        Assert.Throws<BadInputException>(() => BytePath.ToBytes(path));

    [Theory]
    [InlineData("", "a", "a")]
    [InlineData("a", "b", "a/b")]
    public void A_name_is_joined_to_its_directory(string directory, string name, string path) =>
        Assert.Equal(path, BytePath.Join(directory, name));
}
