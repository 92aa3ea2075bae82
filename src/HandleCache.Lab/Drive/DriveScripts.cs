using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>
/// Makes the scripts of a run: the random calls that both kernels are compared with, and what
/// disturbs them. Everything follows from the run's seed and the script's number.
/// </summary>
internal static class DriveScripts
{
    /// <summary>What a clock goes on by: within and beyond usual validities, ns.</summary>
    private static readonly long[] Sleeps =
        [500_000_000, 2_000_000_000, 2_000_000_000, 100_000_000_000_000];

    /// <summary>File slots that random calls open.</summary>
    private const int OpenSlots = ModelKernel.MountSlot - 3;

    /// <summary>Calls that need an address of a server's own.</summary>
    private static readonly HashSet<VfsCallKind> LeftOut =
        [VfsCallKind.NotifyDelete, VfsCallKind.NotifyIncEpoch, VfsCallKind.StatFs];

    /// <summary>The steps of a script, always the same.</summary>
    /// <param name="options">Seed, length, and whether the server is killed in between.</param>
    /// <param name="number">Which of the run's scripts.</param>
    public static IReadOnlyList<DriveStep> Make(DriveOptions options, int number)
    {
        ulong seed = SplitMix64.Mix(options.Seed, (ulong)number);
        SplitMix64 random = new(SplitMix64.Mix(seed));
        bool isDisturbed = !random.OneIn(4);
        List<DriveStep> steps = [];

        // The first call of a script opens the mount's root, which is done for all of them.
        foreach (VfsCall made in ScriptGenerator.Make(seed, options.Calls + 1).Calls.Skip(1))
        {
            VfsCall call = Known(made);
            if (call.Meanwhile is { } other)
                call = call with { Meanwhile = Known(other) };
            steps.Add(Step(random, Tamed(random, call), isDisturbed));
            if (call.Kind is VfsCallKind.Unlink or VfsCallKind.Rename or VfsCallKind.RmDir
                && random.OneIn(3))
            {
                steps.AddRange(Enumerable.Range(0, OpenSlots).Select(FStatOf));
            }
        }

        if (options.Restart)
            steps.Insert(steps.Count / 2, new(null, Disturbance.Restart));
        return steps;
    }

    /// <summary>Asks the server, whatever is cached: the file may have no name any more.</summary>
    private static DriveStep FStatOf(int slot) => new(new VfsCall(VfsCallKind.FStat)
    {
        Slot = slot,
        Flags = AtFlags.StatxForceSync,
        Mode = StatxMask.BasicStats,
    });

    private static DriveStep Step(SplitMix64 random, VfsCall call, bool isDisturbed)
    {
        if (call.Kind == VfsCallKind.NotifyPrune)
            return new(null, Disturbance.Reclaim);
        bool isSignalled = call.Interrupted != Interruption.None;
        call = call with { Interrupted = Interruption.None };
        if (call.Meanwhile is not null)
            return new(call);
        if (isSignalled)
            return new(call, Disturbance.Interrupt);
        if (!isDisturbed)
            return new(call);
        if (random.OneIn(24))
            return new(null, Disturbance.Reclaim);
        if (random.OneIn(16))
            return new(new VfsCall(VfsCallKind.Sleep) { Offset = random.Pick<long>(Sleeps) });
        Disturbance beside = random.OneIn(6)
            ? random.Pick(
                Disturbance.ReclaimBefore, Disturbance.ReclaimDuring, Disturbance.Interrupt)
            : Disturbance.None;
        return new(call, call.Kind == VfsCallKind.Sleep ? Disturbance.None : beside);
    }

    /// <summary>What a server of its own address is asked for as any: a stat instead.</summary>
    private static VfsCall Known(VfsCall call) =>
        LeftOut.Contains(call.Kind) || call.Slot == ModelKernel.MountSlot
            ? new(VfsCallKind.Stat)
            {
                Path = call.Path,
                Mode = StatxMask.BasicStats,
                Uid = call.Uid,
                Meanwhile = call.Meanwhile,
                Schedule = call.Schedule,
            }
            : call;

    /// <summary>
    /// A call as any server takes it, without what the modelled kernel does not follow through
    /// the page cache.
    /// </summary>
    private static VfsCall Tamed(SplitMix64 random, VfsCall call) => call.Kind switch
    {
        VfsCallKind.StatAt => call with { Kind = VfsCallKind.Stat },
        VfsCallKind.Stat when call.Meanwhile is null && random.OneIn(5) => new(VfsCallKind.FStat)
        {
            Slot = call.Slot,
            Mode = call.Mode,
            Uid = call.Uid,
        },
        VfsCallKind.Open => call with
        {
            Flags = call.Flags & ~(OpenFlags.Append | OpenFlags.Direct),
        },
        VfsCallKind.Sleep => call with { Offset = random.Pick<long>(Sleeps) },
        _ => call,
    };
}
