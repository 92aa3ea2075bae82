using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Dialects;

/// <summary>
/// A conversation of a kernel that knows no handles with a server in memory: INIT, and every
/// operation that returns an entry, with what surrounds them. All that the kernel got, byte for
/// byte.
/// </summary>
internal static class KernelTalk
{
    /// <summary>What 7.45 offers: every bit below those that the proposals claim.</summary>
    private const ulong TodaysFlags = (1UL << 43) - 1;

    /// <summary>The server: in memory, alike to the byte for one seed.</summary>
    public static IScriptServer NewServer() => ScriptServers.Make(new ScriptServerOptions
    {
        Seed = 1,
        SendsHandles = true,
        HandleBytes = 12,
    });

    /// <summary>Everything the kernel got, in hex.</summary>
    /// <param name="server">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="offered">What the kernel offers besides; null for nothing.</param>
    /// <param name="wrap">What stands between kernel and server.</param>
    /// <param name="listsPlus">The kernel lists with READDIRPLUS, too.</param>
    public static List<string> Run(
        IScriptServer server, SessionOptions options, Dialect? offered = null,
        Func<IChannel, IChannel>? wrap = null, bool listsPlus = true)
    {
        using InMemoryKernel kernel = new(server.FileSystem, options with { Workers = 1 }, wrap);
        List<string> got = [];
        Answer Note(Answer answer)
        {
            got.Add($"{answer.Unique} {answer.Errno} {Convert.ToHexString(answer.Body)}");
            return answer;
        }

        ulong NodeId(Answer answer)
        {
            Assert.Equal(Errno.None, Note(answer).Errno);
            return answer.Read<fuse_entry_out>().nodeid;
        }

        Note(kernel.Init(7, 45, TodaysFlags, offered));
        byte[] f = InMemoryKernel.Name("f");
        Note(kernel.Lookup(1, "none"));
        fuse_mkdir_in mkdir = new() { mode = FileModes.Octal755 };
        ulong dir = NodeId(kernel.Ask(
            FuseOpcode.FUSE_MKDIR, 1, InMemoryKernel.Of(mkdir), InMemoryKernel.Name("d")));
        fuse_create_in create = new() { flags = 2, mode = FileModes.Regular644 };
        Answer created = kernel.Ask(FuseOpcode.FUSE_CREATE, dir, InMemoryKernel.Of(create), f);
        ulong file = NodeId(created);
        ulong fh = BitConverter.ToUInt64(created.Body, Unsafe.SizeOf<fuse_entry_out>());
        fuse_mknod_in mknod = new() { mode = FileModes.Fifo | 0x1a4 };
        NodeId(kernel.Ask(
            FuseOpcode.FUSE_MKNOD, dir, InMemoryKernel.Of(mknod), InMemoryKernel.Name("p")));
        NodeId(kernel.Ask(
            FuseOpcode.FUSE_SYMLINK, dir, InMemoryKernel.Name("s"), InMemoryKernel.Name("t")));
        fuse_link_in link = new() { oldnodeid = file };
        NodeId(kernel.Ask(
            FuseOpcode.FUSE_LINK, dir, InMemoryKernel.Of(link), InMemoryKernel.Name("g")));
        ulong again = NodeId(kernel.Lookup(dir, "g"));
        Assert.Equal(file, again);
        Note(kernel.Ask(FuseOpcode.FUSE_GETATTR, file, new byte[16]));
        Note(kernel.Ask(
            FuseOpcode.FUSE_STATX, file,
            InMemoryKernel.Of(new fuse_statx_in { sx_mask = StatxMask.BasicStats })));
        fuse_write_in write = new() { fh = fh, size = 3 };
        Note(kernel.Ask(FuseOpcode.FUSE_WRITE, file, InMemoryKernel.Of(write), [1, 2, 3]));
        Note(kernel.Ask(
            FuseOpcode.FUSE_RELEASE, file, InMemoryKernel.Of(new fuse_release_in { fh = fh })));
        Answer opened = Note(kernel.Ask(FuseOpcode.FUSE_OPENDIR, dir, new byte[8]));
        fuse_read_in list = new() { fh = opened.Read<fuse_open_out>().fh, size = 4096 };
        Note(kernel.Ask(FuseOpcode.FUSE_READDIR, dir, InMemoryKernel.Of(list)));
        if (listsPlus)
            Note(kernel.Ask(FuseOpcode.FUSE_READDIRPLUS, dir, InMemoryKernel.Of(list)));
        Note(kernel.Ask(FuseOpcode.FUSE_UNLINK, dir, InMemoryKernel.Name("g")));
        kernel.Forget(file, 2);
        Note(kernel.Lookup(dir, "f"));
        kernel.Stop();
        Assert.Null(kernel.Failure);
        return got;
    }
}
