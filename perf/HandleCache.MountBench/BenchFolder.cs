using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>The temporary folder of one run: source, mount point, the built programs.</summary>
internal sealed class BenchFolder : IDisposable
{
    /// <summary>The tree whose inodes are cached to count their memory.</summary>
    public const string Many = "many";

    private const string Examples = "/usr/share/doc/libfuse3-dev/examples";

    private static readonly TimeSpan BuildLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder;

    public BenchFolder(string below)
    {
        _folder = Directory.CreateTempSubdirectory().FullName;
        string data = Path.Combine(below, Path.GetFileName(_folder));
        Source = Directory.CreateDirectory(Path.Combine(data, "source")).FullName;
        Data = data;
    }

    public string Data { get; }

    public string Source { get; }

    /// <summary>An own one for each server that is mounted at the same time.</summary>
    public string MountPoint(int number) => Directory.CreateDirectory(
        Path.Combine(Data, string.Create(CultureInfo.InvariantCulture, $"mount{number}"))).FullName;

    public string Loads => Path.Combine(_folder, "loads");

    public string PassthroughLl => Path.Combine(_folder, "passthrough_ll");

    /// <summary>Builds the loads, and libfuse's example from Debian's libfuse3-dev.</summary>
    /// <exception cref="FileNotFoundException">A compiler or the example is missing.</exception>
    public void Build(string loadsSource)
    {
        string example = Path.Combine(Examples, "passthrough_ll.c");
        if (!File.Exists(example))
        {
            throw new FileNotFoundException(
                $"no {example}: apt-get install gcc pkg-config libfuse3-dev");
        }

        string[] flags = Commands
            .Require(BuildLimit, "pkg-config", "fuse3", "--cflags", "--libs")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Commands.Require(
            BuildLimit, "gcc", ["-O2", "-o", PassthroughLl, example, .. flags]);
        Commands.Require(BuildLimit, "gcc", "-O2", "-pthread", "-o", Loads, loadsSource);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(Data, recursive: true);
    }
}
