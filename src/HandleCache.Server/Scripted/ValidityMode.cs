namespace HandleCache.Server.Scripted;

/// <summary>How long a script's server lets the kernel believe names or attributes.</summary>
public enum ValidityMode
{
    /// <summary>Not at all.</summary>
    Zero,

    /// <summary>Until a script's next sleep, which is longer.</summary>
    Finite,

    /// <summary>Without end.</summary>
    Infinite,

    /// <summary>Now not at all, now without end, by the seed.</summary>
    Mixed,

    /// <summary>All three in turn, by the seed.</summary>
    MixedFinite,
}
