using HandleCache.Bars.Table;

const int Failed = 1;
const int BadUsage = 2;

try
{
    if (args is not ["table", string readme, string folder])
    {
        Console.Error.WriteLine("usage: table README FOLDER");
        return BadUsage;
    }

    IEnumerable<ResultFile> files = Directory.EnumerateFiles(folder, "*.json")
        .Order(StringComparer.Ordinal).Select(ResultFile.Read);
    File.WriteAllText(readme, TableWriter.Replace(File.ReadAllText(readme), files));
    return 0;
}
catch (Exception error) when (error is FormatException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return Failed;
}
