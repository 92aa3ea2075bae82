using System.Collections.Concurrent;
using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Kernel;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Small faults put into the model, one at a time: each must make some script look different from
/// the sound model, which is the one compared with the running kernel, or be shown by a test of
/// its own.
/// </summary>
public class MutationTests
{
    private const int Scripts = 1500;
    private const int Calls = 60;

    /// <summary>What the sound model makes of a script, by what the server sends.</summary>
    private static readonly ConcurrentDictionary<(int Seed, bool Handles, bool OfOneLength),
        ScriptRun>
        Sound = new();

    public static TheoryData<string> Faults()
    {
        TheoryData<string> names = [];
        foreach (ModelFault fault in OfScripts)
            names.Add(fault.Name);
        return names;
    }

    /// <summary>Every fault that has a name, but for those that other tests show.</summary>
    private static IEnumerable<ModelFault> OfScripts =>
        DifferentialFaults.All.Except([.. KernelFault.OfInterleaving, .. OfTheirOwnTests]);

    /// <summary>
    /// Those that random scripts meet seldom, or that need many inodes: ListedNamesTests,
    /// SeldomFaultTests, the tests of FuseInodeCache.
    /// </summary>
    private static IEnumerable<ModelFault> OfTheirOwnTests =>
    [
        KernelFault.PlusErrorKept, KernelFault.DisconnectedNamesKept, ModelFault.LoseNLookup,
        ModelFault.ForgetHeld, ModelFault.KeepForgotten, .. SeldomFaultTests.Faults,
    ];

    /// <summary>Faults that only handles show: the server sends them, and changes some.</summary>
    private static IEnumerable<ModelFault> OfHandles =>
    [
        ModelFault.SkipHandle, ModelFault.TruncateHandle, ModelFault.SwapSpilled,
        KernelFault.RevalidateSkipsHandle,
    ];

    [Fact]
    public void There_are_60_faults_and_each_has_a_name_of_its_own()
    {
        Assert.True(DifferentialFaults.All.Count >= 60, $"{DifferentialFaults.All.Count}");
        Assert.Equal(
            DifferentialFaults.All.Count,
            DifferentialFaults.All.Select(fault => fault.Name).Distinct().Count());
        Assert.All(
            OfTheirOwnTests.Concat(OfHandles).Concat(KernelFault.OfInterleaving),
            fault => Assert.Contains(fault, DifferentialFaults.All));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_fault_is_seen(string name)
    {
        ModelFault fault = DifferentialFaults.Parse(name);
        bool needsHandles = OfHandles.Contains(fault);
        for (int seed = 1; seed <= Scripts; seed++)
        {
            Script script = Make(seed, needsHandles, fault);
            ScriptRun sound = Sound.GetOrAdd(
                (seed, needsHandles, fault == ModelFault.SwapSpilled),
                _ => ScriptRun.Of(script, new()));
            ScriptRun faulty = ScriptRun.Of(script, new() { Faults = ModelFaults.Of(fault) });
            if (!sound.LooksLike(faulty) || faulty.Errors.Count > 0)
                return;
        }

        Assert.Fail($"no script of {Scripts} shows '{fault.Name}': {fault.Description}");
    }

    private static Script Make(int seed, bool needsHandles, ModelFault fault)
    {
        Script script = ScriptGenerator.Make((ulong)seed, Calls);
        return !needsHandles
            ? script
            : script with
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
}
