using System.Text;
using HandleCache.Linux.Images;
using Xunit;

namespace HandleCache.Linux.Tests.Images;

/// <summary>Modules as files: what they need, packed or not.</summary>
public sealed class ModuleFileTests
{
    private const string Info = "license=GPL\0depends=sunrpc,auth-rpcgss\0name=nfsd\0";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_module_says_what_it_needs_packed_or_not(bool isPacked)
    {
        using TempFolder folder = new();
        byte[] plain = Module(Info);
        string path = Write(folder, isPacked ? KernelBlob.Gzip(plain) : plain);
        Assert.True(ModuleFile.TryRead(path, out ModuleFile? module, out string? error), error);
        Assert.Equal(["sunrpc", "auth_rpcgss"], module!.Depends);
        Assert.Equal(plain, module.Content);
    }

    [Theory]
    [InlineData("depends=\0name=sunrpc\0")]
    [InlineData("name=sunrpc\0")]
    public void A_module_that_needs_none_depends_on_nothing(string info)
    {
        using TempFolder folder = new();
        string path = Write(folder, Module(info));
        Assert.True(ModuleFile.TryRead(path, out ModuleFile? module, out _));
        Assert.Empty(module!.Depends);
    }

    [Fact]
    public void What_is_no_module_is_an_error_that_names_the_file()
    {
        using TempFolder folder = new();
        (byte[] Content, string Message)[] wrong =
        [
            ([.. "#!/bin/sh\n"u8], "no ELF file"),
            (KernelBlob.Elf(1, (".text", [1, 2, 3])), "no section .modinfo"),
            ([0xfd, .. "7zXZ\0"u8, 1, 2, 3], "xz: damaged or cut"),
            (KernelBlob.Gzip(Module(Info))[..40], "ELF section table"),
            (Module(Info)[..32], "ELF header is cut short"),
        ];
        foreach ((byte[] content, string message) in wrong)
        {
            string path = Write(folder, content);
            Assert.False(ModuleFile.TryRead(path, out _, out string? error));
            Assert.StartsWith(path + ": ", error, StringComparison.Ordinal);
            Assert.Contains(message, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/lib/modules/x/kernel/fs/nfs_common/nfs_acl.ko.xz", "nfs_acl")]
    [InlineData("auth-rpcgss.ko", "auth_rpcgss")]
    public void The_kernel_knows_a_module_by_its_file_with_underscores(
        string path, string name) => Assert.Equal(name, ModuleFile.NameOf(path));

    private static byte[] Module(string info) =>
        KernelBlob.Elf(1, (".modinfo", Encoding.ASCII.GetBytes(info)));

    private static string Write(TempFolder folder, byte[] content)
    {
        string path = Path.Combine(folder.Path, "m.ko");
        File.WriteAllBytes(path, content);
        return path;
    }
}
