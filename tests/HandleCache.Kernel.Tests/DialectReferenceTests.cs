using HandleCache.Lab.Designs;
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
        Compare(dialect!);
    }

    /// <summary>With the handle that fusex announces, and without as it was posted.</summary>
    [Theory]
    [InlineData("fusex-april", 0)]
    [InlineData("fusex-compound", 0)]
    [InlineData("fusex-compound", 124)]
    public void Designs_that_are_no_listed_dialect_give_them_too(string name, int maximum) =>
        Compare((DesignFiles.Load(name).Wire with { MaxHandleBytes = maximum })
            .WithoutDefects().ToDialect());

    private static void Compare(Dialect dialect)
    {
        DialectReference reference = new(new ModelKernelOptions());
        for (ulong seed = 1; seed <= 60; seed++)
            Assert.Null(Assert.Single(
                reference.Compare(DialectReference.Make(seed, 50), [dialect])));
    }
}
