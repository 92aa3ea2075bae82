namespace HandleCache.Server.Passthrough;

/// <summary>What a FORGET left behind.</summary>
internal enum ForgetResult
{
    /// <summary>There was no such node.</summary>
    Unknown,

    /// <summary>The kernel still counts on it, or it is the root.</summary>
    Held,

    /// <summary>It is gone from the table.</summary>
    Gone,

    /// <summary>The kernel has forgotten it, the table has not.</summary>
    Remembered,

    /// <summary>As <see cref="Remembered"/>, and the file may have been deleted.</summary>
    RememberedSuspect,
}
