using System.Runtime.InteropServices;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;

namespace HandleCache.Model.Kernel;

/// <summary>
/// What a kernel version says of itself in INIT: minor version, flags, length. Read from
/// /dev/fuse of Debian's kernels with these versions (fuse_send_init(), fs/fuse/inode.c); a
/// version between two rows offers what the older one does.
/// </summary>
/// <param name="First">The first version that does.</param>
/// <param name="Minor">FUSE_KERNEL_MINOR_VERSION of include/uapi/linux/fuse.h.</param>
/// <param name="Lacks">Flags of <see cref="ModelKernelOptions.DefaultOffer"/> without these.
/// </param>
/// <param name="Unknown">Requests that it never sends, of those that v6.18 does.</param>
public sealed record KernelOffer(
    KernelVersion First, uint Minor, FuseInitFlags Lacks, params IReadOnlyList<FuseOpcode> Unknown)
{
    /// <summary>The first minor version with flags2 and unused words in fuse_init_in.</summary>
    private const uint ExtendedMinor = 36;

    /// <summary>Bytes of fuse_init_in before that.</summary>
    private const int ShortBytes = 16;

    private const FuseInitFlags NotIn612 = FuseInitFlags.FUSE_REQUEST_TIMEOUT;

    private const FuseInitFlags NotIn61 = NotIn612 | FuseInitFlags.FUSE_CREATE_SUPP_GROUP
        | FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP | FuseInitFlags.FUSE_NO_EXPORT_SUPPORT
        | FuseInitFlags.FUSE_HAS_RESEND | FuseInitFlags.FUSE_ALLOW_IDMAP;

    private const FuseInitFlags NotIn510 = NotIn61 | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2
        | FuseInitFlags.FUSE_SETXATTR_EXT | FuseInitFlags.FUSE_INIT_EXT
        | FuseInitFlags.FUSE_SECURITY_CTX | FuseInitFlags.FUSE_HAS_EXPIRE_ONLY;

    /// <summary>Oldest first.</summary>
    public static IReadOnlyList<KernelOffer> All { get; } =
    [
        new(new(5, 10), 32, NotIn510, FuseOpcode.FUSE_STATX, FuseOpcode.FUSE_TMPFILE),
        new(new(6, 1), 38, NotIn61, FuseOpcode.FUSE_STATX),
        new(new(6, 12), 41, NotIn612),
        new(new(6, 16), 44, FuseInitFlags.None),
        new(new(6, 18), 45, FuseInitFlags.None),
        new(new(7, 3), 46, FuseInitFlags.None),

        // The maintainer's tree, 1073e571: fuse_open_out, FUSE_NOTIFY_BACKING_CLOSE, _MAP.
        new(new(7, 4), 47, FuseInitFlags.None),
    ];

    /// <summary>Of a version; of one older than all, the oldest's.</summary>
    public static KernelOffer Of(KernelVersion version) =>
        version < All[0].First ? All[0] : All.Last(offer => offer.First <= version);

    /// <summary>INIT's body. An offer of handles is in flags2, so such a kernel has it.</summary>
    public byte[] Body(in fuse_init_in init)
    {
        ReadOnlySpan<byte> whole = MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_init_in>(in init));
        return Minor < ExtendedMinor && init.flags2 == 0 ? whole[..ShortBytes].ToArray()
            : whole.ToArray();
    }
}
