using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Dialects;

/// <summary>A kernel without handles, and a server that speaks a dialect all the same.</summary>
public sealed class HandleBridgeTests
{
    public static TheoryData<string> Names() =>
        new(DialectList.All.Where(d => d.CarriesHandles).Select(d => d.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_gets_what_a_server_of_today_sends_and_the_server_hears_the_dialect(
        string name)
    {
        Dialect dialect = Named(name);
        bool listsPlus = !dialect.ListsWithoutAttributes;
        SessionOptions options = new()
        {
            ReadDirPlus = listsPlus ? ReadDirPlusMode.Auto : ReadDirPlusMode.Off,
        };
        using IScriptServer today = KernelTalk.NewServer();
        List<string> expected = KernelTalk.Run(today, options, listsPlus: listsPlus);

        using IScriptServer server = KernelTalk.NewServer();
        Heard heard = new();
        List<string> got = KernelTalk.Run(
            server, Spoken(dialect), null, Bridge(dialect, heard), listsPlus);

        // Entries of fusex have no generation; that is all they lose.
        Assert.Equal(
            dialect.AsksStatx ? expected.Select(WithoutGeneration) : expected, got);
        Assert.Equal(Held(today), Held(server));
        Assert.Contains(dialect.LookupHandleOpcode, heard.Opcodes.Concat(heard.Parts));
        Assert.Empty(server.Ledger.Strays);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_that_nobody_took_leaves_no_lookup_and_no_open_file(string name)
    {
        Dialect dialect = Named(name);
        using IScriptServer server = KernelTalk.NewServer();
        Heard heard = new();
        using InMemoryKernel kernel = new(
            server.FileSystem, Spoken(dialect), Bridge(dialect, heard));
        kernel.Init(7, 45, (1UL << 43) - 1);
        fuse_create_in create = new() { flags = 2, mode = FileModes.Regular644 };
        kernel.SendAbandoned(
            FuseOpcode.FUSE_CREATE, 1, InMemoryKernel.Of(create), InMemoryKernel.Name("f"));
        Answer answer = kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
        Assert.Equal(Errno.None, answer.Errno);
        ulong file = kernel.Lookup(1, "f").Read<fuse_entry_out>().nodeid;
        Assert.Equal(1, server.Ledger.CountOf(file));
        kernel.Forget(file, 1);
        Assert.Equal(0, server.Ledger.CountOf(file));
        Assert.Empty(server.Ledger.Strays);
        int releases = heard.Opcodes.Count(opcode => opcode == FuseOpcode.FUSE_RELEASE);
        Assert.Equal(dialect.RequestsPer(FuseOpcode.FUSE_CREATE) > 1 ? 1 : 0, releases);
        kernel.Stop();
    }

    [Fact]
    public void Attributes_that_cannot_be_had_fail_the_lookup_and_give_it_back()
    {
        using IScriptServer server = ScriptServers.Make(new ScriptServerOptions
        {
            Seed = 1,
            SendsHandles = true,
            HandleBytes = 12,
            Lacks = [FuseOpcode.FUSE_STATX],
        });
        Heard heard = new();
        using InMemoryKernel kernel = new(
            server.FileSystem, Spoken(Dialect.Fusex), Bridge(Dialect.Fusex, heard));
        kernel.Init(7, 45, (1UL << 43) - 1);
        fuse_mkdir_in mkdir = new() { mode = FileModes.Octal755 };
        Answer made = kernel.Ask(
            FuseOpcode.FUSE_MKDIR, 1, InMemoryKernel.Of(mkdir), InMemoryKernel.Name("d"));
        Assert.Equal(Errno.ENOSYS, made.Errno);
        Assert.Equal(Errno.None, kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]).Errno);
        Assert.Equal(1, server.Ledger.ForgetCount);
        Assert.Empty(server.Ledger.Strays);
        kernel.Stop();
    }

    [Fact]
    public void A_LINK_without_entry_is_looked_up_for_todays_kernel_and_CREATE_is_not_known()
    {
        Dialect dialect = Dialect.FusexCompound;
        using IScriptServer server = KernelTalk.NewServer();
        Heard heard = new();
        using InMemoryKernel kernel = new(
            server.FileSystem, Spoken(dialect), Bridge(dialect, heard));
        kernel.Init(7, 45, (1UL << 43) - 1);
        fuse_create_in create = new() { flags = 2, mode = FileModes.Regular644 };
        Assert.Equal(Errno.ENOSYS, kernel.Ask(
            FuseOpcode.FUSE_CREATE, 1, InMemoryKernel.Of(create),
            InMemoryKernel.Name("f")).Errno);
        fuse_mknod_in mknod = new() { mode = FileModes.Regular644 };
        ulong file = kernel.Ask(
            FuseOpcode.FUSE_MKNOD, 1, InMemoryKernel.Of(mknod), InMemoryKernel.Name("f"))
            .Read<fuse_entry_out>().nodeid;
        fuse_link_in link = new() { oldnodeid = file };
        Answer linked = kernel.Ask(
            FuseOpcode.FUSE_LINK, 1, InMemoryKernel.Of(link), InMemoryKernel.Name("g"));
        Assert.Equal(file, linked.Read<fuse_entry_out>().nodeid);
        Assert.Equal(2u, linked.Read<fuse_entry_out>().attr.nlink);
        Assert.Equal(2, server.Ledger.CountOf(file));
        Assert.Contains(FuseOpcode.FUSE_LINK, heard.Opcodes);
        Assert.DoesNotContain(FuseOpcode.FUSE_CREATE, heard.Opcodes);
        kernel.Forget(file, 2);
        Assert.Equal(0, server.Ledger.CountOf(file));
        Assert.Empty(server.Ledger.Strays);
        kernel.Stop();
    }

    /// <summary>A line of the talk; the generation of an entry is its second word.</summary>
    private static string WithoutGeneration(string line)
    {
        string[] parts = line.Split(' ');
        bool isEntry = parts[2].Length is 2 * 128 or (2 * 144);
        return isEntry
            ? $"{parts[0]} {parts[1]} {parts[2][..16]}{new string('0', 16)}{parts[2][32..]}"
            : line;
    }

    private static SessionOptions Spoken(Dialect dialect) => new()
    {
        Dialect = dialect,
        FileSystemType = dialect.FileSystemType,
        MaxHandleBytes = dialect.MaxHandleBytes,
        Workers = 1,
    };

    private static Func<IChannel, IChannel> Bridge(Dialect dialect, Heard heard) =>
        kernel => new TapChannel(new HandleBridgeChannel(kernel, dialect), heard);

    private static SortedDictionary<ulong, long> Held(IScriptServer server)
    {
        SortedDictionary<ulong, long> held = [];
        for (ulong nodeId = 1; nodeId < 64; nodeId++)
            held[nodeId] = server.Ledger.CountOf(nodeId);
        return held;
    }

    private static Dialect Named(string name) => DialectList.All.Single(d => d.Name == name);

    /// <summary>The opcodes that the server heard, and those of the parts of compounds.</summary>
    private sealed class Heard : ITrafficObserver
    {
        public List<FuseOpcode> Opcodes { get; } = [];

        public List<FuseOpcode> Parts { get; } = [];

        public void OnRequest(ReadOnlySpan<byte> message)
        {
            fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(message);
            Opcodes.Add((FuseOpcode)header.opcode);
            if (header.opcode != (uint)Dialect.V3.Numbers.Compound)
                return;
            CompoundReader parts = CompoundReader.OfRequest(
                message[FuseRequest.HeaderBytes..], CompoundFraming.V5);
            while (parts.MoveNext())
                Parts.Add((FuseOpcode)MemoryMarshal.Read<fuse_in_header>(parts.Part).opcode);
        }

        public void OnReply(ReadOnlySpan<byte> message) { }

        public void OnSent(ReadOnlySpan<byte> message, Errno errno) { }
    }
}
