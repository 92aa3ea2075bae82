namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What a modelled server takes for nodeids.</summary>
public enum NodeIdPolicy
{
    /// <summary>Its own life and a counter: those of two lives never collide.</summary>
    PerLife,

    /// <summary>
    /// Inode numbers, as many servers do, without a generation: a nodeid of a life before is
    /// taken at its word where no handle says otherwise.
    /// </summary>
    InodeNumber,
}
