using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Validate;

/// <summary>Scripts of each dialect, modelled kernel and server, against today's protocol.</summary>
internal static class DialectStage
{
    private const int CallsPerScript = 50;

    public static void Run(StagePlan plan, Action<string> progress)
    {
        ValidateOptions options = plan.Options;
        DialectReference reference = new(new()
        {
            Version = KernelProfiles.VersionOf(options.ModelKernel),
            Inodes = new FuseInodeCacheOptions { Strategy = options.Strategy },
        });
        foreach (Dialect dialect in options.Dialects)
        {
            string check = ValidateChecks.OfDialect(dialect);
            if (options.DialectScripts == 0)
            {
                plan.Ledger.NotCompared(check, "left out by --dialect-scripts 0");
                continue;
            }

            progress($"stage dialects: {options.DialectScripts} scripts in {dialect.Name}");
            for (int i = 0; i < options.DialectScripts; i++)
            {
                plan.Cancel.ThrowIfCancellationRequested();
                ulong seed = ScriptRandom.Mix(options.Seed + ((ulong)i << 32));
                Script script = DialectReference.Make(seed, CallsPerScript);
                plan.Ledger.Hold(check, script.Calls.Count);
                if (reference.Compare(script, dialect) is { } difference)
                    plan.Ledger.Fail(check, $"script {seed:x16}: {difference}");
            }
        }
    }
}
