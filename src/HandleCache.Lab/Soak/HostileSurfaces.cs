using System.IO.Hashing;
using System.Text;
using HandleCache.Linux.Btf;
using HandleCache.Model.Designs;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Soak;

/// <summary>Every place where bytes of others come in: a new one is a row.</summary>
internal static class HostileSurfaces
{
    /// <summary>One row.</summary>
    /// <param name="Name">The word by which <c>--surface</c> takes it.</param>
    /// <param name="What">What the bytes are, and who takes them.</param>
    /// <param name="Make">Makes it ready.</param>
    public sealed record Entry(string Name, string What, Func<HostileSurface> Make)
    {
        /// <summary>Its part of every seed, which no other row changes.</summary>
        public ulong Seed => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(Name));
    }

    public static IReadOnlyList<Entry> All { get; } =
    [
        Of(
            "requests", "requests to a server's session, every dialect",
            static () => new RequestSurface(passthrough: false)),
        Of(
            "requests-passthrough", "requests to the passthrough server",
            static () => new RequestSurface(passthrough: true)),
        Of(
            "replies", "replies and notifications to the modelled kernel",
            static () => new ReplySurface()),
        Of(
            "tap", "traffic to the mirror of watch and mount --model",
            static () => new TapSurface()),
        Of("relay", "a server's messages to the relay of watch", static () => new RelaySurface()),
        Of(
            "keeper", "questions to the keeper, its answers, and the log",
            static () => new KeeperSurface()),
        Parser(
            "trace", "a recorded trace", HostileTraces.Recorded, HostileTraces.Replays,
            HostileTraces.Mend),
        Parser(
            "oracle", "an oracleGeneral trace", static () => [HostileTraces.Oracle()],
            HostileTraces.ReadsOracle),
        Parser("design", "a design file", static () => Shipped("designs"),
            static bytes => DesignJson.TryParse(bytes, out _, out _)),
        Parser("mix", "a mix of handles", static () => Shipped("filesystems"),
            static bytes => HandleMixJson.TryParse(bytes, out _, out _)),
        Parser("profile", "a kernel profile", static () => Shipped("kernels"),
            static bytes => KernelProfileJson.TryParse(bytes, out _, out _)),
        Parser("btf", "types of a kernel", static () => [SmallKernel.Btf()],
            static bytes => BtfFile.TryParse(bytes, null, out BtfFile? file, out _)
                && Structs(file!)),
        Of(
            "kernel-file", "a kernel, a module or a package",
            static () => new KernelFileSurface()),
    ];

    private static Entry Of(string name, string what, Func<HostileSurface> make) =>
        new(name, what, make);

    private static Entry Parser(
        string name, string what, Func<IReadOnlyList<byte[]>> corpus, Func<byte[], bool> parse,
        Action<byte[]>? mend = null) =>
        new(name, what, () => new ParserSurface(corpus(), parse, mend));

    private static IReadOnlyList<byte[]> Shipped(string folder)
    {
        ShippedFiles files = new(folder);
        return [.. files.Names.Select(name => files.Find(name)!)];
    }

    private static bool Structs(BtfFile file)
    {
        _ = BtfStructReader.TryRead(file, "fuse_inode", out _, out _);
        return true;
    }
}
