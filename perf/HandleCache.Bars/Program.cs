using System.Globalization;
using HandleCache.Bars.Model;
using HandleCache.Bars.Table;

const int NotMet = 1;
const int BadUsage = 2;
const int Failed = 4;

try
{
    return args switch
    {
        ["table", string readme, string tables, string folder] =>
            WriteTables(readme, tables, folder),
        ["model", "quick" or "full", string file, string peer, string machine] =>
            MeasureModel(args[1], file, peer, machine),
        ["median", string file, .. string[] processes] when processes.Length > 0 =>
            WriteMedian(file, processes),
        ["scale", string inodes, string type, string bytes] => RunScale(inodes, type, bytes),
        _ => Usage(),
    };
}
catch (Exception error) when (error is FormatException or IOException or InvalidOperationException)
{
    Console.Error.WriteLine(error.Message);
    return Failed;
}

static int WriteTables(string readme, string tables, string folder)
{
    List<ResultFile> files =
    [
        .. Directory.EnumerateFiles(folder, "*.json")
            .Order(StringComparer.Ordinal).Select(ResultFile.Read),
    ];
    File.WriteAllText(tables, TableWriter.Replace(File.ReadAllText(tables), files));
    File.WriteAllText(readme, SummaryWriter.Replace(File.ReadAllText(readme), files));
    return 0;
}

static int MeasureModel(string mode, string file, string peer, string machine)
{
    ResultFile result = new ModelPart(mode, peer).Measure(ResultFile.ReadMachine(machine));
    result.Write(file);
    return result.Rows.Any(row => row.Met == false) ? NotMet : 0;
}

static int WriteMedian(string file, string[] processes)
{
    ResultFile result = Processes.Median([.. processes.Select(ResultFile.Read)]);
    result.Write(file);
    return result.Rows.Any(row => row.Met == false) ? NotMet : 0;
}

static int RunScale(string inodes, string type, string bytes)
{
    CultureInfo plain = CultureInfo.InvariantCulture;
    Scale.Run(long.Parse(inodes, plain), uint.Parse(type, plain), int.Parse(bytes, plain));
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        "usage: table README PERF-README FOLDER | model quick|full FILE PEER MACHINE | "
            + "median FILE PROCESS...");
    return BadUsage;
}
