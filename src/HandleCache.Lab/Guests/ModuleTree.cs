using HandleCache.Linux.Images;

namespace HandleCache.Lab.Guests;

/// <summary>The modules of an unpacked kernel package, which has no modules.dep yet.</summary>
internal sealed class ModuleTree
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <param name="folder">Where the package was unpacked.</param>
    public ModuleTree(string folder)
    {
        EnumerationOptions everywhere = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        foreach (string file in Directory.EnumerateFiles(folder, "*.ko*", everywhere))
            _files.TryAdd(ModuleFile.NameOf(file), file);
    }

    /// <summary>
    /// The modules named and those they need, each behind what it needs. A name without a file
    /// is left out: it is built in, or this kernel has no such thing, which shows when it is used.
    /// </summary>
    /// <exception cref="MissingRequirementException">A module's file is damaged.</exception>
    public IReadOnlyList<GuestModule> LoadOrder(IEnumerable<string> names)
    {
        List<GuestModule> order = [];
        HashSet<string> seen = [];
        foreach (string name in names)
            Add(name, order, seen);
        return order;
    }

    private void Add(string name, List<GuestModule> order, HashSet<string> seen)
    {
        if (!seen.Add(name) || !_files.TryGetValue(name, out string? file))
            return;
        if (!ModuleFile.TryRead(file, out ModuleFile? module, out string? error))
            throw new MissingRequirementException(error!);
        foreach (string needed in module!.Depends)
            Add(needed, order, seen);
        order.Add(new GuestModule(name, module.Content));
    }
}

/// <summary>A module for a guest.</summary>
/// <param name="Name">As the kernel knows it; its file is called NAME.ko.</param>
/// <param name="Content">Unpacked.</param>
internal sealed record GuestModule(string Name, byte[] Content);
