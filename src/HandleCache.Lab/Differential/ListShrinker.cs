namespace HandleCache.Lab.Differential;

/// <summary>
/// Makes a failing list short: halves, quarters, single items, as long as it fails.
/// </summary>
public static class ListShrinker
{
    /// <param name="items">Fail.</param>
    /// <param name="fails">Whether others still do.</param>
    public static IReadOnlyList<T> Shrink<T>(
        IReadOnlyList<T> items, Func<IReadOnlyList<T>, bool> fails)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(fails);
        IReadOnlyList<T> left = items;
        for (int size = Math.Max(1, left.Count / 2); size >= 1; size /= 2)
        {
            for (int at = 0; at < left.Count;)
            {
                List<T> fewer = [.. left.Take(at), .. left.Skip(at + size)];
                if (fewer.Count < left.Count && fails(fewer))
                    left = fewer;
                else
                    at += size;
            }
        }

        return left;
    }
}
