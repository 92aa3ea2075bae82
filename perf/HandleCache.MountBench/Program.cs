using System.Globalization;
using HandleCache.MountBench;

if (args.Length != 2 || args[0] is not ("quick" or "full"))
{
    Console.Error.WriteLine("usage: perf/mount-bench quick|full FILE");
    return 2;
}

const string Server = "src/HandleCache.Cli/bin/Release/net10.0/handlecache";
const string LoadsSource = "perf/HandleCache.MountBench/loads.c";
if (!File.Exists(Server) || !File.Exists(LoadsSource))
{
    Console.Error.WriteLine($"no {Server}: dotnet build -c Release, then run in the tree's root");
    return 3;
}

if (!File.Exists("/dev/fuse"))
{
    Console.Error.WriteLine("no /dev/fuse: modprobe fuse");
    return 3;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
BenchSize size = args[0] == "full" ? BenchSize.Full : BenchSize.Quick;
string below = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
using BenchFolder folder = new(below);
try
{
    folder.Build(Path.GetFullPath(LoadsSource));
}
catch (Exception e) when (e is FileNotFoundException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine($"mount-bench: {e.Message}");
    return 3;
}

// The protocol's rows are about requests; what the kernel does without any has its own.
Contender ours =
    Contender.HandleCache(Contender.Ours, Path.GetFullPath(Server), "--backing", "off");
Contender backed =
    Contender.HandleCache(Contender.Ours, Path.GetFullPath(Server), "--backing", "on");
Contender theirs = Contender.Libfuse(folder.PassthroughLl);
Contender? ring = HasRing()
    ? Contender.HandleCache(Contender.OursOverRing, Path.GetFullPath(Server), "--channel", "ring",
        "--backing", "off")
    : null;
Bench bench = new(folder, size, ours, theirs);
bench.Prepare();
bench.Run(Console.Error);
Report report = new(bench, ours, theirs);
report.AddLoads();
report.Add(BackedRows.Measure(backed, folder, size));
if (ring is not null)
    report.Add(RingRows.Measure(ours, ring, folder, size));
bench.PrepareMemory();
report.AddMemory(bench.Memory(ours), bench.Memory(theirs));
(ResultRow[] scale, string? missing) = ScaleRows.Measure(Path.GetFullPath(Server), size.ScaleFiles);
report.Add(scale);
ResultFile file = new(
    "Server against libfuse's passthrough_ll",
    Order: 40,
    $"perf/run {args[0]} mount",
    args[0],
    DateTimeOffset.UtcNow,
    Report.Machine(),
    missing is null ? Notes.Of(below, size) : [.. Notes.Of(below, size), missing],
    report.Rows);
file.Save(args[1]);
Notes.Print(Console.Error, file);
return report.AllMet ? 0 : 1;

static bool HasRing()
{
    const string Switch = "/sys/module/fuse/parameters/enable_uring";
    return File.Exists(Switch) && File.ReadAllText(Switch).Trim() == "Y";
}
