using System.Text;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// Known faults: each one shows in what the model says or sends, and none by default.
/// </summary>
public sealed class ModelFaultTests
{
    private const uint Regular = FileModes.Regular;

    public static TheoryData<string> Names =>
        [.. ModelFault.All.Select(fault => fault.Name)];

    [Fact]
    public void Names_are_kebab_case_and_unique_and_every_fault_says_what_it_does()
    {
        Assert.Equal(
            ModelFault.All.Count, ModelFault.All.Select(fault => fault.Name).Distinct().Count());
        Assert.All(ModelFault.All, fault => Assert.Matches("^[a-z]+(-[a-z]+)+$", fault.Name));
        Assert.All(ModelFault.All, fault => Assert.InRange(fault.Description.Length, 10, 72));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones_listed()
    {
        Assert.False(ModelFaults.TryParse("lose-nlookups", out _, out string? error));
        Assert.StartsWith("unknown fault 'lose-nlookups'; known: lose-nlookup, ", error);
        Assert.True(ModelFaults.TryParse("lose-nlookup", out ModelFaults? faults, out _));
        Assert.True(faults.Has(ModelFault.LoseNLookup));
        Assert.False(faults.Has(ModelFault.SkipType));
        Assert.Equal("lose-nlookup", faults.ToString());
    }

    [Fact]
    public void Two_caches_without_faults_say_the_same() =>
        Assert.Equal(Story(ModelFaults.None), Story(ModelFaults.None));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_fault_changes_what_the_cache_says_or_sends(string name)
    {
        Assert.True(ModelFaults.TryParse(name, out ModelFaults? faults, out _));

        Assert.NotEqual(Story(ModelFaults.None), Story(faults));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_fault_breaks_the_structures_themselves(string name)
    {
        Assert.True(ModelFaults.TryParse(name, out ModelFaults? faults, out _));
        using var cache = new FuseInodeCache(new() { Faults = faults });

        Run(cache, new StringBuilder());

        Assert.Empty(cache.Validate());
    }

    private static string Story(ModelFaults faults)
    {
        using var cache = new FuseInodeCache(new() { Faults = faults });
        var story = new StringBuilder();
        Run(cache, story);
        return story.ToString();
    }

    /// <summary>
    /// Igets with every kind of difference, evictions, and forgets from the wire.
    /// </summary>
    private static void Run(FuseInodeCache cache, StringBuilder story)
    {
        for (int i = 0; i < 400; i++)
        {
            ulong nodeId = 10 + ((ulong)i % 40);
            uint type = i % 97 == 96 ? 0x4000 : Regular;
            byte[] handle = HandleBytes.Of(nodeId + (ulong)(i / 150), 8 + (16 * ((i % 40) / 20)));
            IGetResult result = cache.IGet(
                nodeId, (ulong)(i / 90), type, new FileHandle(0x81, handle));
            story.Append(result.Outcome).Append(cache.Held(nodeId)).Append(' ');
        }

        for (ulong nodeId = 10; nodeId < 50; nodeId++)
        {
            InodeInfo inode = cache.Get(cache.Find(nodeId));
            story.Append(Convert.ToHexString(inode.Handle.Bytes)).Append(' ');
            if (nodeId % 2 == 0)
                cache.Evict(cache.Find(nodeId));
            else
                story.Append(cache.ForgetFromWire(nodeId, cache.Held(nodeId))).Append(' ');
        }

        var entries = new ForgetEntry[100];
        while (cache.Forgets.Count > 0)
        {
            int count = cache.Forgets.Read(45, 8192, entries);
            story.AppendJoin(' ', entries.Take(count)).AppendLine();
        }

        story.Append(cache.Count);
    }
}
