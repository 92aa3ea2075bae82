using System.Runtime.InteropServices;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>Checkpoints of the modelled server, together with the modelled kernel's.</summary>
public class WorldCopyTests
{
    private static readonly string[] Paths = ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a"];

    private static readonly VfsCallKind[] Kinds =
    [
        VfsCallKind.Stat, VfsCallKind.MkDir, VfsCallKind.MkNod, VfsCallKind.Unlink,
        VfsCallKind.RmDir, VfsCallKind.Rename, VfsCallKind.Open, VfsCallKind.Close,
        VfsCallKind.Read,
    ];

    public static TheoryData<string> Dialects() => [.. DialectList.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_copied_world_goes_on_as_the_original_does_and_neither_changes_the_other(
        string dialect)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SplitMix64 random = new(seed);
            VfsCall[] calls = [.. Enumerable.Range(0, 60).Select(_ => Call(random))];
            int cut = random.Below(calls.Length);
            using World original = World.Of(DialectList.All.Single(d => d.Name == dialect));
            foreach (VfsCall call in calls[..cut])
                original.Make(call);
            using World copy = original.Copy();
            using World still = original.Copy();
            List<string> rest = [.. calls[cut..].SelectMany(original.Make)];
            Assert.Equal(rest, calls[cut..].SelectMany(copy.Make));
            Assert.Equal(rest, calls[cut..].SelectMany(still.Make));
        }
    }

    private static VfsCall Call(SplitMix64 random) => new(random.Pick(Kinds))
    {
        Path = random.Pick(Paths),
        Path2 = random.Pick(Paths),
        Slot = random.Below(3),
        Mode = FileModes.Octal755,
        Size = 8,
    };

    private sealed record World(ModelKernel Kernel, ObjectStore Store, WorldServer Server)
        : IDisposable
    {
        private readonly byte[] _buffer = new byte[1 << 16];

        public static World Of(Dialect dialect)
        {
            ModelKernel kernel = new(new() { Dialect = dialect });
            KernelCall mount = kernel.Mount();
            byte[] init = new byte[1 << 10];
            kernel.ReadRequest(init);
            fuse_init_out answer = new()
            {
                major = FuseConstants.FUSE_KERNEL_VERSION,
                minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
                flags = (uint)FuseInitFlags.FUSE_INIT_EXT,
                max_write = 1 << 16,
            };
            HandleOffer.Accept(ref answer, dialect, dialect.MaxHandleBytes);
            ulong unique = MemoryMarshal.Read<fuse_in_header>(init).unique;
            kernel.WriteReply(MessageBuilder.Reply(unique, answer));
            Assert.Equal(0, mount.Result.Errno);
            ObjectStore store = new();
            WorldOptions options = new() { Dialect = dialect };
            return new(kernel, store, new WorldServer(store, options, life: 1));
        }

        public World Copy()
        {
            ObjectStore store = Store.Copy(out Dictionary<WorldObject, WorldObject> copies);
            return new(Kernel.Copy(), store, Server.Copy(store, copies));
        }

        /// <summary>One call: every message, its result and what is cached then.</summary>
        public List<string> Make(VfsCall call)
        {
            List<string> seen = [];
            KernelCall made = Kernel.Start(call);
            int bytes;
            while ((bytes = Kernel.ReadRequest(_buffer)) > 0)
            {
                seen.Add(Convert.ToHexString(_buffer, 0, bytes));
                if (Server.Serve(_buffer.AsSpan(0, bytes)) is not { } reply)
                    continue;
                seen.Add(Convert.ToHexString(reply));
                Kernel.WriteReply(reply);
            }

            seen.Add($"{call} {made.Result} {string.Join(' ', Kernel.CachedPaths())}");
            Assert.Empty(Kernel.Validate());
            return seen;
        }

        public void Dispose() => Kernel.Dispose();
    }
}
