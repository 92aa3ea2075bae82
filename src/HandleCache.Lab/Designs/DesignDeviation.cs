using HandleCache.Model.Designs;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Designs;

/// <summary>
/// One point in which a design departs from the sound rule, with the design as it would be in that
/// point alone, and without any.
/// </summary>
/// <param name="Item">Item of PROPOSALS.md, section 3; 0 where it is none of these.</param>
/// <param name="Name">Kebab-case.</param>
/// <param name="Setting">The field of the design file and its value.</param>
/// <param name="Description">What goes wrong.</param>
/// <param name="With">The design with this one departure.</param>
/// <param name="Without">The design with none.</param>
/// <param name="AsPosted">The defect as a proposal has it, where one does.</param>
internal sealed record DesignDeviation(
    int Item, string Name, string Setting, string Description, WireDesign With,
    WireDesign Without, DialectDefect? AsPosted)
{
    /// <summary>Every departure of a design, by item.</summary>
    public static IReadOnlyList<DesignDeviation> Of(WireDesign design)
    {
        WireDesign sound = SoundOf(design);
        List<DesignDeviation> all = [];
        foreach (DesignDefect defect in DesignDefect.All)
        {
            if ((design.Defects & defect.Flag) == 0)
                continue;
            all.Add(new(
                defect.Item, NameOf(defect), defect.Setting, defect.Description,
                sound with { Defects = defect.Flag }, sound, defect.AsPosted));
        }

        void AddIdentity(bool isLeftOut, string what, string description, WireDesign with)
        {
            if (isLeftOut)
            {
                all.Add(new(
                    0, $"{what}-not-compared", $"identity.compares without {what}", description,
                    with, sound, null));
            }
        }

        HandleIdentity own = design.Identity;
        HandleIdentity best = sound.Identity;
        AddIdentity(
            !own.ComparesGeneration && !design.IsFusex, "generation",
            "an inode outlives its nodeid's second use",
            sound with { Identity = best with { ComparesGeneration = false } });
        AddIdentity(
            !own.ComparesFileType, "type", "an inode changes from file to directory",
            sound with { Identity = best with { ComparesFileType = false } });
        AddIdentity(
            !own.ComparesHandle && design.HasHandles, "handle",
            "an entry of another object is taken for the cached inode",
            sound with { Identity = best with { ComparesHandle = false } });
        if (design.IsFusex && !design.HasHandles)
        {
            all.Add(new(
                0, "nothing-tells-second-use", "negotiation.maximum: 0",
                "a nodeid's second use is taken for the first: an entry has neither generation "
                    + "nor handle",
                sound,
                sound with { MaxHandleBytes = DesignDefaults.Of(design.Framing).MaxHandleBytes },
                null));
        }

        if (design.Carriage == HandleCarriage.None && design.HasHandles)
        {
            all.Add(new(
                0, "no-parent-handle", "carried.by: none",
                "LOOKUP is answered for another directory (T8)",
                sound with { Carriage = HandleCarriage.None }, sound, null));
        }

        return all;
    }

    /// <summary>The design with the rules that it breaks mended, and as it is otherwise.</summary>
    public static WireDesign SoundOf(WireDesign design) => design.WithoutDefects() with
    {
        Identity = HandleIdentity.Sound with { FoundByHandle = design.Identity.FoundByHandle },
        Carriage = design.Carriage == HandleCarriage.None && design.HasHandles
            ? HandleCarriage.LookupParent
            : design.Carriage,
    };

    /// <summary>Without the proposal it was first seen in.</summary>
    private static string NameOf(DesignDefect defect)
    {
        string posted = defect.AsPosted.Name;
        return posted[(posted.IndexOf('-', StringComparison.Ordinal) + 1)..];
    }
}
