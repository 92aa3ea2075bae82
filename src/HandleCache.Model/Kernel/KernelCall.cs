namespace HandleCache.Model.Kernel;

/// <summary>A system call under way in the modelled kernel.</summary>
public sealed class KernelCall
{
    private readonly KernelTask<VfsResult> _task;

    internal KernelCall(VfsCall? call, KernelTask<VfsResult> task)
    {
        Call = call;
        _task = task;
    }

    /// <summary>What was called; null for the mount itself.</summary>
    public VfsCall? Call { get; }

    /// <summary>Whose call it is; null for the mount itself.</summary>
    internal Vfs.Caller? Caller { get; init; }

    public bool IsDone => _task.IsCompleted;

    /// <summary>What it gave.</summary>
    /// <exception cref="InvalidOperationException">It is not done.</exception>
    public VfsResult Result => IsDone
        ? _task.GetResult()
        : throw new InvalidOperationException("the call still waits");
}
