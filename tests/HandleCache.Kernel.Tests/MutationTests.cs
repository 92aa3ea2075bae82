using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Kernel;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Small faults put into the model, one at a time: each must make some script look different from
/// the sound model, which is the one held against the running kernel.
/// </summary>
public class MutationTests
{
    private const int Scripts = 1500;
    private const int Calls = 60;

    public static TheoryData<string> Faults()
    {
        TheoryData<string> names = [];
        foreach (ModelFault fault in All)
            names.Add(fault.Name);
        return names;
    }

    private static IEnumerable<ModelFault> All =>
    [
        .. KernelFault.All,
        ModelFault.SkipGeneration, ModelFault.SkipType, ModelFault.ForgetOneLess,
        ModelFault.DropOldCounts, ModelFault.ReplacedKeepsCounts, ModelFault.ForgetsReversed,
        ModelFault.ForgetsUnbatched,
    ];

    [Fact]
    public void There_are_at_least_25_faults() => Assert.True(All.Count() >= 25);

    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_fault_is_seen(string name)
    {
        ModelFault fault = All.Single(known => known.Name == name);
        for (int seed = 1; seed <= Scripts; seed++)
        {
            Script script = ScriptGenerator.Make((ulong)seed, Calls);
            ScriptRun sound = ScriptRun.Of(script, new());
            ScriptRun faulty = ScriptRun.Of(script, new() { Faults = ModelFaults.Of(fault) });
            if (!sound.LooksLike(faulty) || faulty.Errors.Count > 0)
                return;
        }

        Assert.Fail($"no script of {Scripts} shows '{fault.Name}': {fault.Description}");
    }
}
