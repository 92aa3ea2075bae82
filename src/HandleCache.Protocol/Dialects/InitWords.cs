using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// INIT's two flag words as one 64-bit value; the high word counts only with FUSE_INIT_EXT
/// (process_init_reply(), fs/fuse/inode.c).
/// </summary>
public static class InitWords
{
    public static FuseInitFlags Join(uint low, uint high) =>
        (FuseInitFlags)(low | ((ulong)high << 32));

    public static (uint Low, uint High) Split(FuseInitFlags flags) =>
        ((uint)(ulong)flags, (uint)((ulong)flags >> 32));

    /// <summary>What the kernel offers.</summary>
    public static FuseInitFlags Offered(in fuse_init_in init) => Valid(init.flags, init.flags2);

    /// <summary>What the server takes.</summary>
    public static FuseInitFlags Accepted(in fuse_init_out init) => Valid(init.flags, init.flags2);

    private static FuseInitFlags Valid(uint low, uint high)
    {
        bool extended = ((FuseInitFlags)low & FuseInitFlags.FUSE_INIT_EXT) != 0;
        return Join(low, extended ? high : 0);
    }
}
