using HandleCache.Lab.Prove;
using HandleCache.Model.Handles;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Prove;

/// <summary>
/// What the modelled kernel predicts of things held over a server's death, and that a kernel which
/// does otherwise is seen.
/// </summary>
public sealed class KilledThingsTests
{
    private static readonly ModelKernelOptions Patched = new()
    {
        Version = new(6, 12),
        Backported = [VersionRule.EpochUnknown],
    };

    private bool _isBound;

    [Fact]
    public void A_kernel_that_does_as_predicted_gives_rows_that_hold()
    {
        using KilledThings things = New(Patched);
        things.Use(things.Setup, 0, _ => new VfsResult(0));
        things.Use(KilledThings.Calls, 1, AsPredicted);
        IReadOnlyList<ProofRow> rows = things.Rows();
        Assert.All(rows, row => Assert.True(row.Holds, $"{row}"));
        Assert.Equal(
            [
                ("open directory, asked by its nodeid", "0 / 1 ESTALE"),
                ("open files", "0 / 2 ESTALE"),
                ("names below the open directory", "6 / 0 ESTALE"),
                ("open directory, once its handle came", "1 / 0 ESTALE"),
                ("listing of the open directory", "0 / 1 ESTALE"),
                ("names", "24 / 0 ESTALE"),
                ("opened again", "4 / 0 ESTALE"),
            ],
            rows.Take(7).Select(row => (row.Name, row.Predicted)));
    }

    [Fact]
    public void Another_errno_and_another_object_are_seen()
    {
        using KilledThings things = New(Patched);
        things.Use(things.Setup, 0, _ => new VfsResult(0));
        things.Use(KilledThings.Calls, 1, call =>
            AsPredicted(call) is { Errno: not 0 } && call.Kind == VfsCallKind.Read
                ? new VfsResult(0) { Data = "00" }
                : AsPredicted(call));
        Assert.Equal(2, things.WrongObject - WithoutContent());
        Assert.Equal(2, things.Rows().Count(row => !row.Holds));
    }

    /// <summary>Without the record a directory that stays open leads nowhere.</summary>
    [Fact]
    public void Without_the_parents_handle_nothing_below_an_open_directory_is_found()
    {
        using KilledThings things = New(Patched with { NoParentHandle = true });
        things.Use(things.Setup, 0, _ => new VfsResult(0));
        things.Use(KilledThings.Calls, 1, AsPredicted);
        ProofRow below = things.Rows().Single(row => row.Name == "names below the open directory");
        Assert.Equal("0 / 6 ESTALE", below.Predicted);
        Assert.False(below.Holds);
    }

    private static KilledThings New(ModelKernelOptions model) =>
        new(Dialect.Thread, HandleStrategy.Inline(12), model);

    [Fact]
    public void A_path_that_meets_a_rename_is_walked_again_and_an_open_file_is_not()
    {
        using KilledThings things = New(Patched);
        things.Use(things.Setup, 0, _ => new VfsResult(0));
        int met = 0;
        things.Use(KilledThings.Calls, 1, call =>
            call.Kind == VfsCallKind.Stat && met++ % 2 == 0
                ? new VfsResult((int)Errno.ESTALE)
                : AsPredicted(call));
        Assert.All(things.Rows(), row => Assert.True(row.Holds, $"{row}"));
        Assert.StartsWith("0: 24 paths", things.Rows()[^1].Measured, StringComparison.Ordinal);
    }

    /// <summary>What counts as wrong in results that have neither sizes nor data.</summary>
    private long WithoutContent()
    {
        using KilledThings things = New(Patched);
        things.Use(things.Setup, 0, _ => new VfsResult(0));
        things.Use(KilledThings.Calls, 1, AsPredicted);
        return things.WrongObject;
    }

    /// <summary>By the rule of the design: what has a nodeid and no handle is lost.</summary>
    private VfsResult AsPredicted(VfsCall call)
    {
        if (call.Kind is VfsCallKind.StatAt or VfsCallKind.Open)
            _isBound = call.Kind == VfsCallKind.StatAt;
        bool isLost = (call.Kind == VfsCallKind.Read && call.Slot != 3)
            || call.Kind == VfsCallKind.ReadDir
            || (call.Kind == VfsCallKind.FStat && !_isBound);
        return new VfsResult(isLost ? (int)Errno.ESTALE : 0);
    }
}
