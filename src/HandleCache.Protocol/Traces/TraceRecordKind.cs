namespace HandleCache.Protocol.Traces;

/// <summary>What a record of a trace is about.</summary>
public enum TraceRecordKind : byte
{
    /// <summary>
    /// A mount begins: an empty cache but for the root. Nodeid: the root's; flags:
    /// <see cref="TraceRecord.ReusesNodeIds"/>; handle: the mount's name, UTF-8.
    /// </summary>
    Mount = 1,

    /// <summary>
    /// The kernel named a nodeid in a request. Value: the second nodeid of LINK, RENAME,
    /// RENAME2 and COPY_FILE_RANGE, else 0; flags: <see cref="TraceRecord.IsExportLookup"/>.
    /// </summary>
    Request = 2,

    /// <summary>
    /// An entry of a reply that counts one lookup. Value: generation; nibble: S_IFMT &gt;&gt; 12;
    /// opcode: the request's; handle: as the reply brought it.
    /// </summary>
    Entry = 3,

    /// <summary>
    /// Lookups taken back. Value: nlookup; flags: <see cref="TraceRecord.IsBatch"/>,
    /// <see cref="TraceRecord.IsFirstOfMessage"/>.
    /// </summary>
    Forget = 4,

    /// <summary>The last entry of this nodeid was not delivered: its lookup is undone.</summary>
    TakeBack = 5,

    /// <summary>
    /// What whoever recorded held at the end of the mount. Opcode: a
    /// <see cref="TraceFigure"/>; value: the figure.
    /// </summary>
    Figure = 6,

    /// <summary>The mount is over.</summary>
    End = 7,
}
