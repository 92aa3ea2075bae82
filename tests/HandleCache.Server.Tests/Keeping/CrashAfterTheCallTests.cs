using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Tests.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Keeping;

/// <summary>
/// A life dies between a system call that changed names and its reply; the next one gets the
/// request again. The caller must see one success and the source one change, whether the call had
/// been made or not.
/// </summary>
public sealed class CrashAfterTheCallTests : IDisposable
{
    private const int Exclusive = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;
    private const ulong Root = FuseConstants.FUSE_ROOT_ID;

    private readonly List<(ResentRule Rule, bool Known)> _settled = [];
    private readonly ServedFolder _folder = new();
    private readonly PassthroughFileSystem _nextLife;
    private readonly FuseClient _next;

    public CrashAfterTheCallTests()
    {
        File.WriteAllText(In("old"), "content");
        Directory.CreateDirectory(In("olddir"));
        _nextLife = new PassthroughFileSystem(_folder.Path, new PassthroughOptions
        {
            FirstNodeId = (1UL << 40) + 2,
            FirstFh = (1UL << 40) + 1,
            Settled = (rule, known) => _settled.Add((rule, known)),
        });
        _next = new FuseClient(_nextLife);
    }

    public static TheoryData<FuseOpcode, ResentRule> Rules() => new()
    {
        { FuseOpcode.FUSE_MKDIR, ResentRule.MakeDirectory },
        { FuseOpcode.FUSE_MKNOD, ResentRule.MakeNode },
        { FuseOpcode.FUSE_CREATE, ResentRule.Create },
        { FuseOpcode.FUSE_SYMLINK, ResentRule.Symlink },
        { FuseOpcode.FUSE_LINK, ResentRule.Link },
        { FuseOpcode.FUSE_UNLINK, ResentRule.Remove },
        { FuseOpcode.FUSE_RMDIR, ResentRule.Remove },
        { FuseOpcode.FUSE_RENAME, ResentRule.Rename },
        { FuseOpcode.FUSE_RENAME2, ResentRule.Rename },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_was_done_before_the_crash_succeeds_once_and_is_there_once(
        FuseOpcode opcode, ResentRule rule)
    {
        Assert.Equal(Errno.None, Send(_folder.Client, opcode, again: false).Errno);
        Reply reply = Send(_next, opcode, again: true);
        Assert.Equal(Errno.None, reply.Errno);
        Assert.Equal([(rule, true)], _settled);
        AssertDoneOnce(opcode, reply);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_was_not_done_before_the_crash_is_done_and_needs_no_rule(
        FuseOpcode opcode, ResentRule rule)
    {
        Reply reply = Send(_next, opcode, again: true);
        Assert.Equal(Errno.None, reply.Errno);
        Assert.DoesNotContain(_settled, one => one.Rule == rule);
        AssertDoneOnce(opcode, reply);
    }

    public void Dispose()
    {
        _next.Dispose();
        _nextLife.Dispose();
        _folder.Dispose();
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    /// <summary>The same request, made of the nodeids of the life it goes to.</summary>
    private static Reply Send(FuseClient client, FuseOpcode opcode, bool again)
    {
        byte[][] arguments = opcode switch
        {
            FuseOpcode.FUSE_MKDIR =>
                [FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 }),
                    FuseClient.Name("new")],
            FuseOpcode.FUSE_MKNOD =>
                [FuseClient.Bytes(new fuse_mknod_in { mode = 0x11A4 }), FuseClient.Name("new")],
            FuseOpcode.FUSE_CREATE =>
            [
                FuseClient.Bytes(
                    new fuse_create_in { flags = Exclusive, mode = FileModes.Regular644 }),
                FuseClient.Name("new"),
            ],
            FuseOpcode.FUSE_SYMLINK => [FuseClient.Name("new"), FuseClient.Name("target")],
            FuseOpcode.FUSE_LINK =>
            [
                FuseClient.Bytes(
                    new fuse_link_in { oldnodeid = client.LookupNode(Root, "old") }),
                FuseClient.Name("new"),
            ],
            FuseOpcode.FUSE_UNLINK => [FuseClient.Name("old")],
            FuseOpcode.FUSE_RMDIR => [FuseClient.Name("olddir")],
            FuseOpcode.FUSE_RENAME =>
            [
                FuseClient.Bytes(new fuse_rename_in { newdir = Root }),
                FuseClient.Name("old"), FuseClient.Name("new"),
            ],
            _ =>
            [
                FuseClient.Bytes(new fuse_rename2_in { newdir = Root }),
                FuseClient.Name("old"), FuseClient.Name("new"),
            ],
        };
        return again
            ? client.CallAgain(opcode, Root, arguments)
            : client.Call(opcode, Root, arguments);
    }

    private void AssertDoneOnce(FuseOpcode opcode, Reply reply)
    {
        List<string> names =
            [.. Directory.GetFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)!)];
        names.Sort(StringComparer.Ordinal);
        string[] expected = opcode switch
        {
            FuseOpcode.FUSE_UNLINK => ["olddir"],
            FuseOpcode.FUSE_RMDIR => ["old"],
            FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2 => ["new", "olddir"],
            _ => ["new", "old", "olddir"],
        };
        Assert.Equal(expected, names);
        if (reply.Body.Length == 0)
            return;

        // An entry: of the object that is there, under a nodeid of the life that answers.
        Statx there = _folder.StatxOf("new");
        Assert.Equal(there.Ino, reply.Entry.attr.ino);
        Assert.Equal((uint)there.Mode, reply.Entry.attr.mode);
        Assert.True(reply.Entry.nodeid > 1UL << 40, "a nodeid of the life before");
        Assert.Equal(opcode == FuseOpcode.FUSE_LINK ? 2u : there.NLink, there.NLink);
        if (opcode == FuseOpcode.FUSE_CREATE)
            Assert.True(reply.Open.fh > 1UL << 40, "an fh of the life before");
    }
}
