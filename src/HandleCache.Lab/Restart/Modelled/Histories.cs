using HandleCache.Protocol;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>A history and how it is called.</summary>
internal sealed record History(string Name, IReadOnlyList<WorldStep> Steps);

/// <summary>The histories that are explored: a script for each hazard, then random ones.</summary>
internal static class Histories
{
    private static readonly (string Name, string Steps)[] Scripts =
    [
        ("paths", "lookup d; stat d/a; stat d/b; mknod d/c; stat d/c; shrink; stat d/a"),
        ("open files", "open d/a 1; read 1; open d/b 2; read 2; stat d/a; close 2; read 1"),
        ("open directory", "open d 1; statat 1 a; stat d/a; statat 1 b; open e/f 2; read 2"),
        ("unlinked while open", "open d/a 1; read 1; unlink d/a; read 1; mknod d/a; stat d/a"),
        ("renamed", "stat d/a; open d/a 1; rename d/a z; stat d/z; rename d y; stat y/z; read 1"),
        ("number used again", "open d/a 1; unlink d/b; mknod d/n; stat d/n; open d/n 2; read 1"),
        ("hard link", "open d/a 1; link d/a e/l; stat e/l; unlink d/a; read 1; stat e/l"),
        ("deep", "mkdir e/g; mkdir e/g/h; mknod e/g/h/i; open e/g/h/i 1; read 1; stat e/g/h/i"),
    ];

    /// <summary>
    /// Files that the store holds when the mount begins, with the directories above them.
    /// </summary>
    public static IReadOnlyList<string> Planted { get; } =
        ["d/a", "d/b", "e/f"];

    /// <summary>
    /// What somebody does behind the mount between crash and restart; the empty one does nothing.
    /// </summary>
    public static IReadOnlyList<string> Changes { get; } =
        ["", "replace d", "replace d/a", "remove d/a", "move d x", "move d/a w"];

    public static IReadOnlyList<History> Scripted { get; } =
    [
        .. Scripts.Select(s => new History(
            s.Name,
            [.. s.Steps.Split(';', StringSplitOptions.TrimEntries).Select(WorldStep.Parse)])),
    ];

    /// <summary>A seeded history over a handful of names, of 6 to 20 steps.</summary>
    public static History Random(ulong seed, int number)
    {
        SplitMix64 random = new(seed + (ulong)number);
        string[] paths = ["d", "e", "d/a", "d/b", "d/c", "e/f", "e/g", "e/g/h"];
        string[] verbs =
        [
            "stat", "stat", "stat", "lookup", "open", "open", "read", "read", "statat", "close",
            "mknod", "mkdir", "unlink", "rename", "link", "shrink",
        ];
        List<WorldStep> steps = [];
        int length = 6 + random.Below(15);
        while (steps.Count < length)
        {
            string verb = random.PickFrom(verbs);
            string path = random.PickFrom(paths);
            string slot = $"{1 + random.Below(3)}";
            string[] words = verb switch
            {
                "shrink" => [],
                "read" or "close" => [slot],
                "statat" => [slot, random.PickFrom<string>(["a", "b", "c"])],
                "open" => [path, slot],
                "rename" => [path, random.PickFrom<string>(["a", "b", "z"])],
                "link" => [path, random.PickFrom(paths)],
                _ => [path],
            };
            steps.Add(new WorldStep(verb, words));
        }

        return new History($"random {number}", steps);
    }
}
