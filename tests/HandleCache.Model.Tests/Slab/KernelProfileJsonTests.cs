using System.Text;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>Kernel profiles are checked on load, and an error names the field.</summary>
public sealed class KernelProfileJsonTests
{
    [Theory]
    [InlineData("5.10", 600, 824)]
    [InlineData("6.1", 632, 824)]
    [InlineData("6.12", 624, 864)]
    [InlineData("6.18", 608, 848)]
    [InlineData("6.19", 608, 848)]
    [InlineData("7.0", 608, 848)]
    [InlineData("7.3", 560, 792)]
    public void A_shipped_profile_holds_the_fact_files_sizes(string name, int inode, int fuseInode)
    {
        KernelProfile kernel = Kernels.Load(name);
        Assert.Equal(name, kernel.Name);
        Assert.Equal(name, kernel.Version.ToString());
        Assert.Equal(inode, kernel.InodeBytes);
        Assert.Equal(fuseInode, kernel.FuseInodeBytes);
        Assert.Equal(24, kernel.ForgetLinkBytes);
        Assert.NotEmpty(kernel.Sources);
    }

    [Theory]
    [InlineData("\"schemaVersion\": 1", "\"schemaVersion\": 2",
        "field 'schemaVersion': expected an integer 1..1, found 2")]
    [InlineData("\"name\": \"6.18\",", "", "field 'name': missing")]
    [InlineData("\"name\": \"6.18\"", "\"name\": 6.18",
        "field 'name': expected a text that is not empty, found 6.18")]
    [InlineData("\"release\": \"6.18.15", "\"release\": \"six.18.15", "field 'release': does not")]
    [InlineData("\"pageBytes\": 4096", "\"pageBytes\": 5000", "field 'pageBytes': 5000 is not a")]
    [InlineData("\"presentCpus\": 2,\n  \"slab", "\"presentCpus\": 0,\n  \"slab",
        "field 'presentCpus': expected an integer 1..8192, found 0")]
    [InlineData("\"memcg\": true", "\"memcg\": 1",
        "field 'memcg': expected true or false, found 1")]
    [InlineData("\"memcg\": true", "\"memgc\": true", "field 'memgc': unknown field")]
    [InlineData("\"inode\": { \"sizeBytes\": 608 }", "\"inode\": 608",
        "field 'structs.inode': expected an object")]
    [InlineData("\"sizeBytes\": 848", "\"sizeBytes\": 84.8",
        "field 'structs.fuse_inode.sizeBytes': expected an integer 8..65536, found 84.8")]
    [InlineData("\"usedBytes\": 841", "\"usedBytes\": 840",
        "field 'structs.fuse_inode.usedBytes': 840 is not where the members end, 841")]
    [InlineData("\"offsetBytes\": 608,", "\"offsetBytes\": 6080,",
        "field 'structs.fuse_inode.members': member 'nodeid' ends after")]
    [InlineData("\"sizeBytes\": 608, \"alignBytes\": 8", "\"sizeBytes\": 608, \"alignBytes\": 3",
        "field 'structs.fuse_inode.members[0].alignBytes': 3 is not a power of two")]
    [InlineData("\"order\": 1", "\"order\": 99",
        "field 'measured[0].order': expected an integer 0..10, found 99")]
    [InlineData("\"how\": \"measured\"", "\"how\": \"guessed\"",
        "field 'sources[0].how': expected measured or derived, found 'guessed'")]
    [InlineData("{\n  \"schemaVersion\"", "{\n  schemaVersion", "line 2, column 3: not JSON")]
    [InlineData("\"memcg\": true", "\"memcg\": true, \"memcg\": true", "not JSON")]
    public void A_spoilt_profile_is_refused_and_the_field_named(
        string good, string bad, string expected)
    {
        string text = Kernels.Text("6.18");
        int at = text.IndexOf(good, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the profile no longer holds {good}");
        string spoilt = text[..at] + bad + text[(at + good.Length)..];

        Assert.False(KernelProfileJson.TryParse(
            Encoding.UTF8.GetBytes(spoilt), out KernelProfile? profile, out string? error));
        Assert.Null(profile);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_of_a_profile_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Kernels.Text("7.3").TrimEnd());
        for (int length = 0; length < whole.Length; length++)
        {
            bool ok = KernelProfileJson.TryParse(whole.AsSpan(0, length), out _, out string? error);
            Assert.False(ok, $"{length} of {whole.Length} bytes were taken for a profile");
            Assert.False(string.IsNullOrEmpty(error));
        }
    }

    [Theory]
    [InlineData("6.18.44-fc", true, 6, 18)]
    [InlineData("5.10", true, 5, 10)]
    [InlineData("7.3-rc4", true, 7, 3)]
    [InlineData("6", false, 0, 0)]
    [InlineData("6.", false, 0, 0)]
    [InlineData(".1", false, 0, 0)]
    [InlineData("v6.1", false, 0, 0)]
    public void A_release_begins_with_two_numbers(string text, bool ok, int major, int minor)
    {
        Assert.Equal(ok, KernelVersion.TryParse(text, out KernelVersion version));
        Assert.Equal(new KernelVersion(major, minor), version);
    }
}
