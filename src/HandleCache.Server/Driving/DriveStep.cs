using HandleCache.Model.Kernel;

namespace HandleCache.Server.Driving;

/// <summary>What happens beside a call, or without one.</summary>
public enum Disturbance
{
    None,

    /// <summary>
    /// Memory pressure before the call; the kernel reads its requests before the FORGETs that
    /// followed (fuse_dev_do_read(): after 16 reads of forgets requests go first).
    /// </summary>
    ReclaimBefore,

    /// <summary>
    /// Memory pressure while the call's first reply is under way, with the FORGETs sent before
    /// the kernel has taken that reply: another thread of the server reads them.
    /// </summary>
    ReclaimDuring,

    /// <summary>An INTERRUPT behind each request of the call.</summary>
    Interrupt,

    /// <summary>Without a call: memory pressure, and every FORGET is sent.</summary>
    Reclaim,

    /// <summary>Without a call: the server is killed and started again.</summary>
    Restart,
}

/// <summary>One step of a script.</summary>
/// <param name="Call">With paths below the script's own directory; null for none.</param>
/// <param name="Beside">What disturbs it.</param>
public sealed record DriveStep(VfsCall? Call, Disturbance Beside = Disturbance.None)
{
    public override string ToString() => Beside switch
    {
        Disturbance.None => $"{Call}",
        Disturbance.ReclaimBefore => $"{Call}, memory reclaimed before it, FORGETs sent behind it",
        Disturbance.ReclaimDuring => $"{Call}, memory reclaimed before its reply is taken",
        Disturbance.Interrupt => $"{Call}, interrupted",
        Disturbance.Reclaim => "memory is reclaimed, FORGETs are sent",
        Disturbance.Restart => "the server is killed and started again",
        _ => throw new InvalidOperationException($"no disturbance {Beside}"),
    };
}
