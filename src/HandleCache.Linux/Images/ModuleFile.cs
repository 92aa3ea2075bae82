using System.Text;
using HandleCache.Linux.Btf;

namespace HandleCache.Linux.Images;

/// <summary>A kernel module as a file: unpacked, and what its .modinfo says it needs.</summary>
public sealed class ModuleFile
{
    private const int MaxInfoBytes = 1 << 20;

    private ModuleFile(byte[] content, IReadOnlyList<string> depends)
    {
        Content = content;
        Depends = depends;
    }

    /// <summary>The ELF file, with its signature behind it.</summary>
    public byte[] Content { get; }

    /// <summary>
    /// Names of the modules whose symbols it uses (MODULE_INFO(depends)), as
    /// <see cref="NameOf"/> gives them; what is built in is not among them.
    /// </summary>
    public IReadOnlyList<string> Depends { get; }

    /// <summary>
    /// The name that the kernel knows a module by: nfs_acl of nfs_acl.ko.xz, with '_' where the
    /// file has '-'.
    /// </summary>
    public static string NameOf(string path) =>
        Path.GetFileName(path).Split(".ko")[0].Replace('-', '_');

    /// <summary>Reads one, packed or not; false with a message where it is none.</summary>
    public static bool TryRead(string path, out ModuleFile? module, out string? error)
    {
        module = null;
        byte[] content = File.ReadAllBytes(path);
        if (Packing.NameOf(content) is not null)
        {
            byte[] packed = content;
            if (!Packing.TryUnpack(packed, sized: false, out content, out error))
                return Fail(path, error, out error);
        }

        if (!content.AsSpan().StartsWith(ElfFile.Magic))
            return Fail(path, "no ELF file", out error);
        using MemoryStream stream = new(content);
        if (!ElfFile.TryRead(stream, out ElfFile? elf, out error))
            return Fail(path, error, out error);
        byte[]? about = elf!.Section(".modinfo", MaxInfoBytes, out error);
        if (about is null)
            return Fail(path, error ?? "no section .modinfo", out error);
        module = new ModuleFile(content, DependsIn(about));
        return true;
    }

    private static string[] DependsIn(byte[] about)
    {
        const string Key = "depends=";
        string? line = Encoding.UTF8.GetString(about).Split('\0')
            .FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal));
        return
        [
            .. (line?[Key.Length..] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(name => name.Replace('-', '_')),
        ];
    }

    private static bool Fail(string path, string? why, out string? error)
    {
        error = $"{path}: {why}";
        return false;
    }
}
