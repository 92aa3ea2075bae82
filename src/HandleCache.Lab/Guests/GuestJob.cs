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
        "bin", "dev", "etc", "modules", "out", "proc", "root", "run", "scratch", "sys", "tmp",
    ];

    /// <summary>Loads a set of modules by its name; what is loaded already stays.</summary>
    public const string Load = "load";

    public const string LoadScript = """
        #!/bin/sh
        [ -f /modules/$1 ] || exit 0
        for m in $(cat /modules/$1); do
          [ -d /sys/module/$m ] || insmod /modules/$m.ko
        done

        """;

    /// <summary>PID 1: file systems, modules, a sign of life, the job, power off.</summary>
    public const string Init = """
        #!/bin/sh
        /bin/busybox --install -s /bin
        export PATH=/bin HOME=/root TMPDIR=/tmp DOTNET_EnableDiagnostics=0 HANDLECACHE_GUEST=1
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
        load boot
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

    /// <summary>Exit code of a command in which nothing moved.</summary>
    public const int Still = 124;

    /// <summary>
    /// Exit codes of a command that has used up its processor time: by the signal of the soft
    /// limit, and of the hard one.
    /// </summary>
    public static readonly int[] UsedUp = [128 + 24, 128 + 9];

    /// <summary>
    /// A sign of life each 5 s, and the end of a command when the guest's processors have been
    /// idle for two minutes of its own: however slow the machine outside is, who works is left to
    /// work.
    /// </summary>
    private const string Watch = """
        exec > /dev/ttyS1
        echo 0 > /out/pid
        (still=0; last=0
        while sleep 5; do
          read up idle < /proc/uptime
          echo "#alive $up $idle"
          idle=${idle%.*}
          if [ $((idle - last)) -ge $(($(nproc) * 45 / 10)) ]; then
            still=$((still + 1))
          else
            still=0
          fi
          last=$idle
          if [ $still -ge 24 ] && [ $(cat /out/pid) -gt 0 ]; then
            touch /out/still
            kill -KILL -- -$(cat /out/pid)
            still=0
          fi
        done) &
        alive=$!

        """;

    /// <summary>A script that runs commands and prints the output of each between marks.</summary>
    public static string Of(IEnumerable<GuestCommand> commands)
    {
        StringBuilder script = new(Watch);
        foreach (GuestCommand command in commands)
        {
            script.Append(CultureInfo.InvariantCulture, $$"""
                echo "# {{command.Name}}"
                setsid sh -c 'ulimit -t {{command.ProcessorSeconds}}; {{command.Line}}' \
                  >/out/text 2>/out/error &
                echo $! > /out/pid
                wait $!
                code=$?
                echo 0 > /out/pid
                [ ! -f /out/still ] || code={{Still}}
                rm -f /out/still
                kill -STOP $alive
                echo "#begin {{command.Name}} $code"
                cat /out/text
                echo "#error"
                cat /out/error
                echo "#end {{command.Name}}"
                kill -CONT $alive

                """);
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
/// <param name="ProcessorSeconds">
/// Most that one of its processes may use of the guest's processors.
/// </param>
internal sealed record GuestCommand(string Name, string Line, int ProcessorSeconds);

/// <summary>What it came to.</summary>
internal sealed record GuestOutput(int ExitCode, string Text, string Error);
