using System.Diagnostics;
using HandleCache.Linux;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// A bash script in a mount namespace of its own, with a source tree, a mount point and the
/// program; killed as a whole when it takes too long. What is mounted ends with the namespace.
/// </summary>
internal sealed class MountScript : IDisposable
{
    private const int WatchdogSeconds = 100;

    /// <summary>
    /// serve OPTIONS... mounts $src on $mnt in the background and waits until it is mounted.
    /// </summary>
    private const string Prelude = """
        set -eum  # -m: else the shell would start the program with SIGINT ignored
        cd "$root"; src=$root/src; mnt=$root/mnt
        die() { echo "$1" >&2; exit 1; }
        serve() {
          : >"$root/err"  # What an earlier server said is not this one's.
          dotnet "$program" mount "$src" "$mnt" "$@" >"$root/out" 2>"$root/err" &
          server=$!
          for i in $(seq 300); do
            grep -q '^serving' "$root/err" && return 0
            kill -0 $server 2>/dev/null || { cat "$root/err" >&2; exit 1; }
            sleep 0.05
          done
          die "not mounted in time"
        }
        stop() {
          rc=0
          kill -"$1" $server; wait $server || rc=$?
          ! mountpoint -q "$mnt" || die "the mount was left behind"
        }

        """;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("handlecache-mount-");

    public MountScript()
    {
        if ((Credentials.WhyNotMountFuse() ?? Credentials.WhyNotOpenByHandle()) is { } reason)
            Assert.Skip(reason);
        Directory.CreateDirectory(Path.Combine(_root.FullName, "src"));
        Directory.CreateDirectory(Path.Combine(_root.FullName, "mnt"));
    }

    /// <summary>What the program wrote on its standard error.</summary>
    public string Notes => File.ReadAllText(Path.Combine(_root.FullName, "err"));

    /// <summary>What the program wrote on its standard output.</summary>
    public string Output => File.ReadAllText(Path.Combine(_root.FullName, "out"));

    /// <summary>Runs the script; it must end with 0.</summary>
    /// <param name="script">What to do; $program is the program.</param>
    /// <param name="environment">More of its environment, or another program.</param>
    public string Run(string script, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo info = new("timeout")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "-k", "1", WatchdogSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "unshare", "-m", "--propagation", "private", "bash", "-c", Prelude + script,
        ];
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        info.Environment["root"] = _root.FullName;
        info.Environment["program"] = Path.Combine(AppContext.BaseDirectory, "handlecache.dll");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0,
            $"the script ended with {process.ExitCode}\n{output}\n{errors.Result}");
        return output;
    }

    public void Dispose() => _root.Delete(recursive: true);
}
