using HandleCache.Linux.Btf;

namespace HandleCache.Linux.Images;

/// <summary>
/// A kernel as its users have it: vmlinux, vmlinuz, raw BTF, a module beside its kernel, or a
/// package of one; read without installing or unpacking anything.
/// </summary>
public sealed class KernelFile
{
    private const string Wanted = "fuse_inode";

    private KernelFile(string path, BtfFile types, KernelPart part, KernelFile? kernel)
    {
        Path = path;
        Types = types;
        Release = part.Release ?? kernel?.Release;
        Machine = part.Machine != 0 ? part.Machine : kernel?.Machine ?? 0;
        Config = part.Config ?? kernel?.Config;
    }

    /// <summary>The file it was asked of.</summary>
    public string Path { get; }

    /// <summary>Its types; a module's with those of its kernel.</summary>
    public BtfFile Types { get; }

    /// <summary>uname -r of the kernel; null where nothing in the file tells it.</summary>
    public string? Release { get; }

    /// <summary>e_machine of ELF; 0 where the file is BTF alone.</summary>
    public int Machine { get; }

    /// <summary>How it was configured; null where the file does not tell.</summary>
    public KernelConfig? Config { get; private set; }

    /// <summary>
    /// Reads a kernel. <paramref name="basePath"/> is the kernel of a module, in any of the same
    /// forms, or null.
    /// </summary>
    public static bool TryOpen(
        string path, string? basePath, out KernelFile? file, out KernelFileError? error)
    {
        file = null;
        KernelFile? kernel = null;
        if (basePath is not null && !TryOpen(basePath, null, out kernel, out error))
            return false;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
            using Stream whole = stream.CanSeek ? stream : InMemory(stream);
            byte[] head = new byte[8];
            int got = whole.ReadAtLeast(head, head.Length, false);
            whole.Position = 0;
            if (PackageFiles.IsOne(head.AsSpan(0, got)))
                return TryPackage(path, whole, kernel, out file, out error);
            if (!KernelPart.TryRead(path, whole, out KernelPart? part, out error)
                || !TryJoin(path, part!, kernel, out file, out error))
            {
                return false;
            }

            file!.Config ??= ConfigBeside(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail($"{path}: {e.Message}", out error);
        }
    }

    private static bool TryJoin(
        string path, KernelPart part, KernelFile? kernel,
        out KernelFile? file, out KernelFileError? error)
    {
        file = null;
        if (!part.IsModule && kernel is not null)
            return Fail($"{part.Name}: a whole kernel, which goes on from no other", out error);
        if (part.IsModule && kernel is null)
        {
            return Fail(
                $"{part.Name}: the BTF of a module goes on from that of its kernel; give it with "
                + "--btf-base FILE", out error);
        }

        if (part.Release is { } own && kernel?.Release is { } other && own != other)
        {
            return Fail(
                $"{part.Name}: a module of {own}; {kernel.Path} is {other}", out error);
        }

        if (!BtfFile.TryParse(part.Btf, kernel?.Types, out BtfFile? types, out BtfError wrong))
        {
            string hint = kernel is null ? "" : $" (is it a module of {kernel.Path}?)";
            return Fail($"{part.Name}: {wrong}{hint}", out error);
        }

        file = new KernelFile(path, types!, part, kernel);
        error = null;
        return true;
    }

    /// <summary>
    /// The kernel of a package with its config; its fuse module, too, where FUSE is one. Reads no
    /// further than it must.
    /// </summary>
    private static bool TryPackage(
        string path, Stream package, KernelFile? kernel,
        out KernelFile? file, out KernelFileError? error)
    {
        file = null;
        KernelConfig? config = null;
        KernelPart? module = null;
        KernelFileError? moduleError = null;
        try
        {
            foreach ((string entry, Stream content) in PackageFiles.Of(package))
            {
                string name = System.IO.Path.GetFileName(entry);
                if (IsConfig(entry, name))
                {
                    using StreamReader reader = new(content);
                    config = KernelConfig.Parse(reader.ReadToEnd());
                }
                else if (file is null && IsImage(name))
                {
                    if (!KernelPart.TryRead(
                            $"{path}: {name}", InMemory(content), out KernelPart? part, out error)
                        || !TryJoin(path, part!, null, out file, out error))
                    {
                        return false;
                    }
                }
                else if (name.StartsWith("fuse.ko", StringComparison.Ordinal))
                {
                    KernelPart.TryRead(
                        $"{path}: {name}", InMemory(content), out module, out moduleError);
                }

                // Debian has the config ahead of the kernel: what is behind both is modules.
                bool enough = file?.Types.FindStruct(Wanted) >= 0
                    && (config ?? file?.Config) is not null;
                if (enough)
                    break;
            }
        }
        catch (Exception e) when (e is not (OutOfMemoryException or UnauthorizedAccessException))
        {
            // Each library has exceptions of its own for the same thing.
            return Fail($"{path}: package damaged or cut ({e.Message})", out error);
        }

        file ??= kernel;
        if (file is null && module is null && moduleError is null)
        {
            return Fail($"{path}: no kernel (vmlinuz, vmlinux) in the package", out error);
        }

        if (file is null || file.Types.FindStruct(Wanted) < 0)
        {
            error = moduleError;
            if (moduleError is not null || (module is not null
                && !TryJoin(path, module, file, out file, out error)))
            {
                file = null;
                return false;
            }
        }

        file!.Config = config ?? file.Config;
        error = null;
        return true;
    }

    /// <summary>
    /// boot/config-RELEASE beside boot/vmlinuz-RELEASE, as installed; null where there is none.
    /// </summary>
    private static KernelConfig? ConfigBeside(string path)
    {
        string[] name = System.IO.Path.GetFileName(path).Split('-', 2);
        if (name.Length < 2 || !IsImage(name[0]))
            return null;
        string? folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path));
        string config = System.IO.Path.Combine(folder ?? "/", $"config-{name[1]}");
        return File.Exists(config)
            ? KernelConfig.Parse(File.ReadAllText(config))
            : null;
    }

    private static bool IsImage(string name) =>
        name.StartsWith("vmlinuz", StringComparison.Ordinal)
        || name.StartsWith("vmlinux", StringComparison.Ordinal);

    /// <summary>boot/config-RELEASE of Debian, lib/modules/RELEASE/config of Fedora.</summary>
    private static bool IsConfig(string entry, string name) =>
        entry.Contains("boot/config-", StringComparison.Ordinal)
        || (name == "config" && entry.Contains("lib/modules/", StringComparison.Ordinal)
            && entry.Split("lib/modules/")[1].Count(c => c == '/') == 1);

    private static MemoryStream InMemory(Stream stream)
    {
        MemoryStream memory = new();
        Packing.CopyAll(stream, memory);
        memory.Position = 0;
        return memory;
    }

    private static bool Fail(string message, out KernelFileError? error)
    {
        error = new KernelFileError(false, message);
        return false;
    }
}
