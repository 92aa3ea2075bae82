using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>What a rename finds when the server's answers change while it looks.</summary>
public class RenameTests
{
    private const int Exchange = (int)RenameFlags.Exchange;

    /// <summary>
    /// lock_rename() holds s_vfs_rename_mutex between directories, which __d_unalias() tries; the
    /// lock of the directory that d is known in is free here.
    /// </summary>
    [Fact]
    public void A_rename_between_directories_is_stale_when_its_name_is_a_directory_known_elsewhere()
    {
        using KernelDriver bench = WithDirectoryIn("x");
        KernelCall rename = Rename(bench, "y/d", "e", 0);
        Assert.Equal(
            ["LOOKUP 1 y", "LOOKUP 4 d", "LOOKUP 1 y", "LOOKUP 4 d"], AnswerAll(bench));
        Assert.Equal((int)Errno.ESTALE, rename.Result.Errno);
    }

    [Fact]
    public void A_rename_within_a_directory_takes_a_directory_known_elsewhere()
    {
        using KernelDriver bench = WithDirectoryIn("x");
        KernelCall rename = Rename(bench, "y/d", "y/e", 0);
        Assert.Equal(["LOOKUP 1 y", "LOOKUP 4 d", "LOOKUP 4 e", "RENAME 4 "], AnswerAll(bench));
        Assert.Equal(0, rename.Result.Errno);
    }

    /// <summary>
    /// The name is found, becomes stale, and is found again: d_exchange() leaves two names of one
    /// spelling, and hashes the older dentry last, so that it is met first.
    /// </summary>
    [Fact]
    public void After_an_exchange_of_a_name_with_itself_the_older_of_two_inodes_is_found_first()
    {
        using KernelDriver bench = new();
        KernelCall rename = Rename(bench, "a", "a", Exchange);
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, generation: 1, seconds: 0));
        bench.Kernel.NowNs++;
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, generation: 2));
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, generation: 2));
        AskedRequest asked = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_RENAME2, asked.Opcode);
        bench.AnswerBytes(asked);
        Assert.Equal(0, rename.Result.Errno);
        Assert.Empty(bench.ReadForgets());
        InvalidateName(bench, "a");
        Assert.Equal(["2 2"], bench.ReadForgets());
        InvalidateName(bench, "a");
        Assert.Equal(["2 1"], bench.ReadForgets());
    }

    /// <summary>Directories x (3) and y (4), and d (5) known as a name in the one.</summary>
    private static KernelDriver WithDirectoryIn(string parent)
    {
        KernelDriver bench = new();
        KernelCall stat = bench.Stat($"{parent}/d");
        AnswerAll(bench);
        Assert.Equal(0, stat.Result.Errno);
        return bench;
    }

    private static KernelCall Rename(KernelDriver bench, string from, string to, int flags) =>
        bench.Kernel.Start(
            new(VfsCallKind.Rename) { Path = from, Path2 = to, Flags = flags });

    /// <summary>Answers as a server whose d is in both directories; what was asked.</summary>
    private static List<string> AnswerAll(KernelDriver bench)
    {
        List<string> asked = [];
        while (bench.Kernel.HasRequest)
        {
            AskedRequest next = bench.Read();
            bool isLookup = next.Opcode == FuseOpcode.FUSE_LOOKUP;
            asked.Add($"{next.Opcode.ToString()["FUSE_".Length..]} {next.NodeId} "
                + (isLookup ? next.Name : ""));
            ulong found = next.Name switch { "x" => 3, "y" => 4, "d" => 5, _ => 0 };
            if (!isLookup)
                bench.AnswerBytes(next);
            else if (found != 0)
                bench.AnswerEntry(next, Entry(found, KernelDriver.Directory));
            else
                bench.AnswerError(next, ENOENT);
        }

        return asked;
    }

    private static void InvalidateName(KernelDriver bench, string name)
    {
        byte[] body =
        [
            .. BytesOf(new fuse_notify_inval_entry_out
            {
                parent = FuseConstants.FUSE_ROOT_ID,
                namelen = (uint)name.Length,
            }),
            .. System.Text.Encoding.Latin1.GetBytes(name), 0,
        ];
        Assert.Equal(0, bench.Kernel.WriteReply(
        [
            .. BytesOf(new fuse_out_header
            {
                len = (uint)(16 + body.Length),
                error = (int)FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
            }),
            .. body,
        ]));
    }
}
