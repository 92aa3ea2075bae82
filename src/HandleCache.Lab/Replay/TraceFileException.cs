namespace HandleCache.Lab.Replay;

/// <summary>A trace that could not be written whole (exit code 1).</summary>
public sealed class TraceFileException(string message, Exception inner)
    : LabException(message, inner);
