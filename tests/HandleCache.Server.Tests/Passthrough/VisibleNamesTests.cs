using System.Text;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>trusted.* is for CAP_SYS_ADMIN alone (xattr(7)).</summary>
public class VisibleNamesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("user.a|", "user.a|")]
    [InlineData("trusted.a|", "")]
    [InlineData("trusted.a|user.b|trusted.c|", "user.b|")]
    [InlineData("user.a|trusted.b|security.c|", "user.a|security.c|")]
    [InlineData("user.trusted.a|trusted|trusted.|", "user.trusted.a|trusted|")]
    [InlineData("user.a|trusted.without_end", "user.a|")]
    public void Trusted_names_go_and_all_others_stay_in_their_order(string names, string left)
    {
        byte[] list = Encoding.ASCII.GetBytes(names.Replace('|', '\0'));

        Assert.Equal(names.Length != left.Length, VisibleNames.HasTrusted(list));
        int bytes = VisibleNames.RemoveTrusted(list);

        Assert.Equal(left.Replace('|', '\0'), Encoding.ASCII.GetString(list, 0, bytes));
    }
}
