using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Differential;

/// <summary>Makes scripts: few names, so that calls meet one another.</summary>
public static class ScriptGenerator
{
    /// <summary>One script in so many sleeps, which takes real time.</summary>
    private const int SleepingOneIn = 16;

    private const int MostSleeps = 3;

    private const int PassthroughOneIn = 8;

    private static readonly string[] Names = ["a", "b", "c", "d"];

    /// <summary>The script of a seed, always the same.</summary>
    /// <param name="seed">What it is made from.</param>
    /// <param name="calls">How many calls.</param>
    /// <param name="mayPassthrough">
    /// Some scripts are about the passthrough file system, which needs a disk.
    /// </param>
    public static Script Make(ulong seed, int calls, bool mayPassthrough = false)
    {
        SplitMix64 random = new(seed);
        bool sleeps = random.OneIn(SleepingOneIn);
        ScriptServerOptions server = new()
        {
            Seed = random.Next(),
            EntryValidity = Validity(random, sleeps),
            AttrValidity = Validity(random, sleeps),
            DirectIo = !random.OneIn(3),
            HostilePer1024 = random.Pick(0, 0, 20, 100, 300),
            ReusesNodeIds = random.OneIn(3),
            NegativeEntries = random.OneIn(2),
            SendsHandles = random.OneIn(3),
        };
        if (mayPassthrough && random.OneIn(PassthroughOneIn) && !sleeps)
            server = Passthrough(server);
        ReadDirPlusMode plus = random.Pick(
            ReadDirPlusMode.Off, ReadDirPlusMode.On, ReadDirPlusMode.Auto, ReadDirPlusMode.Auto);
        bool export = random.OneIn(2);
        List<VfsCall> list = [MountRoot];
        int slept = 0;
        while (list.Count < calls)
        {
            VfsCall call = Call(random);
            if (call.Kind == VfsCallKind.Sleep && (!sleeps || ++slept > MostSleeps))
                continue;
            list.Add(call);
        }

        // One sleep at least, in the middle, where there is something to expire.
        if (sleeps && slept == 0 && list.Count > 2)
            list[list.Count / 2] = new(VfsCallKind.Sleep) { Offset = ScriptServerOptions.SleepNs };

        return new Script(seed, server, plus, export, list);
    }

    /// <summary>Opens the mount's root, which open_by_handle_at needs.</summary>
    public static VfsCall MountRoot => new(VfsCallKind.Open)
    {
        Path = ".",
        Slot = ModelKernel.MountSlot,
        Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
    };

    private static ScriptServerOptions Passthrough(ScriptServerOptions server) => server with
    {
        IsPassthrough = true,
        EntryValidity = Steady(server.EntryValidity),
        AttrValidity = Steady(server.AttrValidity),
        DirectIo = false,
        HostilePer1024 = 0,
        ReusesNodeIds = false,
        SendsHandles = false,
    };

    private static ValidityMode Steady(ValidityMode mode) =>
        mode == ValidityMode.Mixed ? ValidityMode.Infinite : mode;

    private static ValidityMode Validity(SplitMix64 random, bool sleeps) => sleeps
        ? random.Pick(
            ValidityMode.Finite, ValidityMode.Finite, ValidityMode.MixedFinite,
            ValidityMode.Infinite)
        : random.Pick(
            ValidityMode.Zero, ValidityMode.Infinite, ValidityMode.Infinite, ValidityMode.Mixed);

    /// <summary>
    /// One to three names. Never "..": a script must not leave its mount, and with a symlink to
    /// "." it could.
    /// </summary>
    private static string Path(SplitMix64 random)
    {
        int depth = random.Pick(0, 1, 1, 1, 2, 2, 2, 3);
        if (depth == 0)
            return random.OneIn(3) ? "." : Names[random.Below(Names.Length)];
        List<string> parts = [];
        for (int i = 0; i < depth; i++)
            parts.Add(random.OneIn(40) ? "." : random.Pick<string>(Names));
        string path = string.Join('/', parts);
        return random.OneIn(40) ? path + "/" : path;
    }

