using System.Text.Json.Serialization;
using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Workload;

/// <summary>
/// What a workload process may be told to do; one JSON line each. All paths are as
/// <see cref="BytePath"/> has them; those in lists are relative to the root, "" is the root.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "request")]
[JsonDerivedType(typeof(RunRequest), "run")]
[JsonDerivedType(typeof(WalkRequest), "walk")]
[JsonDerivedType(typeof(HandlesRequest), "handles")]
[JsonDerivedType(typeof(OpenHandlesRequest), "openHandles")]
[JsonDerivedType(typeof(HoldRequest), "hold")]
[JsonDerivedType(typeof(ReleaseRequest), "release")]
[JsonDerivedType(typeof(UnlinkRequest), "unlink")]
[JsonDerivedType(typeof(BeginScriptRequest), "beginScript")]
[JsonDerivedType(typeof(ScriptCallsRequest), "scriptCalls")]
[JsonDerivedType(typeof(EndScriptRequest), "endScript")]
[JsonDerivedType(typeof(QuitRequest), "quit")]
public abstract record WorkloadRequest;

/// <summary>A request and the reply it gets.</summary>
public abstract record WorkloadRequest<TReply> : WorkloadRequest
    where TReply : WorkloadReply;

/// <summary>A seeded workload of real system calls over the tree below a root.</summary>
public sealed record RunRequest : WorkloadRequest<RunReply>
{
    public required string Root { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>
    /// Steps of all threads together; a step is one to a handful of system calls.
    /// </summary>
    public required int Operations { get; init; }

    public int Threads { get; init; } = 2;

    /// <summary>
    /// Each thread also changes things, in its own directory <c>.hc-work-N</c> below the root.
    /// </summary>
    public bool Write { get; init; }

    /// <summary>Leave those directories there.</summary>
    public bool KeepScratch { get; init; }

    /// <summary>
    /// ESTALE from open_by_handle_at is no surprise for an object that is still there (a FUSE
    /// mount without export support forgets).
    /// </summary>
    public bool AllowStale { get; init; } = true;
}

/// <summary>
/// Looks at every object below a root: statx of each, the listing of each directory.
/// </summary>
public sealed record WalkRequest(string Root) : WorkloadRequest<WalkReply>;

/// <summary>name_to_handle_at of each path, symlinks not followed.</summary>
public sealed record HandlesRequest(
    string Root, IReadOnlyList<string> Paths, bool Connectable = false)
    : WorkloadRequest<HandlesReply>;

/// <summary>open_by_handle_at (O_PATH) of each handle on the mount of the root.</summary>
public sealed record OpenHandlesRequest(string Root, IReadOnlyList<HandleText> Handles)
    : WorkloadRequest<OpenHandlesReply>;

/// <summary>
/// Opens each path (O_RDONLY, a symlink or special file O_PATH) and keeps it open.
/// </summary>
public sealed record HoldRequest(string Root, IReadOnlyList<string> Paths)
    : WorkloadRequest<PathsReply>;

/// <summary>Closes all that <see cref="HoldRequest"/> opened.</summary>
public sealed record ReleaseRequest : WorkloadRequest<DoneReply>;

/// <summary>Removes each path; a directory with rmdir.</summary>
public sealed record UnlinkRequest(string Root, IReadOnlyList<string> Paths)
    : WorkloadRequest<PathsReply>;

/// <summary>Closes all and ends the process.</summary>
public sealed record QuitRequest : WorkloadRequest<DoneReply>;

/// <summary>Begins a script below a root; what one before left open is closed.</summary>
public sealed record BeginScriptRequest(string Root) : WorkloadRequest<DoneReply>;

/// <summary>Makes these calls, in order.</summary>
public sealed record ScriptCallsRequest(IReadOnlyList<VfsCall> Calls)
    : WorkloadRequest<ScriptResultsReply>;

/// <summary>Ends the script: everything it opened is closed.</summary>
public sealed record EndScriptRequest : WorkloadRequest<DoneReply>;

/// <summary>One result a call.</summary>
/// <param name="Results">In the order asked.</param>
/// <param name="BusyMicroseconds">What the calls took, sleeps not counted.</param>
public sealed record ScriptResultsReply(IReadOnlyList<VfsResult> Results, long BusyMicroseconds)
    : WorkloadReply;
