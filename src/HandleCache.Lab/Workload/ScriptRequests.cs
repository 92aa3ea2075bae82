using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Workload;

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
