using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model.Inodes;
using HandleCache.Protocol;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Scripts of each dialect, modelled kernel and server, against today's protocol.
/// </summary>
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
        if (options.DialectScripts == 0)
        {
            foreach (Dialect dialect in options.Dialects)
            {
                plan.Ledger.NotCompared(
                    ValidateChecks.OfDialect(dialect), "left out by --dialect-scripts 0");
            }

            return;
        }

        int[] numbers = [.. options.Shard.Take(Enumerable.Range(0, options.DialectScripts))];
        progress($"stage dialects: {numbers.Length} scripts in "
            + string.Join(", ", options.Dialects.Select(dialect => dialect.Name)));
        string?[][] differences = new string?[numbers.Length][];
        ParallelOptions parallel = new()
        {
            CancellationToken = plan.Cancel,
            MaxDegreeOfParallelism = Environment.ProcessorCount,
        };
        Parallel.For(0, numbers.Length, parallel, i => differences[i] =
            reference.Compare(DialectReference.Make(SeedOf(options, numbers[i]), CallsPerScript),
                options.Dialects));
        for (int i = 0; i < numbers.Length; i++)
            Enter(plan, numbers[i], differences[i]);
    }

    // In the order of the scripts, so that each run names the same first difference.
    private static void Enter(StagePlan plan, int script, string?[] differences)
    {
        for (int d = 0; d < differences.Length; d++)
        {
            string check = ValidateChecks.OfDialect(plan.Options.Dialects[d]);
            plan.Ledger.Hold(check, CallsPerScript);
            if (differences[d] is { } difference)
            {
                plan.Ledger.Fail(
                    check, $"script {SeedOf(plan.Options, script):x16}: {difference}");
            }
        }
    }

    private static ulong SeedOf(ValidateOptions options, int script) =>
        SplitMix64.Mix(options.Seed, (ulong)script);
}
