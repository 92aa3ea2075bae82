using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>How it was measured, for the result file and the terminal.</summary>
internal static class Notes
{
    public static string[] Of(string below, BenchSize size) =>
    [
        $"all servers mounted at once, each load in slices of {size.SliceMs} ms below one mount "
            + $"and "
        + $"the other in turn; {size.Rounds} rounds with new servers; the figure of a bar is the "
        + "median of the slices' ratios, by pairs, its interval that of the sign test",
        "rows of one client: client and servers on one processor; a client and its server take "
            + "turns, "
        + "and a wake-up of another processor costs more than a request, so that otherwise it is "
        + "measured where the scheduler happens to put them (given in the rows' notes, too)",
        "random reads by one client as the scheduler places it, by the tracepoints "
        + "fuse_request_send and fuse_request_end on two processors: client and server on one take "
        + "18 us a request in ours and 19 us in passthrough_ll; where both wake-ups of a request "
        + "cross to the other processor, 53 and 51. That is so for 23 to 24 % of our requests and "
        + "8 to 14 % of theirs; with their shares ours would take 26.1 us where theirs take 26.2. "
        + "The "
        + "kernel wakes readers first in, first out: each of our two (one a processor) rests where "
        + "it was, passthrough_ll's three or four travel. With three (mount --workers 3) it is "
        + "0.88 to 1.20 of passthrough_ll, but stat by two clients falls from 2.2 times its speed "
        + "to 1.15, by one from 1.2 to 1.0, sequential reads from 2.8 to 2.3: two are the default",
        $"source on {FileSystemOf(below)}; clients are processes of their own, written in C",
        "files are read and written over and over as they are, so that no memory is given or "
            + "taken; "
        + "each slice opens them again, which drops their pages",
        "both: max_write 1 MiB, readahead 128 KiB, no writeback cache, pages dropped at open, "
        + "READDIRPLUS auto, default_permissions, allow_other",
        "stat storm: 100 files, names and attributes valid for 0 s (a LOOKUP and a GETATTR each); "
        + "all other rows: 60 s",
        $"find: in portions of {size.PortionFolders * BenchSize.FilesPerFolder:N0} files, the "
        + "kernel's cache emptied in between, since passthrough_ll holds a descriptor for each "
        + "inode and this machine's limit is below 100,000; it also searches its inodes in a list",
    ];

    public static void Print(TextWriter output, ResultFile file)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        foreach (ResultRow row in file.Rows)
        {
            Peer? peer = row.Peers?[0];
            output.WriteLine(string.Create(plain,
                $"{row.Name,-45} {row.Value,10} {peer?.Value,10} {row.Figure,7} "
                    + $"{Verdict(row),-5}"));
        }
    }

    private static string Verdict(ResultRow row) => row.Met switch
    {
        true => "holds",
        false => "FALLS SHORT",
        null => "",
    };

    private static string FileSystemOf(string folder) => Commands
        .Require(TimeSpan.FromSeconds(10), "stat", "-f", "-c", "%T", folder).Trim();
}
