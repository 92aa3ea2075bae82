using FsCheck;
using FsCheck.Fluent;
using HandleCache.Server.Driving;

namespace HandleCache.Testing;

/// <summary>
/// What every server keeps, as properties over random scripts; each test has a mount, and so a
/// server, of its own. Give them to <c>Check</c> or <c>QuickCheckThrowOnFailure</c> of FsCheck,
/// which shortens a script that fails.
/// </summary>
public static class MountProperties
{
    private static readonly string[] ObjectRules =
    [
        DriveRule.EntryIdentity.Name, DriveRule.InodeNumber.Name, DriveRule.GenerationReuse.Name,
        DriveRule.AttrType.Name, DriveRule.RestartObject.Name,
    ];

    /// <summary>
    /// Counts balance: after the script, and after memory was dropped, the server counts for each
    /// nodeid the lookups that the kernel holds.
    /// </summary>
    /// <param name="mount">
    /// Makes a mount with <see cref="ModelMountOptions.ServerCounts"/>.
    /// </param>
    public static Property CountsBalance(Func<ModelMount> mount) => Of(mount, (one, script) =>
    {
        one.Run(script);
        one.CheckCounts();
        one.DropMemory();
        one.CheckCounts();
    });

    /// <summary>
    /// Never the wrong object: a nodeid that the kernel holds is one object, by its generation,
    /// type and inode number. Other rules may be broken.
    /// </summary>
    public static Property NeverTheWrongObject(Func<ModelMount> mount) => Of(
        mount, (one, script) => one.Run(script), fault => ObjectRules.Contains(fault));

    /// <summary>The kernel's cache is valid after each step, whatever the server says.</summary>
    public static Property CacheStaysValid(Func<ModelMount> mount) => Of(
        mount,
        (one, script) =>
        {
            foreach (DriveStep step in script.Steps)
            {
                one.Run(step);
                one.CheckCache();
            }
        },
        _ => false);

    /// <summary>No rule is broken; with the server's counts, where the mount has them.</summary>
    public static Property KeepsTheRules(Func<ModelMount> mount) => Of(mount, (one, script) =>
    {
        one.Run(script);
        one.CheckAll();
    });

    private static Property Of(
        Func<ModelMount> make, Action<ModelMount, MountScript> check,
        Func<string, bool>? counts = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        return Prop.ForAll(ScriptGenerators.Scripts, script =>
        {
            using ModelMount mount = make();
            try
            {
                check(mount, script);
            }
            catch (RuleBrokenException fault) when (counts?.Invoke(fault.Finding.Rule) == false)
            {
                // Another rule, which ends the script and not the property.
            }
        });
    }
}
