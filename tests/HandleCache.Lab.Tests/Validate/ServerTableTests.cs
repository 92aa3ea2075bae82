using HandleCache.Lab.Validate;
using Xunit;
using Counted = HandleCache.Lab.Validate.ServerTablePhase.Counted;

namespace HandleCache.Lab.Tests.Validate;

/// <summary>The server's table beside what the kernel was given: nodeids 5 and 6.</summary>
public sealed class ServerTableTests
{
    private static readonly Counted[] Given = [new(5, 2), new(6, 1)];

    [Fact]
    public void Equal_tables_do_not_differ() =>
        Assert.Null(ServerTablePhase.Difference(Given, n => n == 5 ? 2ul : 1, 2));

    [Fact]
    public void A_lookup_that_the_server_has_not_counted_is_named() => Assert.Equal(
        "the kernel was given 2 lookups of nodeid 5, the server has counted 1",
        ServerTablePhase.Difference(Given, _ => 1, 2));

    [Fact]
    public void A_forget_that_the_server_has_ignored_leaves_a_node_too_many() => Assert.Equal(
        "the kernel has 2 nodeids, the server counts lookups of 3",
        ServerTablePhase.Difference(Given, n => n == 5 ? 2ul : 1, 3));
}
