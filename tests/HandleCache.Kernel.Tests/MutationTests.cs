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
        .. KernelFault.All.Except([KernelFault.OldAttributesWin]),
        ModelFault.SkipGeneration, ModelFault.SkipType, ModelFault.ForgetOneLess,
        ModelFault.DropOldCounts, ModelFault.ReplacedKeepsCounts, ModelFault.ForgetsReversed,
        ModelFault.ForgetsUnbatched,
    ];

    [Fact]
    public void There_are_at_least_25_faults() => Assert.True(All.Count() >= 25);

    /// <summary>This one needs two calls at once, which no script of single calls has.</summary>
    [Fact]
    public void Old_attributes_winning_is_seen_by_a_late_reply()
    {
        Assert.Equal(2u, LateReply.SizeAfterLateReply(ModelFaults.None));
        Assert.Equal(1u, LateReply.SizeAfterLateReply(ModelFaults.Of(KernelFault.OldAttributesWin)));
    }

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
