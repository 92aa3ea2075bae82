using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>The page of the package shows what is compiled and run.</summary>
public sealed class PageTests
{
    [Fact]
    public void The_sample_on_the_page_is_the_one_that_runs()
    {
        string page = File.ReadAllText(
            Path.Combine(SourceFolder.Root, "src", "HandleCache.Testing", "README.md"));
        string sample = File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "Outsider", "Sample.cs"));
        Assert.Contains($"```csharp\n{sample}```", page, StringComparison.Ordinal);
    }
}
