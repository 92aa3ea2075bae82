using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;

namespace HandleCache.Testing;

/// <summary>
/// Random scripts of system calls: few names, so that calls meet, and few slots. A script shrinks
/// to fewer steps, then to simpler ones.
/// </summary>
internal static class ScriptGenerators
{
    private const int Slots = 3;
    private const int MostBytes = 9000;

    private static readonly string[] Names = ["a", "b", "c", "a/a", "a/b", "b/a", "b/c"];

    /// <summary>What the clock goes on by: within and beyond usual validities, ns.</summary>
    private static readonly long[] Sleeps = [500_000_000, 2_000_000_000, 100_000_000_000_000];

    private static readonly Gen<string> Path = Gen.Elements(Names);
    private static readonly Gen<int> Slot = Gen.Choose(0, Slots - 1);

    private static readonly Gen<string> Directory = Gen.Elements(".", "a", "b");

    private static readonly Gen<VfsCall> Call = Gen.Frequency(
        (6, Of(VfsCallKind.Stat, (call, _) => call with
        {
            Flags = AtFlags.SymlinkNoFollow,
            Mode = StatxMask.BasicStats,
        })),
        (2, Of(VfsCallKind.FStat, (call, _) => call with
        {
            Flags = AtFlags.StatxForceSync,
            Mode = StatxMask.BasicStats,
        })),
        (4, Of(VfsCallKind.MkDir, (call, _) => call with { Mode = FileModes.Octal755 })),
        (4, Of(VfsCallKind.MkNod, (call, _) => call with { Mode = FileModes.Regular644 })),
        (4, Of(VfsCallKind.Open, (call, number) => call with
        {
            Flags = OpenFlags.ReadWrite
                | ((number & 1) != 0 ? OpenFlags.Create : 0)
                | ((number & 6) == 6 ? OpenFlags.Exclusive : 0)
                | ((number & 24) == 24 ? OpenFlags.Truncate : 0),
            Mode = FileModes.Octal644,
        })),
        (3, Directory.SelectMany(path => Slot.Select(slot => new VfsCall(VfsCallKind.Open)
        {
            Path = path,
            Slot = slot,
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        }))),
        (3, Of(VfsCallKind.ReadDir, (call, _) => call with { Size = 1 << 15 })),
        (2, Of(VfsCallKind.Close)),
        (2, Of(VfsCallKind.Read, (call, n) => call with { Size = n, Offset = n / 2 })),
        (2, Of(VfsCallKind.Write, (call, n) => call with { Size = n, Offset = n / 3 })),
        (1, Of(VfsCallKind.Truncate, (call, n) => call with { Size = n })),
        (1, Of(VfsCallKind.ChMod, (call, n) => call with { Mode = (uint)n & FileModes.Octal777 })),
        (2, Of(VfsCallKind.Symlink)),
        (1, Of(VfsCallKind.ReadLink)),
        (2, Of(VfsCallKind.Link)),
        (3, Of(VfsCallKind.Unlink)),
        (2, Of(VfsCallKind.RmDir)),
        (3, Of(VfsCallKind.Rename)),
        (1, Of(VfsCallKind.NameToHandle)),
        (2, Gen.Elements(Sleeps).Select(
            ns => new VfsCall(VfsCallKind.Sleep) { Offset = ns })));

    private static readonly Gen<DriveStep> Step = Gen.Frequency(
        (24, Call.Select(call => new DriveStep(call))),
        (2, Gen.Constant(new DriveStep(null, Disturbance.Reclaim))),
        (2, Call.Select(call => call.Kind == VfsCallKind.Sleep
            ? new DriveStep(call)
            : new DriveStep(call, Disturbance.ReclaimBefore))),
        (2, Call.Select(call => call.Kind == VfsCallKind.Sleep
            ? new DriveStep(call)
            : new DriveStep(call, Disturbance.ReclaimDuring))));

    public static Arbitrary<MountScript> Scripts { get; } = Arb.From(
        Step.ListOf().Select(steps => new MountScript([.. steps])), Shrink);

    private static IEnumerable<MountScript> Shrink(MountScript script)
    {
        IReadOnlyList<DriveStep> steps = script.Steps;
        for (int size = steps.Count; size >= 1; size /= 2)
        {
            for (int at = 0; at + size <= steps.Count; at += size)
                yield return new([.. steps.Take(at), .. steps.Skip(at + size)]);
        }

        for (int at = 0; at < steps.Count; at++)
        {
            foreach (DriveStep simpler in Simpler(steps[at]))
                yield return new([.. steps.Take(at), simpler, .. steps.Skip(at + 1)]);
        }
    }

    /// <summary>Undisturbed, and about the root or a name in it.</summary>
    private static IEnumerable<DriveStep> Simpler(DriveStep step)
    {
        if (step.Call is not { } call)
            yield break;
        if (step.Beside != Disturbance.None)
            yield return step with { Beside = Disturbance.None };
        string simplest = (call.Flags & OpenFlags.Directory) != 0 ? "." : Names[0];
        if (call.Path.Length > 0 && call.Path != simplest)
            yield return step with { Call = call with { Path = simplest } };
        if (call.Path2.Length > 1)
            yield return step with { Call = call with { Path2 = Names[1] } };
    }

    private static Gen<VfsCall> Of(VfsCallKind kind) => Of(kind, (call, _) => call);

    private static Gen<VfsCall> Of(VfsCallKind kind, Func<VfsCall, int, VfsCall> with) =>
        from path in Path
        from other in Path
        from slot in Slot
        from number in Gen.Choose(0, MostBytes)
        select with(Bare(kind, path, other, slot), number);

    /// <summary>Only what the call has: a script is read by people.</summary>
    private static VfsCall Bare(VfsCallKind kind, string path, string other, int slot)
    {
        bool hasSlot = kind is VfsCallKind.FStat or VfsCallKind.Open or VfsCallKind.ReadDir
            or VfsCallKind.Close or VfsCallKind.Read or VfsCallKind.Write
            or VfsCallKind.NameToHandle;
        bool hasPath = !hasSlot || kind is VfsCallKind.Open or VfsCallKind.NameToHandle;
        bool hasTwo = kind is VfsCallKind.Symlink or VfsCallKind.Link or VfsCallKind.Rename;
        return new VfsCall(kind)
        {
            Path = hasPath ? path : "",
            Path2 = hasTwo ? other : "",
            Slot = hasSlot ? slot : 0,
        };
    }
}
