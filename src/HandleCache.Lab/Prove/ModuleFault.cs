namespace HandleCache.Lab.Prove;

/// <summary>
/// What the kernel module can be told to do wrong, to see that `prove` notices (fault_names of
/// models/linux/slot.c), and the rules of other designs, which are faults of this one (rule_names
/// of form.c).
/// </summary>
/// <param name="Name">Its name to --break and to the module's handle_fault.</param>
/// <param name="Description">What the module then does.</param>
public sealed record ModuleFault(string Name, string Description)
{
    /// <summary>The module without a fault.</summary>
    public const string None = "none";

    /// <summary>Faults that no design asks for.</summary>
    public static IReadOnlyList<ModuleFault> Planted { get; } =
    [
        new("compare-lost", "Handles are not compared"),
        new("bytes-not-compared", "Lengths and types of handles alone are compared"),
        new("type-lost", "The type is neither kept nor compared"),
        new("last-byte-lost", "The last byte of a handle is kept as 0"),
        new("buffer-leaked", "External buffers are not freed"),
        new("inline-one-less", "A handle of just the inline bytes lies in a buffer"),
        new("too-long-cut", "A handle longer than agreed is cut, not refused"),
        new("longest-refused", "A handle of just the agreed maximum is refused"),
        new("plus-unread", "The handles of READDIRPLUS are not looked at"),
        new("parent-omitted", "LOOKUP_HANDLE goes without the parent's handle"),
        new("revalidate-without-parent", "So it does on revalidation alone"),
        new("record-names-root", "The record of LOOKUP_HANDLE names the root"),
        new("epoch-ignored", "FUSE_NOTIFY_INC_EPOCH does nothing"),
    ];

    /// <summary>Rules of v1 to v3 that the design `thread` does not have.</summary>
    public static IReadOnlyList<ModuleFault> OtherRules { get; } =
    [
        new("overwritten-first", "The handle is compared after it was overwritten"),
        new("longest-refused-in-iget", "The longest handle is refused by fuse_iget()"),
        new("absent-stale", "An entry without a handle makes the inode stale"),
        new("absent-refused", "An entry without a handle gives no inode"),
        new("revalidated-without-parent", "No parent's handle on revalidation"),
        new("entry-validity", "Attributes are believed as long as the entry"),
    ];

    public static IReadOnlyList<ModuleFault> All { get; } = [.. Planted, .. OtherRules];

    /// <exception cref="BadInputException">
    /// A name that is no fault's and not "none"; the message lists the known ones.
    /// </exception>
    public static void Require(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (string name in names.Where(name => name != None))
        {
            if (All.All(fault => fault.Name != name))
            {
                throw new BadInputException(
                    $"--break: the module has no fault '{name}'; it has "
                    + string.Join(", ", All.Select(fault => fault.Name)));
            }
        }
    }

    /// <summary>A line for each fault: its name, what the module then does.</summary>
    public static IEnumerable<string> Listing() =>
        All.Select(fault => $"{fault.Name,-28}{fault.Description}");
}
