using HandleCache.Protocol.Dialects;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Dialects;

/// <summary>
/// No overhead where a side did not opt in (T5 of the thread): the traffic is today's, byte for
/// byte, the answer to INIT included.
/// </summary>
public sealed class DeclinedOfferTests
{
    public static TheoryData<string> Names() => new(DialectList.All.Select(d => d.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_server_whose_kernel_does_not_offer_its_dialect_sends_todays_bytes(string name)
    {
        Assert.Equal(Classic(), Talk(Named(name), offered: null));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_server_that_does_not_take_the_kernels_offer_sends_todays_bytes(string name)
    {
        Assert.Equal(Classic(), Talk(Dialect.Classic, offered: Named(name)));
    }

    [Fact]
    public void A_dialect_that_both_sides_want_changes_the_bytes()
    {
        Assert.NotEqual(Classic(), Talk(Dialect.V2, offered: Dialect.V2));
    }

    private static List<string> Classic() => Talk(Dialect.Classic, offered: null);

    private static List<string> Talk(Dialect spoken, Dialect? offered)
    {
        using IScriptServer server = KernelTalk.NewServer();
        return KernelTalk.Run(server, new SessionOptions { Dialect = spoken }, offered);
    }

    private static Dialect Named(string name) => DialectList.All.Single(d => d.Name == name);
}
