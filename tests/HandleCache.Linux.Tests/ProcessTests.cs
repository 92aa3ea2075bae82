using System.Diagnostics;
using Xunit;

namespace HandleCache.Linux.Tests;

/// <summary>Who has started whom.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void A_child_is_one_of_its_parent_until_it_has_ended()
    {
        using Process child = Process.Start("sleep", "1000");
        try
        {
            Assert.Contains(child.Id, Processes.ChildrenOf(Environment.ProcessId));
            Assert.Empty(Processes.ChildrenOf(child.Id));
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }

        Assert.DoesNotContain(child.Id, Processes.ChildrenOf(Environment.ProcessId));
    }
}
