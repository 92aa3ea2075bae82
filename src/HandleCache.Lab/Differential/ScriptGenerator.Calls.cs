using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;

namespace HandleCache.Lab.Differential;

/// <summary>The single calls of a script.</summary>
public static partial class ScriptGenerator
{
    /// <summary>One to three names; where the script has them, with ".." in between.</summary>
    private static string Path(SplitMix64 random, Style style)
    {
        int depth = random.Pick(0, 1, 1, 1, 2, 2, 2, 3);
        if (depth == 0)
            return random.OneIn(3) ? "." : Name(random, style);
        List<string> parts = [];
        int below = 0;
        for (int i = 0; i < depth; i++)
        {
            if (style.HasParents && below > 0 && random.OneIn(5))
            {
                parts.Add("..");
                below--;
                continue;
            }

            bool stays = random.OneIn(40);
            parts.Add(stays ? "." : Name(random, style));
            below += stays ? 0 : 1;
        }

        string path = string.Join('/', parts);
        return random.OneIn(40) ? path + "/" : path;
    }

    private static string Name(SplitMix64 random, Style style)
    {
        string name = random.OneIn(50)
            ? random.Pick<string>(RareNames)
            : random.Pick<string>(Names);
        return style.IsOnDisk && name == NotUtf8 ? Names[0] : name;
    }

    private static VfsCall Call(SplitMix64 random, Style style)
    {
        VfsCallKind kind = random.Pick<VfsCallKind>(style.Kinds);
        VfsCall call = new(kind)
        {
            Path = Path(random, style),
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
            VfsCallKind.Open => Open(random, call, style),
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
            VfsCallKind.Symlink => call with { Path2 = Path(random, style) },
            VfsCallKind.Link => call with { Path2 = Path(random, style) },
            VfsCallKind.Rename => call with
            {
                Path2 = Path(random, style),
                Flags = random.Pick(0, 0, 0, 1, 2, 4),
            },
            VfsCallKind.ChMod =>
                call with { Mode = random.Pick<uint>(0x1ED, 0x180, 0x1B6, 0x9ED, 0x5ED, 0xFFF) },
            VfsCallKind.ChOwn => call with { Mode = random.Pick(0u, 5u) },
            VfsCallKind.Truncate => call with { Size = random.Pick(0, 10, 3000) },
            VfsCallKind.FTruncate => call with { Path = "", Size = random.Pick(0, 10, 3000) },
            VfsCallKind.FAllocate => call with
            {
                Path = "",
                Flags = random.Pick<int>(AllocateModes),
                Offset = random.Pick(0, 0, 100, 4096, 5000, -1),
                Size = random.Pick(1, 100, 3000, 9000, 9000, 0),
            },
            VfsCallKind.UTimes => call with { Size = 1_000_000 + random.Below(1000) },
            VfsCallKind.GetXattr => call with
            {
                Path2 = random.Pick<string>(XattrNames),
                Size = random.Pick(0, 2, 100),
            },
            VfsCallKind.SetXattr => call with
            {
                Path2 = random.Pick<string>(XattrNames),
                Size = random.Below(30),
                Flags = random.Pick(0, 0, 1, 2),
            },
            VfsCallKind.ListXattr => call with { Size = random.Pick(0, 4, 100) },
            VfsCallKind.RemoveXattr => call with { Path2 = random.Pick<string>(XattrNames) },
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
            VfsCallKind.NotifyPrune when random.OneIn(3) => call with
            {
                Path2 = Path(random, style),
            },
            VfsCallKind.NotifyInvalInode => call with { Offset = random.Pick(-1, 0) },
            _ => call,
        };
    }

    /// <summary>Those that a server sees three times, the others once.</summary>
    private static readonly int[] AllocateModes =
    [
        0, 0, 0,
        .. Enumerable.Repeat(AllocateFlags.KeepSize, 3),
        .. Enumerable.Repeat(AllocateFlags.PunchHole | AllocateFlags.KeepSize, 3),
        .. Enumerable.Repeat(AllocateFlags.ZeroRange, 3),
        .. Enumerable.Repeat(AllocateFlags.ZeroRange | AllocateFlags.KeepSize, 3),
        AllocateFlags.PunchHole, AllocateFlags.CollapseRange, AllocateFlags.UnshareRange,
        AllocateFlags.InsertRange | AllocateFlags.KeepSize,
        AllocateFlags.PunchHole | AllocateFlags.ZeroRange, 0x100,
    ];

