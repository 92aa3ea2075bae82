using System.Globalization;
using System.Text;

namespace HandleCache.Lab.Guests;

/// <summary>The shell scripts that run inside of a guest, and the marks of their output.</summary>
internal static class GuestJob
{
    /// <summary>A line for the terminal.</summary>
    public const string Progress = "# ";

    /// <summary>Printed last, before the guest powers off.</summary>
    public const string Done = "#done";

    public static readonly string[] Folders =
    [
        "bin", "dev", "etc", "lib", "lib/x86_64-linux-gnu", "lib64", "modules", "out", "proc",
        "root", "run", "scratch", "sys", "tmp",
    ];

    /// <summary>PID 1: file systems, modules, a sign of life, the job, power off.</summary>
    public const string Init = """
        #!/bin/sh
        /bin/busybox --install -s /bin
        export PATH=/bin HOME=/root TMPDIR=/tmp DOTNET_EnableDiagnostics=0
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev
        mkdir -p /dev/pts /dev/shm
        mount -t devpts devpts /dev/pts
        mount -t tmpfs tmpfs /dev/shm
        mount -t tmpfs tmpfs /tmp
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /scratch
        mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
        mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
        mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
        ip link set lo up 2>/dev/null
        for m in $(cat /modules/order); do
          case $m in
            *.xz) xz -dc /modules/$m > /modules/${m%.xz}; m=${m%.xz} ;;
          esac
          insmod /modules/$m
        done
        mount -t fusectl fusectl /sys/fs/fuse/connections 2>/dev/null
        stty -F /dev/ttyS1 raw -echo 2>/dev/null
        sh /job
        sync
        poweroff -f

        """;

    public const string Shell = """
        echo "handlecache is on the path; exit powers off"
        setsid cttyhack sh

        """;

    /// <summary>A script that runs commands and prints the output of each between marks.</summary>
    public static string Of(IEnumerable<GuestCommand> commands)
    {
        StringBuilder script = new();
        script.Append("exec > /dev/ttyS1\n")
            .Append("(while sleep 5; do echo \"#alive $(cat /proc/uptime)\"; done) &\n")
            .Append("alive=$!\n");
        foreach (GuestCommand command in commands)
        {
            script.Append(CultureInfo.InvariantCulture, $"echo \"# {command.Name}\"\n")
                .Append(CultureInfo.InvariantCulture,
                    $"timeout {command.GuestSeconds} sh -c '{command.Line}' ")
                .Append(">/out/text 2>/out/error\n")
                .Append("code=$?\n")
                .Append("kill -STOP $alive\n")
                .Append(CultureInfo.InvariantCulture, $"echo \"#begin {command.Name} $code\"\n")
                .Append("cat /out/text\n")
                .Append("echo \"#error\"\n")
                .Append("cat /out/error\n")
                .Append(CultureInfo.InvariantCulture, $"echo \"#end {command.Name}\"\n")
                .Append("kill -CONT $alive\n");
        }

        return script.Append("kill $alive\n").Append("echo \"#done\"\n").ToString();
    }

    /// <summary>What each command printed.</summary>
    public static IReadOnlyDictionary<string, GuestOutput> Parse(string results)
    {
        Dictionary<string, GuestOutput> outputs = new(StringComparer.Ordinal);
        string[] lines = results.Replace("\r", "", StringComparison.Ordinal).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ');
            if (words is not ["#begin", var name, var code])
                continue;
            int end = Array.IndexOf(lines, $"#end {name}", i);
            if (end < 0)
                break;
            string[] body = [.. lines[(i + 1)..end].Where(
                line => !line.StartsWith("#alive", StringComparison.Ordinal))];
            int error = Array.IndexOf(body, "#error");
            outputs[name] = new GuestOutput(
                int.Parse(code, CultureInfo.InvariantCulture),
                string.Join('\n', error < 0 ? body : body[..error]),
                error < 0 ? "" : string.Join('\n', body[(error + 1)..]));
            i = end;
        }

        return outputs;
    }
}

/// <summary>A command for the guest.</summary>
/// <param name="Name">One word.</param>
/// <param name="Line">For sh -c, without single quotes.</param>
/// <param name="GuestSeconds">Most of the guest's own time.</param>
internal sealed record GuestCommand(string Name, string Line, int GuestSeconds);

/// <summary>What it came to.</summary>
internal sealed record GuestOutput(int ExitCode, string Text, string Error);
