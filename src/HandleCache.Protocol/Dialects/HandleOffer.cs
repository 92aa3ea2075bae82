using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>What kernel and server agreed on about handles in INIT.</summary>
/// <param name="Dialect">Classic when the server did not opt in.</param>
/// <param name="MaxHandleBytes">Longest handle the server may send, bytes; 0 for classic.</param>
public readonly record struct HandleAgreement(Dialect Dialect, int MaxHandleBytes)
{
    /// <summary>No handles.</summary>
    public static HandleAgreement Classic => new(Dialect.Classic, 0);
}

/// <summary>
/// The handle part of INIT: the kernel offers the dialect's bit in its 64-bit flags, the server
/// takes it and names its maximum in fuse_init_out.max_handle_sz, the 16 bits at offset 42
/// (facts/handle-proposals.md). 0 or more than the dialect's maximum leaves the feature off.
/// </summary>
public static class HandleOffer
{
    /// <summary>Adds the dialect's bit to what the kernel offers.</summary>
    public static void Offer(ref fuse_init_in init, Dialect dialect)
    {
        if (!dialect.CarriesHandles)
            return;
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2)
            | dialect.InitFlag | FuseInitFlags.FUSE_INIT_EXT;
        (init.flags, init.flags2) = InitWords.Split(flags);
    }

    /// <summary>Whether the kernel offered the dialect.</summary>
    public static bool IsOffered(in fuse_init_in init, Dialect dialect) =>
        dialect.CarriesHandles
        && (InitWords.Offered(init) & dialect.InitFlag) == dialect.InitFlag;

    /// <summary>The server's yes: bit and maximum.</summary>
    public static void Accept(ref fuse_init_out init, Dialect dialect, int maxHandleBytes)
    {
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2)
            | dialect.InitFlag | FuseInitFlags.FUSE_INIT_EXT;
        (init.flags, init.flags2) = InitWords.Split(flags);
        init.unused[0] = checked((ushort)maxHandleBytes);
    }

    /// <summary>What the kernel makes of the server's answer.</summary>
    public static HandleAgreement Read(in fuse_init_out init, Dialect offered)
    {
        FuseInitFlags flags = InitWords.Accepted(init);
        int maximum = init.unused[0];
        bool on = offered.CarriesHandles
            && (flags & offered.InitFlag) == offered.InitFlag
            && maximum > 0 && maximum <= offered.MaxHandleBytes;
        return on ? new HandleAgreement(offered, maximum) : HandleAgreement.Classic;
    }

    /// <summary>Takes the handle part out again, for a kernel that knows nothing of it.</summary>
    public static void Withdraw(ref fuse_init_out init, Dialect dialect)
    {
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2) & ~dialect.InitFlag;
        (init.flags, init.flags2) = InitWords.Split(flags);
        init.unused[0] = 0;
    }
}
