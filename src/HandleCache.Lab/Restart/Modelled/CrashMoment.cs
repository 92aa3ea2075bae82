namespace HandleCache.Lab.Restart.Modelled;

/// <summary>When the server dies, as seen from one request.</summary>
internal enum CrashMoment
{
    /// <summary>It has read the request and done nothing.</summary>
    BeforeExecuting,

    /// <summary>It has done it, and its reply never left.</summary>
    BeforeReplying,
}
