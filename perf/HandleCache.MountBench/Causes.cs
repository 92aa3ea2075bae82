namespace HandleCache.MountBench;

/// <summary>Why a row may fall short, as the profiles have shown it.</summary>
internal static class Causes
{
    public static string Of(string row) => row switch
    {
        _ => "no profile explains it: within the spread of this machine, or new",
    };
}
