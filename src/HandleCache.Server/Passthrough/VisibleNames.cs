namespace HandleCache.Server.Passthrough;

/// <summary>
/// What a caller without CAP_SYS_ADMIN may see of a listxattr(2) that the server made with its own
/// rights: everything but <c>trusted.*</c> (xattr_list_one() and the list handlers of the file
/// systems, fs/xattr.c). FUSE passes the list on as the server gives it.
/// </summary>
internal static class VisibleNames
{
    /// <summary>Names, each ended by a NUL, with one of <c>trusted.*</c> among them.</summary>
    public static bool HasTrusted(ReadOnlySpan<byte> names)
    {
        while (!names.IsEmpty)
        {
            ReadOnlySpan<byte> name = First(names);
            if (IsTrusted(name))
                return true;
            names = names[name.Length..];
        }

        return false;
    }

    /// <summary>Takes <c>trusted.*</c> out in place; what is left stands at the start.</summary>
    /// <returns>Bytes left.</returns>
    public static int RemoveTrusted(Span<byte> names)
    {
        int kept = 0;
        for (int at = 0; at < names.Length;)
        {
            int length = First(names[at..]).Length;
            if (!IsTrusted(names.Slice(at, length)))
            {
                names.Slice(at, length).CopyTo(names[kept..]);
                kept += length;
            }

            at += length;
        }

        return kept;
    }

    private static bool IsTrusted(ReadOnlySpan<byte> name) => name.StartsWith("trusted."u8);

    /// <summary>The first name with its NUL; all that is left where there is none.</summary>
    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> names)
    {
        int end = names.IndexOf((byte)0);
        return end < 0 ? names : names[..(end + 1)];
    }
}
