using System.Text.RegularExpressions;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Applies hooks to a C file in the kernel's style: a definition begins and its closing brace
/// stands in the first column. An anchor that is not there, or more than once, is an error that
/// names the function: a wrong module is worse than none.
/// </summary>
internal static class HookPatch
{
    /// <summary>
    /// The file with all of its hooks; <paramref name="hooks"/> of other files are passed over.
    /// </summary>
    /// <exception cref="FormatException">
    /// A scope or an anchor that is not there just once.
    /// </exception>
    public static string Apply(string file, string source, IEnumerable<Hook> hooks)
    {
        List<string> lines = [.. source.Split('\n')];
        foreach (Hook hook in hooks.Where(hook => hook.File == file))
            Apply(lines, hook);
        return string.Join('\n', lines);
    }

    private static void Apply(List<string> lines, Hook hook)
    {
        (int first, int end) = Region(lines, hook);
        int found = -1;
        int count = 0;
        for (int i = first; i < end; i++)
        {
            int times = Count(lines[i], hook.Anchor);
            if (times > 0)
                found = i;
            count += times;
        }

        if (count != 1)
        {
            throw new FormatException(
                $"{hook.File}: {hook.Scope}: '{hook.Anchor}' is there "
                + (count == 0 ? "not at all" : $"{count} times"));
        }

        switch (hook.Place)
        {
            case HookPlace.Before:
                lines.InsertRange(found, hook.Text);
                break;
            case HookPlace.After:
                lines.InsertRange(found + 1, hook.Text);
                break;
            case HookPlace.Instead:
                string replaced = lines[found].Replace(
                    hook.Anchor, string.Join('\n', hook.Text), StringComparison.Ordinal);
                lines.RemoveAt(found);
                lines.InsertRange(found, replaced.Split('\n'));
                break;
            default:
                throw new InvalidOperationException($"unknown place {hook.Place}");
        }
    }

    private static int Count(string line, string anchor)
    {
        int count = 0;
        int at = line.IndexOf(anchor, StringComparison.Ordinal);
        for (; at >= 0; at = line.IndexOf(anchor, at + anchor.Length, StringComparison.Ordinal))
            count++;
        return count;
    }

    /// <summary>Lines of the scope, the one of its closing brace left out.</summary>
    private static (int First, int End) Region(List<string> lines, Hook hook)
    {
        if (hook.Scope.Kind == HookScopeKind.File)
            return (0, lines.Count);
        string name = Regex.Escape(hook.Scope.Name);
        Regex begins = hook.Scope.Kind == HookScopeKind.Struct
            ? new Regex($@"^struct {name} \{{")
            : new Regex($@"^(?:[A-Za-z_].*\b)?{name}\(");
        (int First, int End)? region = null;
        for (int i = 0; i < lines.Count; i++)
        {
            if (!begins.IsMatch(lines[i]) || Extent(lines, i, hook.Scope.Kind) is not { } end)
                continue;
            if (region is not null)
                throw new FormatException($"{hook.File}: {hook.Scope} is there twice");
            region = (i, end);
        }

        return region ?? throw new FormatException($"{hook.File}: {hook.Scope} is not there");
    }

    /// <summary>Where what begins at a line ends; null if it is of another kind.</summary>
    private static int? Extent(List<string> lines, int first, HookScopeKind kind)
    {
        int head = first;
        while (head < lines.Count && !lines[head].EndsWith(';') && !lines[head].EndsWith('{')
            && lines[head] != "{")
        {
            head++;
        }

        if (head == lines.Count)
            return null;
        bool isDeclaration = lines[head].EndsWith(';');
        if (isDeclaration != (kind == HookScopeKind.Declaration))
            return null;
        if (isDeclaration)
            return head + 1;
        int end = lines.FindIndex(head, line => line is "}" or "};");
        return end < 0 ? null : end;
    }
}
