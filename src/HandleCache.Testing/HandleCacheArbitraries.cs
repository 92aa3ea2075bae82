using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model;
using HandleCache.Model.Designs;
using HandleCache.Model.Kernel;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Handles;
using HandleCache.Server.Driving;

namespace HandleCache.Testing;

/// <summary>
/// FsCheck's arbitraries for what tests of servers and caches are made of, each with a shrinker:
/// <c>Prop.ForAll(HandleCacheArbitraries.Scripts(), ...)</c>, or the whole class for
/// <c>[Properties(Arbitrary = ...)]</c>.
/// </summary>
public static class HandleCacheArbitraries
{
    /// <summary>
    /// Type and bytes of the handles of real file systems (Linux 6.18; models/filesystems):
    /// plain, connectable (upper 16 bits of the type), and of NFS.
    /// </summary>
    private static readonly (uint Type, int Bytes)[] RealHandles =
    [
        (0x1, 8), (0x1, 12), (0x81, 12), (0x4d, 20), (0xfe, 8), (0xf8, 32), (0xf8, 36), (0xf8, 44),
        (0x8, 32), (0x9, 36), (0xb, 44), (0xc, 48), (0xe, 56), (0xf, 60), (0x11, 68),
        (0x10002, 16), (0x30001, 8), (0x10082, 24), (0x30081, 12), (0x1004e, 32), (0x3004d, 20),
    ];

    /// <summary>The most bytes that a handle may have (MAX_HANDLE_SZ).</summary>
    private const int LongestBytes = 128;

    private static readonly string[] Strategies =
    [
        "inline:8", "inline:12", "inline:24", "inline:40", "inline-only:128", "static:128",
        "pointer", "pointer-max:128", "inline:12+cache:128",
    ];

    /// <summary>
    /// Handles as real file systems have them, some of the longest length; few values each, so that
    /// equal ones meet. Shrinks to bytes of 0 and to fewer of them.
    /// </summary>
    public static Arbitrary<StoredHandle> Handles() => Arb.From(
        Gen.Frequency(
                (9, Gen.Elements(RealHandles)),
                (1, Gen.Choose(0, LongestBytes).Select(bytes => (0x81u, bytes))))
            .SelectMany(kind => Gen.Choose(0, 7), (kind, value) => Handle(
                kind.Item1, kind.Item2, (byte)value)),
        handle => Shorter(handle));

    /// <summary>Up to four real handle lengths with shares; shrinks to one.</summary>
    public static Arbitrary<HandleMix> Mixes() => Arb.From(
        Gen.Elements(RealHandles).NonEmptyListOf()
            .SelectMany(kinds => Gen.Choose(1, 100).ArrayOf(kinds.Count), Mix),
        mix => mix.Lengths.Count <= 1
            ? []
            : mix.Lengths.Select(row => mix with { Lengths = [row with { Share = 1 }] }));

    /// <summary>
    /// Designs that a design file can say, with the framing of today's messages: maximum, spelling
    /// of the handle, and storage. Shrinks to the maximum of 128 bytes stored `static:128`.
    /// </summary>
    public static Arbitrary<Design> Designs() => Arb.From(
        from maximum in Gen.Elements(12, 24, 64, LongestBytes)
        from size in Gen.Elements("u8", "u16", "u32")
        from type in Gen.Elements("u16", "u32")
        from isArray in Gen.Elements(true, false)
        from strategy in Gen.Elements(Strategies)
        select MakeDesign(maximum, size, type, isArray, strategy),
        design => design.Storage.Strategy.ToString() == "static:128"
            ? []
            : [MakeDesign(LongestBytes, "u32", "u32", isArray: true, "static:128")]);

    /// <summary>Scripts of system calls, reclaim and time; shrinks to fewer steps.</summary>
    public static Arbitrary<MountScript> Scripts() => ScriptGenerators.Scripts;

    /// <summary>
    /// Of two callers, whose request is answered next: bit by bit, 1 for the second
    /// (<see cref="VfsCall.Schedule"/>). Shrinks to all of the first, then all of the second.
    /// </summary>
    public static Arbitrary<Schedule> Schedules() => Arb.From(
        Gen.Choose(0, ushort.MaxValue).Select(bits => new Schedule((uint)bits)),
        schedule => Enumerable.Range(0, 16)
            .Where(bit => (schedule.Bits >> bit & 1) != 0)
            .Select(bit => new Schedule(schedule.Bits & ~(1u << bit))));

    /// <summary>What becomes of a reply; shrinks to None.</summary>
    public static Arbitrary<ReplyFault> ReplyFaults() => Arb.From(
        Gen.Elements(Enum.GetValues<ReplyFault>()),
        fault => fault == ReplyFault.None ? [] : [ReplyFault.None]);

    /// <summary>What disturbs a call; shrinks to None.</summary>
    public static Arbitrary<Disturbance> Disturbances() => Arb.From(
        Gen.Elements(
            Disturbance.None, Disturbance.ReclaimBefore, Disturbance.ReclaimDuring,
            Disturbance.Interrupt),
        beside => beside == Disturbance.None ? [] : [Disturbance.None]);

    /// <summary>A plausible misreading of one of the kernel's rules; does not shrink.</summary>
    public static Arbitrary<ModelFault> KernelFaults() => Arb.From(
        Gen.Elements(KernelFault.All.ToArray()));

    private static StoredHandle Handle(uint type, int bytes, byte value)
    {
        byte[] filled = new byte[bytes];
        if (bytes > 0)
            filled[0] = value;
        return bytes == 0 ? default : new StoredHandle(new FileHandle(type, filled));
    }

    private static IEnumerable<StoredHandle> Shorter(StoredHandle handle)
    {
        if (handle.Length == 0)
            yield break;
        yield return Handle(handle.Type, handle.Length / 2, 0);
        if (handle.AsHandle().Bytes[0] != 0)
            yield return Handle(handle.Type, handle.Length, 0);
    }

    private static HandleMix Mix(IList<(uint Type, int Bytes)> kinds, int[] weights)
    {
        const int MostRows = 4;
        (uint Type, int Bytes)[] rows = [.. kinds.Distinct().Take(MostRows)];
        double sum = weights.Take(rows.Length).Sum();
        return new HandleMix
        {
            Name = "arbitrary",
            How = "derived",
            Origin = "a generator of HandleCache.Testing",
            Lengths = [.. rows.Select(
                (row, at) => new HandleShare(row.Type, row.Bytes, weights[at] / sum))],
        };
    }

    private static Design MakeDesign(
        int maximum, string size, string type, bool isArray, string strategy)
    {
        string text = FormattableString.Invariant(
            $$"""
            { "name": "arbitrary", "framing": "plain",
              "negotiation": { "maximum": {{maximum}} },
              "handle": { "size": "{{size}}", "type": "{{type}}",
                "array": {{(isArray ? maximum : 0)}}, "align": 1 },
              "storage": { "strategy": "{{strategy}}" } }
            """);
        return DesignJson.TryParse(Encoding.UTF8.GetBytes(text), out Design? design, out string? e)
            ? design!
            : throw new InvalidOperationException($"{e}: {text}");
    }
}

/// <summary>The order in which two callers are served.</summary>
/// <param name="Bits">From the lowest: 1 for the second caller.</param>
public readonly record struct Schedule(uint Bits);
