using HandleCache.Lab.Replay;
using HandleCache.Server.Mounting;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>What all stages of one validation share.</summary>
internal sealed class StagePlan : IDisposable
{
    public StagePlan(
        ValidateOptions options, TraceRecording? recording, CancellationToken cancel)
    {
        Options = options;
        Recording = recording;
        Cancel = cancel;
        Folder = Directory.CreateTempSubdirectory("handlecache-").FullName;
        Namespace = new NamespaceThread();
    }

    public ValidateOptions Options { get; }

    public CancellationToken Cancel { get; }

    /// <summary>
    /// Where the stages record what they see, one mount each; null where nothing is recorded.
    /// </summary>
    public TraceRecording? Recording { get; }

    public CheckLedger Ledger { get; } = new();

    public NamespaceThread Namespace { get; }

    /// <summary>What reclaim may have spoilt.</summary>
    public Disturbances Disturbances { get; } = new();

    public List<string> Notes { get; } = [];

    public List<StageSummary> Stages { get; } = [];

    /// <summary>Minor of the FUSE protocol agreed on; known from the first stage on.</summary>
    public uint Minor { get; set; }

    /// <summary>Handles compared byte for byte, by where the model kept them.</summary>
    public long HandlesInline { get; set; }

    public long HandlesSpilled { get; set; }

    /// <summary>Temporary folder of this run; holds the mount points.</summary>
    public string Folder { get; }

    public string NewMountPoint(string name) =>
        Directory.CreateDirectory(Path.Combine(Folder, "mnt-" + name)).FullName;

    /// <summary>
    /// Removes the folder. Every mount below it is gone by then; were one left, the removal must
    /// not walk into it, so the mount points are removed as the empty directories they are. What
    /// cannot be removed is a note: thrown from here it would hide the error that led to it.
    /// </summary>
    public void Dispose()
    {
        Namespace.Dispose();
        try
        {
            foreach (string mountPoint in Directory.EnumerateDirectories(Folder, "mnt-*"))
                Directory.Delete(mountPoint);
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Notes.Add($"left behind: {Folder} ({e.Message})");
        }
    }
}
