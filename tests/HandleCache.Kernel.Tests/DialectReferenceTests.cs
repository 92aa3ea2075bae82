using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>The modelled kernel and server in each dialect, against today's protocol.</summary>
public class DialectReferenceTests
{
    public static TheoryData<string> Dialects =>
        [.. DialectList.All.Where(d => d.CarriesHandles).Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Results_and_cache_contents_are_those_of_todays_protocol(string name)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        DialectReference reference = new(new ModelKernelOptions());
        for (ulong seed = 1; seed <= 60; seed++)
            Assert.Null(Assert.Single(
                reference.Compare(DialectReference.Make(seed, 50), [dialect!])));
    }
}