    private static VfsCall Call(SplitMix64 random)
    {
        VfsCallKind kind = random.Pick<VfsCallKind>(Weights);
        VfsCall call = new(kind)
        {
            Path = Path(random),
            Slot = random.Below(ModelKernel.MountSlot - 3),
        };
        return kind switch
        {
            VfsCallKind.Stat or VfsCallKind.StatAt => call with
            {
                Flags = random.Pick(0, AtFlags.SymlinkNoFollow, AtFlags.SymlinkNoFollow)
                    | random.Pick(0, 0, 0, AtFlags.StatxForceSync, AtFlags.StatxDontSync),
                Mode = random.Pick(StatxMask.BasicStats, StatxMask.BasicStats, 0xFFFu, 0x200u),
            },
            VfsCallKind.FStat => call with
            {
                Path = "",
                Mode = random.Pick(StatxMask.BasicStats, 0xFFFu),
            },
            VfsCallKind.Access => call with { Mode = (uint)random.Below(8) },
            VfsCallKind.Open => Open(random, call),
            VfsCallKind.Close => call with { Path = "" },
            VfsCallKind.Read or VfsCallKind.Write => call with
            {
                Path = "",
                Size = 1 + random.Below(2000),
                Offset = random.Pick(0, 0, 100, 1500),
            },
            VfsCallKind.ReadDir or VfsCallKind.ReadDirOnce => call with
            {
                Path = "",
                Size = random.Pick(64, 300, 4096, 32768),
            },
            VfsCallKind.MkDir => call with { Mode = random.Pick(0x1EDu, 0x1C0u) },
            VfsCallKind.MkNod => random.OneIn(3)
                ? call with { Mode = 0x21A4, Size = 0x103 }
                : call with { Mode = random.Pick(FileModes.Regular644, 0xC1A4u) },
            VfsCallKind.Symlink => call with { Path2 = Path(random) },
            VfsCallKind.Link => call with { Path2 = Path(random) },
            VfsCallKind.Rename => call with
            {
                Path2 = Path(random),
                Flags = random.Pick(0, 0, 0, 1, 2, 4),
            },
            VfsCallKind.ChMod => call with { Mode = random.Pick(0x1EDu, 0x180u, 0x1B6u) },
            VfsCallKind.ChGrp => call with { Mode = random.Pick(0u, 5u) },
            VfsCallKind.Truncate => call with { Size = random.Pick(0, 10, 3000) },
            VfsCallKind.FTruncate => call with { Path = "", Size = random.Pick(0, 10, 3000) },
            VfsCallKind.UTimes => call with { Size = 1_000_000 + random.Below(1000) },
            VfsCallKind.GetXattr => call with
            {
                Path2 = random.Pick("user.x", "user.y"),
                Size = random.Pick(0, 2, 100),
            },
            VfsCallKind.SetXattr => call with
            {
                Path2 = random.Pick("user.x", "user.y"),
                Size = random.Below(30),
                Flags = random.Pick(0, 0, 1, 2),
            },
            VfsCallKind.ListXattr => call with { Size = random.Pick(0, 4, 100) },
            VfsCallKind.RemoveXattr => call with { Path2 = random.Pick("user.x", "user.y") },
            VfsCallKind.FSync => call with { Path = "", Flags = random.Below(2) },
            VfsCallKind.NameToHandle => call with
            {
                Slot = random.Below(3),
                Flags = random.Pick(
                    0, 0, AtFlags.SymlinkFollow, AtFlags.HandleFid, AtFlags.HandleConnectable),
            },
            VfsCallKind.OpenByHandle => call with
            {
                Path = "",
                Slot = random.Below(3),
                Mode = (uint)random.Below(ModelKernel.MountSlot - 3),
                Flags = random.Pick(0, 0, OpenFlags.Path, OpenFlags.Directory)
                    | OpenFlags.NonBlock,
            },
            VfsCallKind.Sleep => new(kind) { Offset = ScriptServerOptions.SleepNs },
            VfsCallKind.NotifyInvalEntry => call with
            {
                Flags = (int)random.Pick(0u, FuseConstants.FUSE_EXPIRE_ONLY),
            },
            VfsCallKind.NotifyDelete => call with { Flags = random.Pick(0, 0, 1) },
            VfsCallKind.NotifyInvalInode => call with { Offset = random.Pick(-1, 0) },
            _ => call,
        };
    }

    private static VfsCall Open(SplitMix64 random, VfsCall call)
    {
        int flags = random.Pick(
            OpenFlags.ReadOnly, OpenFlags.ReadOnly, OpenFlags.ReadWrite, OpenFlags.WriteOnly);
        int create = random.Pick(
            0, 0, OpenFlags.Create, OpenFlags.Create | OpenFlags.Exclusive,
            OpenFlags.Create | OpenFlags.Truncate, OpenFlags.Truncate);
        if (random.OneIn(4))
            (flags, create) = (OpenFlags.ReadOnly, OpenFlags.Directory);
        if (random.OneIn(30))
            (flags, create) = (OpenFlags.Path, 0);
        if (random.OneIn(8))
            create |= OpenFlags.NoFollow;
        return call with
        {
            Flags = flags | create | OpenFlags.NonBlock,
            Mode = (create & OpenFlags.Create) != 0 ? random.Pick(0x1A4u, 0x180u) : 0,
        };
    }

    private static readonly VfsCallKind[] Weights =
    [
        .. Enumerable.Repeat(VfsCallKind.Stat, 12),
        .. Enumerable.Repeat(VfsCallKind.Open, 12),
        .. Enumerable.Repeat(VfsCallKind.MkDir, 7),
        .. Enumerable.Repeat(VfsCallKind.ReadDir, 5),
        .. Enumerable.Repeat(VfsCallKind.Rename, 5),
        .. Enumerable.Repeat(VfsCallKind.Unlink, 4),
        .. Enumerable.Repeat(VfsCallKind.RmDir, 3),
        .. Enumerable.Repeat(VfsCallKind.Link, 3),
        .. Enumerable.Repeat(VfsCallKind.NameToHandle, 4),
        .. Enumerable.Repeat(VfsCallKind.OpenByHandle, 4),
        .. Enumerable.Repeat(VfsCallKind.NotifyInvalEntry, 2),
        .. Enumerable.Repeat(VfsCallKind.NotifyPrune, 2),
        .. Enum.GetValues<VfsCallKind>(),
    ];
}
