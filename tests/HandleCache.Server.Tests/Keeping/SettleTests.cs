using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Tests.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Keeping;

/// <summary>The table of <see cref="ResentRule"/>, row by row, both ways.</summary>
public sealed class SettleTests : IDisposable
{
    private readonly List<(ResentRule Rule, bool Known)> _settled = [];
    private readonly ServedFolder _folder;

    public SettleTests() => _folder = new ServedFolder(new PassthroughOptions
    {
        Settled = (rule, known) => _settled.Add((rule, known)),
    });

    public void Dispose() => _folder.Dispose();

    private Errno Again(FuseOpcode opcode, params byte[][] arguments) =>
        _folder.Client.CallAgain(opcode, 1, arguments).Errno;

    private static byte[] Name(string name) => FuseClient.Name(name);

    private void Holds(ResentRule rule) => Assert.Equal([(rule, true)], _settled);

    [Fact]
    public void A_directory_that_is_there_was_made_by_the_request()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "d"));
        byte[] mkdir = FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 });
        Assert.Equal(
            Errno.EEXIST, _folder.Client.Call(FuseOpcode.FUSE_MKDIR, 1, mkdir, Name("d")).Errno);
        Assert.Empty(_settled);
        Assert.Equal(Errno.None, Again(FuseOpcode.FUSE_MKDIR, mkdir, Name("d")));
        Holds(ResentRule.MakeDirectory);
    }

    [Fact]
    public void A_file_where_a_directory_was_to_be_made_is_somebody_elses()
    {
        _folder.Write("d", "");
        byte[] mkdir = FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 });
        Assert.Equal(Errno.EEXIST, Again(FuseOpcode.FUSE_MKDIR, mkdir, Name("d")));
        Assert.Empty(_settled);
    }

    [Fact]
    public void A_request_that_was_not_applied_is_just_done()
    {
        byte[] mkdir = FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 });
        Assert.Equal(Errno.None, Again(FuseOpcode.FUSE_MKDIR, mkdir, Name("new")));
        Assert.True(Directory.Exists(Path.Combine(_folder.Path, "new")));
        Assert.Empty(_settled);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("somebody's data", false)]
    public void An_exclusive_create_made_the_file_that_is_still_empty(string text, bool applied)
    {
        _folder.Write("f", text);
        byte[] create = FuseClient.Bytes(new fuse_create_in
        {
            flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive,
            mode = FileModes.Regular644,
        });
        Assert.Equal(
            applied ? Errno.None : Errno.EEXIST,
            Again(FuseOpcode.FUSE_CREATE, create, Name("f")));
        Assert.Equal(applied ? 1 : 0, _settled.Count);
        Assert.Equal(text, File.ReadAllText(Path.Combine(_folder.Path, "f")));
    }

    [Fact]
    public void Who_made_a_file_before_the_crash_gets_it_open_whatever_its_mode()
    {
        const uint FattrMode = 1;
        byte[] openToAll = FuseClient.Bytes(
            new fuse_setattr_in { valid = FattrMode, mode = FileModes.Octal777 });
        _folder.Client.Call(FuseOpcode.FUSE_SETATTR, 1, openToAll);
        _folder.Client.Uid = 1000;
        byte[] create = FuseClient.Bytes(new fuse_create_in
        {
            flags = OpenFlags.ReadWrite | OpenFlags.Create,
            mode = 0x8000,
        });
        Errno Made(string name) =>
            _folder.Client.Call(FuseOpcode.FUSE_CREATE, 1, create, Name(name)).Errno;

        Assert.Equal(Errno.None, Made("f"));
        Assert.Equal(Errno.ESTALE, Made("f"));
        Assert.Equal(Errno.None, Again(FuseOpcode.FUSE_CREATE, create, Name("f")));
        Holds(ResentRule.Create);
    }

    [Theory]
    [InlineData("there", true)]
    [InlineData("elsewhere", false)]
    public void A_symlink_was_made_if_it_has_the_target(string target, bool applied)
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "s"), "there");
        Assert.Equal(
            applied ? Errno.None : Errno.EEXIST,
            Again(FuseOpcode.FUSE_SYMLINK, Name("s"), Name(target)));
        Assert.Equal(applied ? 1 : 0, _settled.Count);
    }

    [Theory]
    [InlineData(0x1000u, true)]
    [InlineData(0xC000u, false)]
    public void A_node_was_made_if_it_has_the_type(uint type, bool applied)
    {
        byte[] fifo = FuseClient.Bytes(new fuse_mknod_in { mode = 0x11A4 });
        Assert.Equal(
            Errno.None, _folder.Client.Call(FuseOpcode.FUSE_MKNOD, 1, fifo, Name("n")).Errno);
        byte[] again = FuseClient.Bytes(new fuse_mknod_in { mode = type | FileModes.Octal644 });
        Assert.Equal(
            applied ? Errno.None : Errno.EEXIST, Again(FuseOpcode.FUSE_MKNOD, again, Name("n")));
        Assert.Equal(applied ? 1 : 0, _settled.Count);
    }

    [Theory]
    [InlineData("f", true)]
    [InlineData("g", false)]
    public void A_link_was_made_if_the_name_is_that_object(string other, bool applied)
    {
        _folder.Write("f", "f");
        _folder.Write("g", "g");
        ulong nodeid = _folder.Client.LookupNode(1, "f");
        byte[] link = FuseClient.Bytes(new fuse_link_in { oldnodeid = nodeid });
        Assert.Equal(
            applied ? Errno.None : Errno.EEXIST, Again(FuseOpcode.FUSE_LINK, link, Name(other)));
        Assert.Equal(applied ? 1 : 0, _settled.Count);
    }

    [Theory]
    [InlineData(FuseOpcode.FUSE_UNLINK)]
    [InlineData(FuseOpcode.FUSE_RMDIR)]
    public void A_name_that_is_gone_was_removed_by_the_request(FuseOpcode opcode)
    {
        Assert.Equal(Errno.ENOENT, _folder.Client.Call(opcode, 1, Name("gone")).Errno);
        Assert.Equal(Errno.None, Again(opcode, Name("gone")));
        Holds(ResentRule.Remove);
    }

    [Fact]
    public void A_rename_was_done_if_only_the_new_name_is_there()
    {
        _folder.Write("new", "x");
        byte[] rename = FuseClient.Bytes(new fuse_rename2_in { newdir = 1 });
        Assert.Equal(
            Errno.None, Again(FuseOpcode.FUSE_RENAME2, rename, Name("old"), Name("new")));
        Holds(ResentRule.Rename);
        Assert.Equal(
            Errno.ENOENT, Again(FuseOpcode.FUSE_RENAME2, rename, Name("old"), Name("none")));
        Assert.Single(_settled);
    }

    [Fact]
    public void An_exchange_cannot_be_known_is_not_done_again_and_is_counted()
    {
        _folder.Write("a", "a");
        _folder.Write("b", "b");
        byte[] rename = FuseClient.Bytes(new fuse_rename2_in { newdir = 1, flags = 2 });
        Assert.Equal(Errno.EIO, Again(FuseOpcode.FUSE_RENAME2, rename, Name("a"), Name("b")));
        Assert.Equal([(ResentRule.RenameExchange, false)], _settled);
        Assert.Equal("a", File.ReadAllText(Path.Combine(_folder.Path, "a")));
    }
}
