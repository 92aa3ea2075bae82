namespace HandleCache.Testing;

/// <summary>What becomes of a reply between server and kernel.</summary>
public enum ReplyFault
{
    /// <summary>It comes as it was sent.</summary>
    None,

    /// <summary>It never comes.</summary>
    Lost,

    /// <summary>It comes when <see cref="KernelDriver.DeliverDelayed"/> is called.</summary>
    Delayed,

    /// <summary>It comes twice; the kernel knows no request for the second (ENOENT).</summary>
    Twice,

    /// <summary>Its last byte is missing, and its head says so.</summary>
    Truncated,

    /// <summary>There is a byte too many, and its head says so.</summary>
    Extended,

    /// <summary>Its head says another length than it has.</summary>
    WrongLength,

    /// <summary>It names a request that there is not.</summary>
    WrongUnique,
}
