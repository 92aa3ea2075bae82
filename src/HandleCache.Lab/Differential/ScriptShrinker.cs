using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Makes a diverging script short, as long as it diverges.
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
        return script with
        {
            Calls = ListShrinker.Shrink(
                calls, fewer => diverges(script with { Calls = fewer })),
        };
    }
}
