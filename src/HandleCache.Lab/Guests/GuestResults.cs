namespace HandleCache.Lab.Guests;

/// <summary>
/// Results of one guest after another: each takes minutes, and what keeps a later one from its
/// own costs none of those that are there.
/// </summary>
internal static class GuestResults
{
    /// <summary>
    /// Adds what <paramref name="next"/> gives. Where that fails and nothing is there yet, so
    /// fails the whole; else <paramref name="failed"/> makes a row of the reason.
    /// </summary>
    public static void Add<TRow>(
        List<TRow> rows, Func<IEnumerable<TRow>> next, Func<string, TRow> failed)
    {
        try
        {
            foreach (TRow row in next())
                rows.Add(row);
        }
        catch (Exception e) when (
            rows.Count > 0 && e is LabException or IOException or UnauthorizedAccessException)
        {
            rows.Add(failed(e.Message));
        }
    }
}
