using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Makes scripts: few names, so that calls meet one another. Everything follows from the script's
/// seed, so that a run may be split by the numbers of its scripts.
/// </summary>
public static partial class ScriptGenerator
{
    /// <summary>One script in so many sleeps, which takes real time.</summary>
    private const int SleepingOneIn = 16;

    private const int MostSleeps = 3;

    private const int PassthroughOneIn = 8;

    private static readonly string[] Names = ["a", "b", "c", "d"];

    /// <summary>Of the attributes that scripts set and read.</summary>
    internal static readonly string[] XattrNames = ["user.x", "user.y"];

    /// <summary>
    /// Not for a tree on the disk, from which a .NET program could not remove it.
    /// </summary>
    private const string NotUtf8 = "\u0001\u00ff";

    /// <summary>
    /// Names beside the usual four, and one too long where a request has one page.
    /// </summary>
    private static readonly string[] RareNames =
    [
        "e", "f", "A", " ", "...", NotUtf8, "name.with.dots",
        new('n', 255), new('x', FuseConstants.FUSE_NAME_LOW_MAX + 1),
    ];

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
        server = Varied(random, server);
        Style style = new(Kinds(random), server.DirectIo, HasParents: random.OneIn(3));
        if (mayPassthrough && random.OneIn(PassthroughOneIn) && !sleeps)
        {
            server = Passthrough(server);
            style = style with { DirectIo = false, HasParents = false, IsOnDisk = true };
        }

        ReadDirPlusMode plus = random.Pick(
            ReadDirPlusMode.Off, ReadDirPlusMode.On, ReadDirPlusMode.Auto, ReadDirPlusMode.Auto);
        bool export = random.OneIn(2);
        List<VfsCall> list = [MountRoot];
        int slept = 0;
        while (list.Count < calls)
        {
            VfsCall call = Call(random, style);
            if (call.Kind == VfsCallKind.Sleep && (!sleeps || ++slept > MostSleeps))
                continue;
            if (call.Kind == VfsCallKind.Symlink && style.HasParents)
                continue;
            list.Add(call);
        }

        // One sleep at least, in the middle, where there is something to expire.
        if (sleeps && slept == 0 && list.Count > 2)
            list[list.Count / 2] = new(VfsCallKind.Sleep) { Offset = ScriptServerOptions.SleepNs };

        Script made = new(seed, server, plus, export, list);
        return server.IsPassthrough ? made : WithOverlaps(WithUsers(made));
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
        Lacks = [],
        DirectoryFlags = 0,
    };

    /// <summary>How the calls of a script are made.</summary>
    /// <param name="Kinds">What calls there are, each as often as it is to come.</param>
    /// <param name="DirectIo">Files are served with FOPEN_DIRECT_IO.</param>
    /// <param name="HasParents">
    /// Paths may go back by "..", of which there are never more than names before them. Such a
    /// script makes no symlink: through one to "." it would leave its mount.
    /// </param>
    /// <param name="IsOnDisk">The server's tree lies on the disk.</param>
    private readonly record struct Style(
        VfsCallKind[] Kinds, bool DirectIo, bool HasParents, bool IsOnDisk = false);

    /// <summary>What INIT settles and what the server does not know.</summary>
    private static ScriptServerOptions Varied(SplitMix64 random, ScriptServerOptions server)
    {
        if (random.OneIn(3))
        {
            server = server with
            {
                InitWithout = random.Pick<FuseInitFlags>(Droppable)
                    | random.Pick<FuseInitFlags>(Droppable),
                InitAlso = random.Pick<FuseInitFlags>(
                    0, 0, FuseInitFlags.FUSE_EXPLICIT_INVAL_DATA,
                    FuseInitFlags.FUSE_HANDLE_KILLPRIV, FuseInitFlags.FUSE_NO_EXPORT_SUPPORT),
                DefaultPermissions = random.OneIn(2),
            };
        }

        if (random.OneIn(4))
        {
            server = server with
            {
                Lacks = [.. Enumerable.Range(0, 1 + random.Below(3))
                    .Select(_ => random.Pick<FuseOpcode>(Optional)).Distinct()],
            };
        }

        return server with
        {
            DirectoryFlags = random.Pick<FuseOpenFlags>(
                0, 0, 0, FuseOpenFlags.FOPEN_KEEP_CACHE, FuseOpenFlags.FOPEN_CACHE_DIR,
                FuseOpenFlags.FOPEN_CACHE_DIR | FuseOpenFlags.FOPEN_KEEP_CACHE),
        };
    }

    private static readonly FuseInitFlags[] Droppable =
    [
        FuseInitFlags.FUSE_ATOMIC_O_TRUNC, FuseInitFlags.FUSE_AUTO_INVAL_DATA,
        FuseInitFlags.FUSE_PARALLEL_DIROPS, FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2,
        FuseInitFlags.FUSE_SETXATTR_EXT, FuseInitFlags.FUSE_POSIX_ACL,
        FuseInitFlags.FUSE_MAX_PAGES, FuseInitFlags.FUSE_CREATE_SUPP_GROUP,
        FuseInitFlags.FUSE_ASYNC_READ, FuseInitFlags.FUSE_ASYNC_DIO,
    ];

    private static ValidityMode Steady(ValidityMode mode) =>
        mode == ValidityMode.Mixed ? ValidityMode.Infinite : mode;

    private static ValidityMode Validity(SplitMix64 random, bool sleeps) => sleeps
        ? random.Pick(
            ValidityMode.Finite, ValidityMode.Finite, ValidityMode.MixedFinite,
            ValidityMode.Infinite)
        : random.Pick(
            ValidityMode.Zero, ValidityMode.Infinite, ValidityMode.Infinite, ValidityMode.Mixed);
}
