namespace HandleCache.Lab.Compare;

/// <summary>A directory read with READDIRPLUS into buffers of one size.</summary>
/// <param name="BufferBytes">Bytes the kernel asks for.</param>
/// <param name="EntriesPerBuffer">Records of the first full buffer.</param>
/// <param name="RoundTrips">READDIRPLUS requests to the end, the empty one included.</param>
/// <param name="ReplyBytes">All their replies.</param>
/// <param name="ListRequests">
/// Requests of ls -l: OPENDIR, READDIRPLUS, RELEASEDIR, and attributes apart where entries have
/// none; extended attributes not counted.
/// </param>
/// <param name="HandlesMissing">Entries whose handle the kernel does not know afterwards.</param>
public sealed record ListingRow(
    int BufferBytes, int EntriesPerBuffer, int RoundTrips, long ReplyBytes, long ListRequests,
    int HandlesMissing);
