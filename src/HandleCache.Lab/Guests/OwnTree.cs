namespace HandleCache.Lab.Guests;

/// <summary>A kernel that somebody built: with his own configuration, KASAN or lockdep.</summary>
internal static class OwnTree
{
    private const string Image = "arch/x86/boot/bzImage";
    private const string Release = "include/config/kernel.release";
    private const string Symbols = "Module.symvers";
    private const string Fuse = "fs/fuse";

    /// <param name="folder">Where `make bzImage modules` was run, its source in it.</param>
    /// <param name="version">The first two numbers of its release.</param>
    /// <exception cref="BadInputException">No such kernel was built there.</exception>
    public static ModuleKernel Of(string folder, string version)
    {
        string tree = Path.GetFullPath(folder);
        foreach (string needed in new[] { Image, Release, Symbols, Fuse })
        {
            string path = Path.Combine(tree, needed);
            if (!File.Exists(path) && !Directory.Exists(path))
            {
                throw new BadInputException(
                    $"--tree: {folder} has no {needed}; run 'make bzImage modules' there");
            }
        }

        string release = File.ReadAllText(Path.Combine(tree, Release)).Trim();
        if (!release.StartsWith(version + ".", StringComparison.Ordinal))
            throw new BadInputException($"--tree: {folder} is {release}, not {version}");
        return new ModuleKernel(
            new GuestKernel(version, release, Path.Combine(tree, Image), tree), tree,
            Path.Combine(tree, Fuse))
        {
            MayChange = true,
        };
    }
}
