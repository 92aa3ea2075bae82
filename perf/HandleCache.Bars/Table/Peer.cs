namespace HandleCache.Bars.Table;

/// <summary>What does the same work another way, in the row's unit.</summary>
internal sealed record Peer(string Name, double Value);
