using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Lab.Restart.Modelled;

namespace HandleCache.Cli.Restart;

/// <summary>`restart --model` as text of 80 columns.</summary>
internal static class RestartModelRenderer
{
    /// <summary>The table, the counterexamples, the verdict.</summary>
    public static string ToText(RestartModelResult result)
    {
        StringBuilder text = new();
        RestartModelOptions options = result.Options;
        string seed = options.Seed.ToString(CultureInfo.InvariantCulture);
        string histories = TextTable.Number(options.Histories);
        TextTable.Paragraph(
            text,
            $"Restart of the modelled world (derived): seed {seed}, {histories} random "
            + $"histories, nodeids by {Name(result.NodeIds)}{Switches(options)}. What "
            + "applications held at the crash, and what became of it:",
            0);
        text.Append("\ndialect   handle sent  handles     ")
            .Append("recovered    stale     gone  wrong lazy storm\n");
        foreach (RestartModelRow row in result.Rows)
        {
            string name = CompareTable.Short(row.Dialect, 9);
            text.Append(CultureInfo.InvariantCulture, $"{name,-9} {Sent(row),-12} ")
                .Append(CultureInfo.InvariantCulture, $"{Kind(row),-10} {row.Recovered,10} ")
                .Append(CultureInfo.InvariantCulture, $"{row.Stale,8} {row.Gone,8} ")
                .Append(CultureInfo.InvariantCulture, $"{row.WrongObject,6} ")
                .Append(CultureInfo.InvariantCulture, $"{row.LazyToFirstAnswer,4} ")
                .Append(CultureInfo.InvariantCulture, $"{row.StormToFirstAnswer,5}\n");
        }

        text.Append('\n');
        TextTable.Paragraph(
            text,
            "recovered: works; stale: refused although the object exists; gone: refused, and the "
            + "object is gone; wrong: another object answered. lazy, storm: most requests from a "
            + "restart to the first use that worked.",
            0);
        text.Append('\n');
        text.Append("dialect   handle sent  handles    requests lazily  with a storm   "
            + "refused   hung\n");
        foreach (RestartModelRow row in result.Rows)
        {
            string name = CompareTable.Short(row.Dialect, 9);
            text.Append(CultureInfo.InvariantCulture, $"{name,-9} {Sent(row),-12} ")
                .Append(CultureInfo.InvariantCulture, $"{Kind(row),-10} {row.LazyRequests,15} ")
                .Append(CultureInfo.InvariantCulture, $"{row.StormRequests,13} ")
                .Append(CultureInfo.InvariantCulture, $"{row.Refused,9} {row.Hung,6}\n");
        }

        foreach (RestartModelRow row in result.Rows.Where(r => r.Counterexample is not null))
            Tell(text, row, row.Counterexample!);
        text.Append('\n');
        TextTable.Paragraph(text, Verdict(result), 0);
        text.Append(result.Holds ? "holds\n" : "fails\n");
        return text.ToString();
    }

    private static void Tell(StringBuilder text, RestartModelRow row, Counterexample found)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{row.Dialect}, {Sent(row)}, {Kind(row)}: ")
            .Append(CultureInfo.InvariantCulture, $"wrong object in {found.Steps.Count} steps\n")
            .Append(CultureInfo.InvariantCulture, $"  store: {string.Join(", ", found.Planted)}\n");
        foreach (string step in found.Steps)
            text.Append(CultureInfo.InvariantCulture, $"  {step}\n");
        TextTable.Paragraph(text, $"  {found.Wrong}", 4);
    }

    private static string Verdict(RestartModelResult result)
    {
        long twice = result.Rows.Sum(r => r.AnsweredTwice);
        long unbalanced = result.Rows.Sum(r => r.Unbalanced);
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Rows.Sum(r => r.Restarts)} restarts, {result.WrongObject} wrong objects, "
            + $"{result.Rows.Sum(r => r.StaleAttributes)} stale attributes, "
            + $"{twice} answered twice, {unbalanced} unbalanced");
        bool areExpected = result.Rows.Any(r => r.WrongObjectExpected);
        return counts + (areExpected ? " (wrong objects are looked for)" : "");
    }

    private static string Switches(RestartModelOptions options)
    {
        IEnumerable<string> all =
        [
            .. options.Defects,
            .. options.NoParentHandle ? ["no parent handle"] : Array.Empty<string>(),
            .. options.Epoch ? ["epochs"] : Array.Empty<string>(),
        ];
        string joined = string.Join(", ", all);
        return joined.Length == 0 ? "" : $", with {joined}";
    }

    private static string Sent(RestartModelRow row) =>
        !row.CarriesHandles ? "never"
        : row.HandleInEveryRequest ? "always" : "with names";

    private static string Kind(RestartModelRow row) =>
        !row.CarriesHandles ? "none" : row.PersistentHandles ? "persistent" : "per life";

    public static string Name(NodeIdPolicy policy) =>
        policy switch
        {
            NodeIdPolicy.PerLife => "life",
            NodeIdPolicy.InodeNumber => "inode",
            NodeIdPolicy.Counter => "counter",
            _ => throw new InvalidOperationException($"unknown policy {policy}"),
        };
}
