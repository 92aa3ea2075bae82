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
    public void The_summary_has_its_headlines_and_counts_the_bars_of_all_rows()
    {
        string text = $"{SummaryWriter.Begin}\nold\n{SummaryWriter.End}\n";
        string notMet = Good.Replace(
            "\"met\": true", "\"met\": false, \"note\": \"why\"", StringComparison.Ordinal);
        List<ResultFile> files = [Read(notMet)];
        foreach (string headline in SummaryWriter.Headlines)
            files.Add(Read(Good.Replace("\"n\"", $"\"{headline}\"", StringComparison.Ordinal)));

        string now = SummaryWriter.Replace(text, files);

        foreach (string headline in SummaryWriter.Headlines)
            Assert.Contains($"\n| {headline} | ns | 12.3 |", now, StringComparison.Ordinal);
        Assert.DoesNotContain("| n |", now, StringComparison.Ordinal);
        Assert.Contains("\n5 of 6 bars are met;", now, StringComparison.Ordinal);
        Assert.Equal(now, SummaryWriter.Replace(now, files));
    }

    [Fact]
    public void A_headline_that_no_result_file_has_is_refused_by_name()
    {
        FormatException error = Assert.Throws<FormatException>(() => SummaryWriter.Replace(
            $"{SummaryWriter.Begin}\n{SummaryWriter.End}\n", [Read(Good)]));
        Assert.Contains(SummaryWriter.Headlines[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_note_gets_the_full_stop_that_it_lacks()
    {
        string noted = Good.Replace(
            "\"met\": true", "\"met\": true, \"note\": \"a cause\"", StringComparison.Ordinal);

        string now = TableWriter.Replace(
            $"{TableWriter.Begin}\n{TableWriter.End}\n", [Read(noted)]);

        Assert.Contains("\n- n: a cause.\n", now, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_processes_each_row_is_the_median_ones_with_the_spread_of_all()
    {
        ResultFile Of(string value, string figure) => Read(Good
            .Replace("12.345", value, StringComparison.Ordinal)
            .Replace("370.01", figure, StringComparison.Ordinal));

        ResultFile median = Processes.Median([Of("1", "7"), Of("2", "9"), Of("3", "8")]);

        ResultRow row = Assert.Single(median.Rows);
        Assert.Equal((3, 8), (row.Value, row.Figure));
        Assert.Equal([7.0, 9.0], row.Spread!);
        Assert.Contains(
            "| p / n >= 3: 8.00 (7.00 to 9.00) | met |",
            TableWriter.Replace($"{TableWriter.Begin}\n{TableWriter.End}\n", [median]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Processes_with_other_rows_are_refused_by_name()
    {
        ResultFile other = Read(Good.Replace("\"n\"", "\"m\"", StringComparison.Ordinal));
        FormatException error = Assert.Throws<FormatException>(
            () => Processes.Median([other, Read(Good)]));
        Assert.Contains("'n'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_without_the_markers_is_refused() =>
        Assert.Throws<FormatException>(() => TableWriter.Replace("no markers", []));

    [Theory]
    [InlineData("\"met\": true", "\"met\": false", "a 'note' with the cause")]
    [InlineData(", \"met\": true", "", "'bar' and 'met' go together")]
    [InlineData("\"bar\": \"p / n >= 3\", ", "", "'bar' and 'met' go together")]
    [InlineData("\"met\": true", "\"met\": true, \"spread\": [2, 1]", "the least and the most")]
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
