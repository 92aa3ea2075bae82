namespace HandleCache.Lab.Workload;

/// <summary>
/// The workload process failed: it refused a request, died, or gave no answer in time. The
/// message is for the user and holds what the process wrote on stderr.
/// </summary>
public sealed class WorkloadException : LabException
{
    public WorkloadException(string message) : base(message) { }

    public WorkloadException(string message, Exception inner) : base(message, inner) { }
}
