using HandleCache.Model.Kernel;
using HandleCache.Protocol;

namespace HandleCache.Lab.Differential;

/// <summary>Scripts in which two processes call at once, and signals come.</summary>
public static partial class ScriptGenerator
{
    private const int OverlapsOneIn = 6;
    private const int MeanwhileOneIn = 3;
    private const int SignalOneIn = 5;

    /// <summary>What a signal does to a listing is a rule of its own.</summary>
    private const int ListingSignalOneIn = 2;

    /// <summary>
    /// One script in six, of those whose clock stands still: another process calls while a
    /// request waits, with a call that the script has elsewhere, or the caller is interrupted.
    /// </summary>
    private static Script WithOverlaps(Script script)
    {
        SplitMix64 random = new(SplitMix64.Mix(script.Seed, OverlapsOneIn));
        bool isTimed = script.Calls.Any(call => call.Kind == VfsCallKind.Sleep);
        if (isTimed || !random.OneIn(OverlapsOneIn))
            return script;
        VfsCall[] others = [.. script.Calls.Where(MayBeMeanwhile)];
        List<VfsCall> calls = [];
        bool isUnknown = false;
        foreach (VfsCall call in script.Calls)
        {
            VfsCall made = call;
            if (MayOverlap(call) && others.Length > 0 && random.OneIn(MeanwhileOneIn))
            {
                made = made with
                {
                    Meanwhile = random.Pick(others),
                    Schedule = (uint)random.Below(16),
                };
            }

            bool isListing = call.Kind == VfsCallKind.ReadDirOnce;
            if (IsOneSystemCall(call) && !isUnknown
                && random.OneIn(isListing ? ListingSignalOneIn : SignalOneIn))
            {
                made = made with { Interrupted = Signal(random) };

                // A signal that no INTERRUPT follows cannot be seen to have come.
                isUnknown = made.Interrupted == Interruption.Unknown;
            }

            calls.Add(made);
        }

        return script with { Calls = calls };
    }

    private static Interruption Signal(SplitMix64 random) => random.OneIn(12)
        ? Interruption.Unknown
        : random.Pick(
            Interruption.Taken, Interruption.Taken, Interruption.Again, Interruption.TooLate);

    /// <summary>By path alone: open files and handles are the first process's.</summary>
    private static bool MayBeMeanwhile(VfsCall call) => call.Kind
        is VfsCallKind.Stat or VfsCallKind.Access or VfsCallKind.MkDir or VfsCallKind.MkNod
        or VfsCallKind.Symlink or VfsCallKind.Link or VfsCallKind.Unlink or VfsCallKind.RmDir
        or VfsCallKind.Rename or VfsCallKind.ChMod or VfsCallKind.ChOwn or VfsCallKind.Truncate
        or VfsCallKind.UTimes or VfsCallKind.GetXattr or VfsCallKind.SetXattr
        or VfsCallKind.ListXattr or VfsCallKind.RemoveXattr or VfsCallKind.ReadLink
        or VfsCallKind.StatFs;

    private static bool MayOverlap(VfsCall call) =>
        MayBeMeanwhile(call) || IsOneSystemCall(call);

    /// <summary>
    /// What its client does by one system call, so that a signal is pending to the call's end. Not
    /// a READ, which may be readahead's.
    /// </summary>
    private static bool IsOneSystemCall(VfsCall call) => call.Kind
        is VfsCallKind.Stat or VfsCallKind.FStat or VfsCallKind.StatAt or VfsCallKind.Access
        or VfsCallKind.Open or VfsCallKind.Write or VfsCallKind.ReadDirOnce or VfsCallKind.MkDir
        or VfsCallKind.MkNod or VfsCallKind.Symlink or VfsCallKind.Link or VfsCallKind.Unlink
        or VfsCallKind.RmDir or VfsCallKind.Rename or VfsCallKind.FTruncate
        or VfsCallKind.FAllocate or VfsCallKind.FSync or VfsCallKind.ReadLink
        or VfsCallKind.NameToHandle;
}