    private static VfsCall Open(SplitMix64 random, VfsCall call, Style style)
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
        if (random.OneIn(14))
        {
            flags = random.Pick(OpenFlags.ReadWrite, OpenFlags.ReadWrite, OpenFlags.ReadOnly);
            create = OpenFlags.TmpFile | random.Pick(0, OpenFlags.Exclusive);
        }

        // Through the page cache a WRITE ends at a page that is not up to date
        // (fuse_fill_write_pages()), which is not modelled: appending would reach behind the first.
        if (style.DirectIo && random.OneIn(6))
            create |= OpenFlags.Append;
        if (style.DirectIo && random.OneIn(12))
            create |= OpenFlags.Direct;
        if (random.OneIn(8))
            create |= OpenFlags.NoFollow;
        return call with
        {
            Flags = flags | create | OpenFlags.NonBlock,
            Mode = (create & OpenFlags.Create) != 0
                    || (create & OpenFlags.TmpFile) == OpenFlags.TmpFile
                ? random.Pick<uint>(0x1A4, 0x180, 0x9ED)
                : 0,
        };
    }

    /// <summary>
    /// The kinds of half of all scripts: some are left out, so that the others meet more often
    /// (swarm testing; Groce and others, ISSTA 2012).
    /// </summary>
    private static VfsCallKind[] Kinds(SplitMix64 random)
    {
        if (random.OneIn(2))
            return Weights;
        HashSet<VfsCallKind> left = [.. Enum.GetValues<VfsCallKind>().Where(kind =>
            kind is not (VfsCallKind.Open or VfsCallKind.Stat or VfsCallKind.MkDir)
            && random.OneIn(2))];
        return [.. Weights.Where(kind => !left.Contains(kind))];
    }

    private static readonly VfsCallKind[] Weights =
    [
        .. Enumerable.Repeat(VfsCallKind.Stat, 16),
        .. Enumerable.Repeat(VfsCallKind.Open, 20),
        .. Enumerable.Repeat(VfsCallKind.MkDir, 9),
        .. Enumerable.Repeat(VfsCallKind.ReadDir, 7),
        .. Enumerable.Repeat(VfsCallKind.Rename, 6),
        .. Enumerable.Repeat(VfsCallKind.Unlink, 6),
        .. Enumerable.Repeat(VfsCallKind.RmDir, 4),
        .. Enumerable.Repeat(VfsCallKind.Link, 4),
        .. Enumerable.Repeat(VfsCallKind.NameToHandle, 8),
        .. Enumerable.Repeat(VfsCallKind.OpenByHandle, 9),
        .. Enumerable.Repeat(VfsCallKind.NotifyInvalEntry, 3),
        .. Enumerable.Repeat(VfsCallKind.NotifyPrune, 3),
        .. Enumerable.Repeat(VfsCallKind.NotifyDelete, 2),
        .. Enumerable.Repeat(VfsCallKind.NotifyInvalInode, 2),
        .. Enumerable.Repeat(VfsCallKind.Read, 3),
        .. Enumerable.Repeat(VfsCallKind.Write, 4),
        .. Enumerable.Repeat(VfsCallKind.FAllocate, 2),
        .. Enumerable.Repeat(VfsCallKind.ReadDirOnce, 3),
        .. Enumerable.Repeat(VfsCallKind.ChOwn, 2),
        .. Enumerable.Repeat(VfsCallKind.ChMod, 2),
        .. Enum.GetValues<VfsCallKind>(),
        .. Enum.GetValues<VfsCallKind>(),
    ];

    /// <summary>Operations whose ENOSYS the kernel has an answer to.</summary>
    private static readonly FuseOpcode[] Optional =
    [
        FuseOpcode.FUSE_OPEN, FuseOpcode.FUSE_OPEN, FuseOpcode.FUSE_OPENDIR,
        FuseOpcode.FUSE_OPENDIR, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_TMPFILE,
        FuseOpcode.FUSE_FLUSH, FuseOpcode.FUSE_FSYNC, FuseOpcode.FUSE_FSYNCDIR,
        FuseOpcode.FUSE_ACCESS, FuseOpcode.FUSE_STATX, FuseOpcode.FUSE_GETXATTR,
        FuseOpcode.FUSE_SETXATTR, FuseOpcode.FUSE_LISTXATTR, FuseOpcode.FUSE_REMOVEXATTR,
        FuseOpcode.FUSE_LINK, FuseOpcode.FUSE_RENAME2, FuseOpcode.FUSE_FALLOCATE,
    ];
}
