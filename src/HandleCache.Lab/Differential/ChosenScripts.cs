namespace HandleCache.Lab.Differential;

/// <summary>
/// Scripts that every series begins with, by their seeds: between them they show each fault of
/// <c>ValidateFaults.OfScripts</c>, so that every series asks a kernel for every rule that
/// random scripts reach. Found by search; ChosenScriptTests says whether they still do, and
/// searches anew.
/// </summary>
public static class ChosenScripts
{
    /// <summary>Calls of each, for which they were chosen.</summary>
    public const int Calls = 50;

    /// <summary>Above each, what it was chosen for.</summary>
    public static ReadOnlySpan<ulong> Seeds =>
    [
        // acl-unasked, directory-change-unseen, entry-uses-attr-validity, epoch-ignored,
        // interrupt-unsent, negative-entry-ignored, negative-stays, permissions-unchecked,
        // unlinked-name-stays-valid
        3,
        // acl-unasked, denial-final, directory-change-unseen, expire-only-drops, miss-remembered,
        // negative-stays, permissions-unchecked, revalidate-uncounted
        5,
        // bad-inode-stays-good, delete-skips-child, interrupt-once, interrupt-unsent,
        // negative-entry-ignored, revalidate-uncounted
        11,
        // delete-skips-child, name-max-low, tmpfile-readable, unlinked-name-stays-valid
        50,
        // parent-is-self, prune-takes-first
        75,
        // entry-uses-attr-validity, epoch-ignored, miss-remembered
        9,
        // interrupt-once, revalidate-forgets-nothing
        99,
        // dots-counted, plus-hit-uncounted, revalidate-compares-wide
        161,
        // plus-hit-uncounted, revalidate-forgets-nothing, surplus-entries-unlinked
        400,
        // name-max-low, tmpfile-readable
        15,
        // bad-inode-stays-good, denial-final
        23,
        // acls-kept, direct-directory-opens
        88,
        // append-ignored, parent-is-self
        93,
        // directory-released, open-asked-again
        101,
        // acls-kept, owner-unchecked
        128,
        // directory-released, open-asked-again
        239,
        // dots-counted, listing-never-ends
        253,
        // invalid-attributes-taken, revalidate-compares-wide
        1003,
        // listing-never-ends, surplus-entries-unlinked
        1011,
        // plus-counts-on-bad, plus-error-kept
        3406,
        // chmod-keeps-name, direct-directory-opens
        131,
        // expire-only-drops
        24,
        // create-type-unchecked
        25,
        // owner-unchecked
        27,
        // chmod-keeps-name
        49,
        // revalidate-skips-generation
        51,
        // create-type-unchecked
        58,
        // privileges-kept
        87,
        // privileges-kept
        166,
        // append-ignored
        211,
        // prune-takes-first
        235,
        // invalid-attributes-taken
        295,
        // listing-heeds-signal
        336,
        // revalidate-skips-generation
        478,
        // readlink-keeps-atime
        689,
        // rename-keeps-ctime
        1264,
        // readlink-keeps-atime
        1587,
        // write-keeps-privileges
        1710,
        // rename-keeps-ctime
        2077,
        // write-keeps-privileges
        2322,
        // listing-outlives-change
        2509,
        // listing-outlives-change
        3175,
        // miss-advises-plus
        3862,
    ];
}
