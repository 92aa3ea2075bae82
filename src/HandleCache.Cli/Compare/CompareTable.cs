using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;

namespace HandleCache.Cli.Compare;

/// <summary>The figures of `compare`, one line per figure, one column per dialect.</summary>
internal static class CompareTable
{
    public sealed record Line(string Name, IReadOnlyList<string> Cells);

    public sealed record Group(string Title, IReadOnlyList<Line> Lines);

    public static IReadOnlyList<Group> Of(CompareRequest request, CompareResult result)
    {
        Line Row(string name, Func<DialectRow, string> cell) =>
            new(name, [.. result.Rows.Select(cell)]);
        IEnumerable<Line> Operations(Func<OperationRow, string> cell) =>
            result.Rows[0].Operations.Select((operation, i) =>
                Row(NameOf(operation), row => cell(row.Operations[i])));
        List<Line> listings = [];
        for (int i = 0; i < result.Rows[0].Listings.Count; i++)
        {
            int at = i;
            int kib = result.Rows[0].Listings[i].BufferBytes / 1024;
            listings.Add(
                Row($"entries per {kib} KiB", r => Whole(r.Listings[at].EntriesPerBuffer)));
            listings.Add(Row($"READDIRPLUS, {kib} KiB", r => Whole(r.Listings[at].RoundTrips)));
            listings.Add(
                Row($"reply KiB, {kib} KiB", r => Whole(r.Listings[at].ReplyBytes / 1024)));
            listings.Add(
                Row($"ls -l requests, {kib} KiB", r => Whole(r.Listings[at].ListRequests)));
        }

        listings.Add(Row("handles still missing", r => Whole(r.Listings[0].HandlesMissing)));
        listings.Add(Row("find requests, 4 KiB", r => Whole(r.FindRequests)));
        return
        [
            new("Reply bytes, mean over the mix (* without handle, - not sent)", [.. Operations(o =>
                o.ReplyBytes == 0 ? "-" : Number(o.ReplyBytes) + (o.BringsHandle ? "" : "*"))]),
            new("Reply bytes that the kernel reserves", [.. Operations(o =>
                o.ReservedBytes == 0 ? "-" : Whole(o.ReservedBytes))]),
            new("Request bytes that the parent's handle adds", [.. Operations(o =>
                o.BringsParent ? $"+{Number(o.RequestExtraBytes)}" : "0")]),
            new(string.Create(
                CultureInfo.InvariantCulture,
                $"A directory of {request.DirectoryNames} names of {request.NameBytes} bytes"),
                listings),
            new(string.Create(
                CultureInfo.InvariantCulture, $"stat of {request.StatFiles} files, requests"),
            [
                Row("cold", r => Whole(r.ColdStatRequests)),
                Row("validities run out", r => Whole(r.ExpiredStatRequests)),
                Row("warm", r => Whole(r.WarmStatRequests)),
            ]),
            new("A lookup and what it leaves in the kernel",
            [
                Row("longest handle", r => Whole(r.MaxHandleBytes)),
                Row("stored as", r => r.Storage),
                Row("bytes per inode", r => TextTable.Difference(r.StorageDeltaBytes)),
                Row("allocations", r => Number(r.AllocationsPerLookup)),
                Row("handle copies", r => Whole(r.CopiesPerLookup)),
            ]),
            new("A restart in the modelled world, every object's handle kept",
            [
                Row("recovered", r => SweepAnswer.Percent(r.Restart.RecoveredShare)),
                Row("wrong object", r => Whole(r.Restart.WrongObject)),
                Row("requests to a first use", r => Whole(r.Restart.RequestsToFirstUse)),
            ]),
        ];
    }

    /// <summary>A name in a column of so many characters.</summary>
    public static string Short(string name, int columns) =>
        name.Length <= columns ? name : name[..columns];

    public static string NameOf(OperationRow operation)
    {
        string name = operation.Opcode.ToString()["FUSE_".Length..];
        return name == "READDIRPLUS" ? "READDIRPLUS record" : name;
    }

    private static string Whole(long number) => TextTable.Number(number);

    private static string Number(double number) =>
        number.ToString("0.##", CultureInfo.InvariantCulture);
}
