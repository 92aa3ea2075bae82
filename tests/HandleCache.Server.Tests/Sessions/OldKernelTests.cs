using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>Structs that were shorter in older kernels (ABI.md).</summary>
public sealed class OldKernelTests
{
    private const ulong AllButSetxattrExt = 0xFFFF_FFFF & ~(1UL << 29);

    [Fact]
    public void An_INIT_of_16_bytes_as_before_7_36_is_answered()
    {
        using InMemoryKernel kernel = new(new OneAttribute());
        fuse_init_in init = new() { major = 7, minor = 31, max_readahead = 4096, flags = 1 };
        Answer answer = kernel.Ask(
            FuseOpcode.FUSE_INIT, 0, InMemoryKernel.Of(init).AsSpan(0, 16).ToArray());
        Assert.Equal(Errno.None, answer.Errno);
        fuse_init_out agreed = answer.Read<fuse_init_out>();
        Assert.Equal((1u, 4096u), (agreed.flags, agreed.max_readahead));
    }

    [Fact]
    public void An_INIT_shorter_than_16_bytes_ends_the_session()
    {
        using InMemoryKernel kernel = new(new OneAttribute());
        kernel.Send(FuseOpcode.FUSE_INIT, 0, new byte[15]);
        Assert.False(kernel.Client.TryReceive(new byte[100], TimeSpan.FromMilliseconds(50), out _));
        kernel.Stop();
        Assert.Contains("expected INIT", kernel.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SETXATTR_without_SETXATTR_EXT_has_its_name_behind_size_and_flags()
    {
        OneAttribute fileSystem = new();
        using InMemoryKernel kernel = new(fileSystem);
        Assert.Equal(Errno.None, kernel.Init(7, 31, AllButSetxattrExt).Errno);
        byte[] sizeAndFlags = [5, 0, 0, 0, 1, 0, 0, 0];
        Answer answer = kernel.Ask(FuseOpcode.FUSE_SETXATTR, 1,
            sizeAndFlags, InMemoryKernel.Name("security.name"), "value"u8.ToArray());
        Assert.Equal(Errno.None, answer.Errno);
        Assert.Equal(("security.name", "value", 1u), fileSystem.Set);
    }

    private sealed class OneAttribute : FileSystem
    {
        public (string Name, string Value, uint Flags) Set { get; private set; }

        public override Errno SetXattr(
            in RequestContext context,
            in fuse_setxattr_in arguments,
            ReadOnlySpan<byte> name,
            ReadOnlySpan<byte> value)
        {
            Set = (Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value), arguments.flags);
            return Errno.None;
        }
    }
}
