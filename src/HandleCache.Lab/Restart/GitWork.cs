using System.Diagnostics;

namespace HandleCache.Lab.Restart;

/// <summary>
/// git on the mount: a repository of 5,000 files is cloned onto it, checked and removed, again
/// and again; the last clone stays on both sides, for the comparison.
/// </summary>
internal static class GitWork
{
    private const string Script = """
        set -e
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
        export GIT_AUTHOR_DATE=2000-01-01T00:00:00Z GIT_COMMITTER_DATE=2000-01-01T00:00:00Z
        export GIT_CONFIG_GLOBAL=/dev/null
        repository=$shadow.repository
        if [ ! -d "$repository" ]; then
          git init -q "$repository"; cd "$repository"
          for d in $(seq 50); do
            mkdir d$d
            for f in $(seq 100); do echo "$d $f" > d$d/f$f; done
          done
          git add -A; git commit -qm all; cd ..
        fi
        rm -rf "$mount/clone"
        git clone -q --no-hardlinks "$repository" "$mount/clone"
        git -C "$mount/clone" fsck --strict --no-progress
        [ -z "$(git -C "$mount/clone" status --porcelain)" ]
        diff -r -x .git "$repository" "$mount/clone"
        """;

    public static void Run(
        string mount, string shadow, ClientResult result, CancellationToken stop)
    {
        do
        {
            if (Bash(Script, mount, shadow) is { } failure)
                result.Error($"git: {failure}");
            result.Operations++;
        }
        while (!stop.IsCancellationRequested && result.Errors == 0);
        if (Bash("cp -a \"$mount/clone\" \"$shadow/clone\"", mount, shadow) is { } copying)
            result.Error($"cp: {copying}");
    }

    private static string? Bash(string script, string mount, string shadow)
    {
        ProcessStartInfo info = new("bash")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add(script);
        info.Environment["mount"] = mount;
        info.Environment["shadow"] = shadow;
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? null
            : $"ended with {process.ExitCode}: {output.Result} {errors}".Trim();
    }
}
