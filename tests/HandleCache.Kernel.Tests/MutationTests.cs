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
        foreach (ModelFault fault in All.Concat(OfHandles))
            names.Add(fault.Name);
        return names;
    }

    private static IEnumerable<ModelFault> All =>
    [
        .. KernelFault.All.Except(
        [
            KernelFault.OldAttributesWin, KernelFault.EvictionNotCounted,
            KernelFault.RevalidateSkipsHandle, KernelFault.PlusErrorKept,
            KernelFault.DisconnectedNamesKept,
        ]),
        ModelFault.SkipGeneration, ModelFault.SkipType, ModelFault.ForgetOneLess,
        ModelFault.DropOldCounts, ModelFault.ReplacedKeepsCounts, ModelFault.ForgetsReversed,
        ModelFault.ForgetsUnbatched,
    ];

    /// <summary>Faults that only handles show: the server sends them, and changes some.</summary>
    private static IEnumerable<ModelFault> OfHandles =>
    [
        ModelFault.SkipHandle, ModelFault.TruncateHandle, ModelFault.SwapSpilled,
        KernelFault.RevalidateSkipsHandle,
    ];

    /// <summary>
    /// With those that InterleavingTests show, since they need two calls at once, and those of
    /// ListedNamesTests, which random scripts meet seldom.
    /// </summary>
    [Fact]
    public void There_are_at_least_25_faults() => Assert.True(All.Count() + 4 >= 25);

    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_fault_is_seen(string name)
    {
        ModelFault fault = All.Concat(OfHandles).Single(known => known.Name == name);
        bool needsHandles = OfHandles.Contains(fault);
        for (int seed = 1; seed <= Scripts; seed++)
        {
            Script script = ScriptGenerator.Make((ulong)seed, Calls);
            if (needsHandles)
            {
                script = script with
                {
                    Server = script.Server with
                    {
                        SendsHandles = true,
                        BadHandlePer1024 = 200,

                        // Two handles change places that are as long as each other.
                        HandleBytes = fault == ModelFault.SwapSpilled ? 40 : null,
                    },
                };
            }

            ScriptRun sound = ScriptRun.Of(script, new());
            ScriptRun faulty = ScriptRun.Of(script, new() { Faults = ModelFaults.Of(fault) });
            if (!sound.LooksLike(faulty) || faulty.Errors.Count > 0)
                return;
        }

        Assert.Fail($"no script of {Scripts} shows '{fault.Name}': {fault.Description}");
    }
}
