using System.Globalization;
using HandleCache.Protocol;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Chooses places in a scratch directory, and makes up names.</summary>
internal sealed class NamePicker(SplitMix64 random, Scratch scratch)
{
    private const int LongestName = 255;

    private int _nextName;

    public ShadowNode Directory() => random.PickFrom(scratch.Directories);

    /// <summary>A name nobody has, one in ten of it with bytes that are hard to carry.</summary>
    public ShadowName Free()
    {
        string number = string.Create(CultureInfo.InvariantCulture, $"n{_nextName++}");
        string name = random.Below(30) switch
        {
            0 => number + " \n\t'\"\\%s",
            1 => number + "\u00FF\u00C3\u0080\u0001",
            2 => number.PadRight(LongestName, 'x'),
            _ => number,
        };
        return new ShadowName(Directory(), name);
    }

    /// <summary>Mostly a free name, else one that is taken.</summary>
    public ShadowName FreeOrTaken() =>
        random.Chance(80) ? Free() : Taken(_ => true) ?? Free();

    /// <summary>Mostly a taken name that fits, else a free one.</summary>
    public ShadowName TakenOrFree(Func<ShadowNode, bool> fits) =>
        random.Chance(95) ? Taken(fits) ?? Free() : Free();

    /// <summary>A taken name, or null when there is none that fits.</summary>
    public ShadowName? Taken(Func<ShadowNode, bool> fits)
    {
        int start = random.Below(scratch.Directories.Count);
        for (int i = 0; i < scratch.Directories.Count; i++)
        {
            ShadowNode directory = scratch.Directories[(start + i) % scratch.Directories.Count];
            List<string> names = [.. directory.Children
                .Where(child => fits(child.Value)).Select(child => child.Key)];
            if (names.Count > 0)
                return new ShadowName(directory, random.PickFrom(names));
        }

        return null;
    }
}
