using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>
/// Who can send any request reaches nothing outside of the source (README.md, security).
/// </summary>
public sealed class BoundaryTests : IDisposable
{
    private const ulong Root = 1;

    private readonly string _outside = Directory.CreateTempSubdirectory("hc-outside-").FullName;
    private readonly ServedFolder _served = new();

    public BoundaryTests() => File.WriteAllText(Path.Combine(_outside, "secret"), "secret");

    public void Dispose()
    {
        _served.Dispose();
        Directory.Delete(_outside, recursive: true);
    }

    [Fact]
    public void The_parent_of_the_root_is_the_root()
    {
        Reply self = _served.Client.GetAttr(Root);
        Reply parent = _served.Client.Lookup(Root, "..");
        Assert.Equal(Errno.None, parent.Errno);
        Assert.Equal(self.Struct<fuse_attr_out>(0).attr.ino, parent.Entry.attr.ino);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("a/..")]
    [InlineData("/")]
    [InlineData("")]
    public void A_name_with_a_slash_or_without_a_letter_is_EINVAL(string name)
    {
        Directory.CreateDirectory(Path.Combine(_served.Path, "a"));
        Assert.Equal(Errno.EINVAL, _served.Client.Lookup(Root, name).Errno);
        Assert.Equal(Errno.EINVAL, _served.Client.Create(Root, name).Errno);
        Assert.Equal(
            Errno.EINVAL,
            _served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name(name)).Errno);
    }

    [Fact]
    public void A_symbolic_link_is_never_followed_by_the_server()
    {
        File.CreateSymbolicLink(
            Path.Combine(_served.Path, "out"), Path.Combine(_outside, "secret"));
        File.CreateSymbolicLink(Path.Combine(_served.Path, "dir"), _outside);
        Reply link = _served.Client.Lookup(Root, "out");
        Assert.Equal(FileModes.Symlink, link.Entry.attr.mode & FileModes.TypeMask);
        ulong directory = _served.Client.LookupNode(Root, "dir");

        Assert.NotEqual(
            Errno.None, _served.Client.Open(link.Entry.nodeid, OpenFlags.ReadOnly).Errno);
        Assert.NotEqual(Errno.None, _served.Client.Lookup(directory, "secret").Errno);
        Assert.NotEqual(Errno.None, _served.Client.Create(directory, "made").Errno);
        Assert.Equal(["secret"], Directory.GetFiles(_outside).Select(Path.GetFileName));
        fuse_setattr_in chmod = new()
        {
            valid = (uint)FuseSetattrValid.FATTR_MODE,
            mode = FileModes.Regular,
        };
        uint before = ModeOf("secret");
        _served.Client.Call(
            FuseOpcode.FUSE_SETATTR, link.Entry.nodeid, FuseClient.Bytes(chmod));
        Assert.Equal(before, ModeOf("secret"));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(2ul)]
    [InlineData(1ul << 32 | 7)]
    [InlineData(1ul << 63 | 2)]
    [InlineData(ulong.MaxValue)]
    public void A_nodeid_that_was_never_given_is_ESTALE_whatever_is_asked(ulong nodeid)
    {
        Assert.Equal(Errno.ESTALE, _served.Client.GetAttr(nodeid).Errno);
        Assert.Equal(Errno.ESTALE, _served.Client.Lookup(nodeid, "a").Errno);
        Assert.Equal(Errno.ESTALE, _served.Client.Lookup(nodeid, ".").Errno);
        Assert.Equal(Errno.ESTALE, _served.Client.Open(nodeid, OpenFlags.ReadOnly).Errno);
    }

    [Fact]
    public void An_open_file_that_was_never_given_is_EBADF()
    {
        File.WriteAllText(Path.Combine(_served.Path, "f"), "x");
        ulong node = _served.Client.LookupNode(Root, "f");
        Assert.Equal(Errno.EBADF, _served.Client.Read(node, 12345, 0, 100).Errno);
        Assert.Equal(Errno.EBADF, _served.Client.Write(node, 12345, 0, [1]).Errno);
    }

    /// <summary>
    /// A handle of the same file system outside of a directory served is no nodeid of it, since
    /// stateless nodeids are refused there (<see cref="StatelessNodes"/>).
    /// </summary>
    [Fact]
    public void A_handle_of_a_file_outside_is_no_nodeid_of_a_directory_served()
    {
        using FileDescriptor secret = Files.Open(
            Path.Combine(_outside, "secret"), OpenFlags.ReadOnly);
        Assert.Equal(Errno.None, FileHandles.Get(secret, out FileHandleBuffer handle));
        ulong nodeid = StatelessNodes.For(handle)?.NodeIdOf(handle) ?? 0;
        Assert.Equal(Errno.ESTALE, _served.Client.Lookup(nodeid, ".").Errno);
    }

    private uint ModeOf(string name)
    {
        using FileDescriptor file = Files.Open(Path.Combine(_outside, name), OpenFlags.ReadOnly);
        Assert.Equal(
            Errno.None, Metadata.Statx(file, StatxMask.BasicStats, out Statx statx));
        return statx.Mode;
    }
}
