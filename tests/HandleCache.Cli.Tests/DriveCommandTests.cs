using System.Text.Json;
using HandleCache.Lab.Tests.Drive;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`drive` on a server in C that keeps the rules but for the fault planted.</summary>
public sealed class DriveCommandTests(ToyServer toy) : IClassFixture<ToyServer>
{
    [Fact]
    public void The_document_of_a_run_without_finding_is_what_its_schema_says()
    {
        JsonElement document = Cli.Json(
            ["drive", "--scripts", "5", "--hostile", "--patience", "60", "--json", "--",
                .. toy.Command("none")]);
        Assert.Equal("match", document.GetProperty("verdict").GetString());
        Assert.NotEqual(0, document.GetProperty("hostile").GetArrayLength());
    }

    [Fact]
    public void A_finding_is_a_document_that_its_schema_describes_and_ends_with_1()
    {
        Cli.Outcome outcome = Cli.Run(
            ["drive", "--scripts", "300", "--patience", "60", "--json", "--",
                .. toy.Command("early")]);
        Assert.Equal(1, outcome.ExitCode);
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        DocumentSchema.AssertValid("drive", document.RootElement);
        Assert.Equal(
            "lookup-counts",
            document.RootElement.GetProperty("finding").GetProperty("rule").GetString());
    }
}
