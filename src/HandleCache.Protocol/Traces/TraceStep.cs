namespace HandleCache.Protocol.Traces;

/// <summary>What a <see cref="TraceWalk"/> came to.</summary>
public enum TraceStep
{
    /// <summary>Too few bytes: <see cref="TraceWalk.NeededBytes"/> are wanted at once.</summary>
    NeedsMore,

    /// <summary>The header was read and checked.</summary>
    Header,

    /// <summary>A block was read and checked.</summary>
    Block,

    /// <summary>The trace is whole.</summary>
    End,

    /// <summary>The trace is refused: <see cref="TraceWalk.Error"/>.</summary>
    Refused,
}
