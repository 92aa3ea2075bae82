using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Makes a diverging script short: halves, quarters, single calls, as long as it diverges.
/// </summary>
public static class ScriptShrinker
{
    /// <param name="script">Diverges.</param>
    /// <param name="index">The call where it did; what follows goes first.</param>
    /// <param name="diverges">Runs a script; true where it still diverges.</param>
    public static Script Shrink(Script script, int index, Func<Script, bool> diverges)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(diverges);
        List<VfsCall> calls = [.. script.Calls.Take(index + 1)];
        if (!diverges(script with { Calls = calls }))
            return script;
        for (int size = Math.Max(1, calls.Count / 2); size >= 1; size /= 2)
        {
            for (int at = 0; at < calls.Count;)
            {
                List<VfsCall> fewer = [.. calls.Take(at), .. calls.Skip(at + size)];
                if (fewer.Count < calls.Count && diverges(script with { Calls = fewer }))
                    calls = fewer;
                else
                    at += size;
            }
        }

        return script with { Calls = calls };
    }
}
