using HandleCache.Lab.Guests;

namespace HandleCache.Lab.Prove;

/// <summary>Builds the kernel module; what was built before is not built again.</summary>
internal static class ModuleBuild
{
    /// <summary>Name of the module, of its device and of its file system type.</summary>
    public const string Name = "hfuse";

    /// <summary>Path of the module for a kernel.</summary>
    /// <exception cref="MissingRequirementException">
    /// A hook finds no place, or the compiler fails.
    /// </exception>
    public static string Run(
        ModuleKernel kernel, ModuleSources sources, string cache, CancellationToken cancel)
    {
        string folder = Path.Combine(
            Path.GetFullPath(cache), "modules", sources.Version,
            $"build-{kernel.Kernel.Release}-{sources.Digest()}");
        string module = Path.Combine(folder, Name + ".ko");
        if (File.Exists(module) && !kernel.MayChange)
            return module;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        sources.WriteTo(folder, kernel.Fuse);
        string jobs = Math.Min(4, Environment.ProcessorCount).ToString(
            System.Globalization.CultureInfo.InvariantCulture);
        Tool.Outcome made = Tool.Run(
            "make", ["-s", "-j", jobs, "-C", kernel.Headers, $"M={folder}", "modules"], cancel,
            environment: kernel.Environment);
        if (made.ExitCode == 0 && File.Exists(module))
            return module;
        string? first = made.Error.Split('\n').FirstOrDefault(
            line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
        throw new MissingRequirementException(
            $"the module does not build for {kernel.Kernel.Release}: "
            + (first ?? made.Error).Trim());
    }
}
