using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>`watch` of the toy server that the tests of `drive` have, on a real mount.</summary>
internal static class ToyWatch
{
    /// <summary>
    /// watch FAULT OPTIONS... mounts the toy with that fault on $mnt, in the background; $more is
    /// its other argument. expire waits for more than its validities, which are a second; toy says
    /// its process.
    /// </summary>
    private const string Prelude = """
        more=
        [ -e toy ] || gcc -Wall -O1 -o toy "$toy"
        watch() {
          fault=$1; shift
          : >"$root/err"
          dotnet "$program" watch "$mnt" --json "$@" -- "$root/toy" $fault $more \
            >"$root/out" 2>"$root/err" &
          server=$!
          for i in $(seq 600); do
            grep -qs '^serving' "$root/err" && return 0
            kill -0 $server 2>/dev/null || { cat "$root/err" >&2; exit 1; }
            sleep 0.05
          done
          die "not mounted in time"
        }
        expire() { sleep 1.1; }
        toy() { pgrep -f "^$root/toy $fault"; }

        """;

    /// <summary>What a script printed that ends well.</summary>
    public static string Run(MountScript script, string calls)
    {
        if (!File.Exists("/usr/bin/gcc"))
            Assert.Skip("needs gcc: apt-get install gcc");
        return script.Run(Prelude + calls, new Dictionary<string, string>
        {
            ["toy"] = Path.Combine(AppContext.BaseDirectory, "toy", "toy.c"),
        });
    }
}
