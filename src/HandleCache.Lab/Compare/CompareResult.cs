using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Compare;

/// <summary>Dialects side by side.</summary>
public sealed record CompareResult(
    HandleMix Mix, KernelProfile Kernel, IReadOnlyList<DialectRow> Rows,
    IReadOnlyList<QuestionRow> Questions, IReadOnlyList<DefectRow> Defects)
{
    /// <summary>Every defect that was run showed.</summary>
    public bool Holds => Defects.All(defect => defect.Shown);
}

/// <summary>A defect of a proposal, run in the model with and without it.</summary>
/// <param name="Item">Item of PROPOSALS.md, section 3; 0: section 2.</param>
/// <param name="Name">Kebab-case, as --defect spells it where it is a switch.</param>
/// <param name="Description">What goes wrong.</param>
/// <param name="Sequence">The shortest sequence that shows it.</param>
/// <param name="With">What came out with the defect.</param>
/// <param name="Without">What came out without it.</param>
public sealed record DefectRow(
    int Item, string Name, string Description, string Sequence, string With, string Without)
{
    /// <summary>The two runs came out differently.</summary>
    public bool Shown => !string.Equals(With, Without, StringComparison.Ordinal);
}

/// <summary>A directory read with READDIRPLUS into buffers of one size.</summary>
/// <param name="BufferBytes">Bytes the kernel asks for.</param>
/// <param name="EntriesPerBuffer">Records of the first full buffer.</param>
/// <param name="RoundTrips">READDIRPLUS requests to the end, the empty one included.</param>
/// <param name="ReplyBytes">All their replies.</param>
/// <param name="ListRequests">
/// Requests of ls -l: OPENDIR, READDIRPLUS, RELEASEDIR, and attributes apart where entries have
/// none; extended attributes not counted.
/// </param>
/// <param name="HandlesMissing">Entries whose handle the kernel does not know afterwards.</param>
public sealed record ListingRow(
    int BufferBytes, int EntriesPerBuffer, int RoundTrips, long ReplyBytes, long ListRequests,
    int HandlesMissing);

/// <summary>One operation that returns an entry.</summary>
/// <param name="Opcode">Today's opcode.</param>
/// <param name="BringsHandle">Its reply returns the new inode's handle (T7).</param>
/// <param name="BringsParent">Its request has the parent's handle (T8).</param>
/// <param name="ReplyBytes">The whole reply; of READDIRPLUS one record. Mean over the mix.</param>
/// <param name="ReservedBytes">Room for the longest reply, or record (T6).</param>
/// <param name="RequestExtraBytes">What the parent's handle adds to the request.</param>
public sealed record OperationRow(
    FuseOpcode Opcode, bool BringsHandle, bool BringsParent, double ReplyBytes,
    int ReservedBytes, double RequestExtraBytes);

/// <summary>A requirement of the thread and what was found about it.</summary>
/// <param name="Id">T1 to T11 of PROPOSALS.md, section 7.</param>
/// <param name="Question">In a few words.</param>
/// <param name="Answer">In figures, or what was run and came out.</param>
/// <param name="How">"derived", "measured" or "not measured".</param>
public sealed record QuestionRow(string Id, string Question, string Answer, string How);

/// <summary>How a dialect's author keeps the handle in the inode, for the memory model.</summary>
internal static class DialectStorage
{
    public static HandleDesign Of(Dialect dialect)
    {
        if (!dialect.CarriesHandles)
            return default;
        PostedStorage posted = dialect.Storage;
        return HandleStrategy.TryParse(posted.Strategy, out HandleStrategy strategy)
            && HandleHeader.TryParse(posted.Header, out HandleHeader header)
            ? new HandleDesign(
                strategy, header, default,
                posted.IsAccounted ? KmallocType.Cgroup : KmallocType.Normal)
            : throw new BadInputException(
                $"{dialect.Name}: no storage '{posted.Strategy}' with header '{posted.Header}'");
    }
}

/// <summary>
/// What a restart costs and recovers with a dialect as posted: the scripted histories of
/// `restart --model`, the server killed after every step. Derived.
/// </summary>
/// <param name="RecoveredShare">
/// Open files and cached names that work afterwards, of those whose object still exists.
/// </param>
/// <param name="WrongObject">Answers for another object than was asked for.</param>
/// <param name="RequestsToFirstUse">Most requests until a first use works.</param>
public sealed record RestartFigures(
    double RecoveredShare, long WrongObject, long RequestsToFirstUse)
{
    internal static RestartFigures Of(Dialect dialect, CancellationToken cancel)
    {
        RestartModelOptions options = new() { Dialects = [dialect], Histories = 0 };
        RestartModelRow row = RestartModelExperiment.Run(options, cancel).Rows.First(
            r => r.HandleInEveryRequest == dialect.Options.HandleInEveryRequest
                && r.PersistentHandles == dialect.CarriesHandles);
        return new RestartFigures(
            (double)row.Recovered / Math.Max(1, row.Recovered + row.Stale),
            row.WrongObject,
            row.LazyToFirstAnswer);
    }
}
