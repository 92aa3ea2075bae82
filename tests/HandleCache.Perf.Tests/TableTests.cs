using HandleCache.Bars.Table;
using Xunit;

namespace HandleCache.Perf.Tests;

public sealed class TableTests
{
    private const string Good = """
        {
          "title": "T", "order": 1, "command": "perf/run quick t", "mode": "quick",
          "date": "2025-01-31T12:00:00Z",
          "machine": { "cpu": "C", "cores": 2, "memoryGiB": 23, "kernel": "6.18" },
          "rows": [
            { "name": "n", "unit": "ns", "value": 12.345,
              "peers": [{ "name": "p", "value": 4567.8 }],
              "bar": "p / n >= 3", "figure": 370.01, "met": true }
          ]
        }
        """;

    [Fact]
    public void A_table_takes_the_place_of_what_is_between_its_markers()
    {
        string text = $"before\n{TableWriter.Begin}\nold\n{TableWriter.End}\nafter\n";

        string now = TableWriter.Replace(text, [Read(Good)]);

        Assert.StartsWith($"before\n{TableWriter.Begin}\n", now, StringComparison.Ordinal);
        Assert.EndsWith($"\n{TableWriter.End}\nafter\n", now, StringComparison.Ordinal);
        Assert.DoesNotContain("old", now, StringComparison.Ordinal);
        Assert.Contains(
            "| n | ns | 12.3 | p 4,568 | p / n >= 3: 370 | met |\n", now,
            StringComparison.Ordinal);
        Assert.Equal(now, TableWriter.Replace(now, [Read(Good)]));
    }

    [Fact]
    public void A_text_without_the_markers_is_refused() =>
        Assert.Throws<FormatException>(() => TableWriter.Replace("no markers", []));

    [Theory]
    [InlineData("\"met\": true", "\"met\": false", "a 'note' with the cause")]
    [InlineData(", \"met\": true", "", "'bar' and 'met' go together")]
    [InlineData("\"bar\": \"p / n >= 3\", ", "", "'bar' and 'met' go together")]
    [InlineData("\"unit\"", "\"units\"", "units")]
    [InlineData("\"title\": \"T\", ", "", "title")]
    [InlineData("\"rows\"", "\"schemaVersion\": 2, \"rows\"", "schemaVersion 1")]
    [InlineData("}", "", "")]
    public void A_result_file_that_breaks_a_rule_is_refused_by_name(
        string part, string instead, string reason)
    {
        FormatException error = Assert.Throws<FormatException>(
            () => Read(Good.Replace(part, instead, StringComparison.Ordinal)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_file_is_read_as_it_was_written()
    {
        string path = Path.GetTempFileName();
        try
        {
            ResultFile file = Read(Good);
            file.Write(path);
            ResultFile again = ResultFile.Read(path);
            Assert.Equal(file.Rows[0] with { Peers = [] }, again.Rows[0] with { Peers = [] });
            Assert.Equal(file.Rows[0].Peers, again.Rows[0].Peers);
            Assert.Equal(file.Machine, again.Machine);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ResultFile Read(string json)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            return ResultFile.Read(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
