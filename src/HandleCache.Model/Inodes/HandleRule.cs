using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Inodes;

/// <summary>
/// How iget treats handles. The default is the sound rule: another handle means another inode, a
/// reply without a handle says nothing about it, an inode without one takes the first it is given
/// (the root has none at mount), and a handle that is too long is refused. The other settings are
/// defects of proposals, numbered as in <c>PROPOSALS.md</c>, section 3.
/// </summary>
public sealed record HandleRule
{
    public static HandleRule Sound { get; } = new();

    /// <summary>The rule of a dialect: sound but for the defects it was made with.</summary>
    public static HandleRule Of(Dialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return new()
        {
            CompareAfterOverwrite = dialect.Has(DialectDefect.V2CompareAfterOverwrite),
            RefuseLongest = dialect.Has(DialectDefect.V2RefuseLongest),
            AbsentReplyIsStale = dialect.Has(DialectDefect.V3NullHandleUnequal),
            TruncateTooLong = dialect.Has(DialectDefect.V1TruncateTooLong),
            Identity = dialect.Identity,
        };
    }

    /// <summary>Defect 1 (v2): the stored handle is overwritten before it is compared.</summary>
    public bool CompareAfterOverwrite { get; init; }

    /// <summary>
    /// Defect 2 (v1, v2): a handle of exactly the longest length is refused like a longer one.
    /// </summary>
    public bool RefuseLongest { get; init; }

    /// <summary>
    /// Defect 4 (v3): a reply without a handle makes an inode that has one stale.
    /// </summary>
    public bool AbsentReplyIsStale { get; init; }

    /// <summary>By what an inode is found, and what must agree.</summary>
    public HandleIdentity Identity { get; init; } = HandleIdentity.Sound;

    /// <summary>v1: a handle that is too long is cut to the longest length.</summary>
    public bool TruncateTooLong { get; init; }
}
