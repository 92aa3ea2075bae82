using System.Text.Json.Serialization;

namespace HandleCache.Lab.Workload;

/// <summary>What a workload process answers; one JSON line each.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "reply")]
[JsonDerivedType(typeof(RunReply), "run")]
[JsonDerivedType(typeof(WalkReply), "walk")]
[JsonDerivedType(typeof(HandlesReply), "handles")]
[JsonDerivedType(typeof(OpenHandlesReply), "openHandles")]
[JsonDerivedType(typeof(PathsReply), "paths")]
[JsonDerivedType(typeof(ScriptResultsReply), "scriptResults")]
[JsonDerivedType(typeof(DoneReply), "done")]
[JsonDerivedType(typeof(FailureReply), "failure")]
public abstract record WorkloadReply;

/// <param name="Operations">Steps taken.</param>
/// <param name="ByCall">System calls made, by the kernel's name.</param>
/// <param name="Checks">Results that were compared with what they had to be.</param>
/// <param name="UnexpectedCount">Results that differed.</param>
/// <param name="Unexpected">The first 20 of those.</param>
/// <param name="Unsupported">
/// Calls that this file system does not offer, as "call: errno", found by trying each once.
/// </param>
public sealed record RunReply(
    long Operations,
    IReadOnlyDictionary<string, long> ByCall,
    long Checks,
    long UnexpectedCount,
    IReadOnlyList<UnexpectedResult> Unexpected,
    IReadOnlyList<string> Unsupported) : WorkloadReply;

/// <summary>A system call whose result is not what POSIX and the calls before it imply.</summary>
public sealed record UnexpectedResult(string Call, string Path, string Expected, string Got);

/// <param name="Objects">Objects seen, directories and the root included.</param>
/// <param name="Directories">Of those, directories.</param>
/// <param name="ErrorCount">Calls that failed.</param>
/// <param name="Errors">The first 20, as "call path: errno".</param>
public sealed record WalkReply(
    long Objects, long Directories, long ErrorCount, IReadOnlyList<string> Errors) : WorkloadReply;

/// <summary>One result a path, in the order asked.</summary>
public sealed record HandlesReply(IReadOnlyList<PathHandle> Handles) : WorkloadReply;

/// <param name="Path">As asked.</param>
/// <param name="Errno">Name of the errno, null on success.</param>
/// <param name="Type">Type of the handle, all 32 bits.</param>
/// <param name="Bytes">The handle, lower-case hex.</param>
/// <param name="Ino">Inode number by statx.</param>
public sealed record PathHandle(string Path, string? Errno, int Type, string Bytes, ulong Ino);

/// <param name="Type">Type of the handle, all 32 bits.</param>
/// <param name="Bytes">The handle, hex.</param>
public sealed record HandleText(int Type, string Bytes);

/// <summary>One result a handle, in the order asked.</summary>
public sealed record OpenHandlesReply(IReadOnlyList<OpenedHandle> Handles) : WorkloadReply;

/// <param name="Errno">Name of the errno of open or statx, null on success.</param>
/// <param name="Ino">Inode number of what was opened.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Mode">Its type and permissions (st_mode).</param>
public sealed record OpenedHandle(string? Errno, ulong Ino, ulong Size, uint Mode);

/// <summary>One result a path, in the order asked.</summary>
public sealed record PathsReply(IReadOnlyList<PathResult> Results) : WorkloadReply;

/// <param name="Path">As asked.</param>
/// <param name="Errno">Name of the errno, null on success.</param>
public sealed record PathResult(string Path, string? Errno);

/// <summary>It is done.</summary>
public sealed record DoneReply : WorkloadReply;

/// <summary>The request itself could not be carried out.</summary>
public sealed record FailureReply(string Message) : WorkloadReply;
