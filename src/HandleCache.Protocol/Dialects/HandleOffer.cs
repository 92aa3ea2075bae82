using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>What kernel and server agreed on about handles in INIT.</summary>
/// <param name="Dialect">Classic when the server did not opt in.</param>
/// <param name="MaxHandleBytes">Longest handle the server may send, bytes; 0 for classic.</param>
public readonly record struct HandleAgreement(Dialect Dialect, int MaxHandleBytes)
{
    /// <summary>No handles.</summary>
    public static HandleAgreement Classic => new(Dialect.Classic, 0);

    /// <summary>Bytes the kernel reserves for an entry: of the longest agreed handle.</summary>
    public int ReservedEntryBytes => Dialect.EntryBytes(MaxHandleBytes);

    /// <summary>
    /// A handle longer than agreed makes a reply invalid; it is never cut (T4 of the thread).
    /// </summary>
    public WireError CheckHandle(int handleBytes) => handleBytes <= MaxHandleBytes
        ? WireError.None
        : new WireError(WireFault.BadValue, 0, MaxHandleBytes, handleBytes);
}

/// <summary>
/// The handle part of INIT: the kernel offers the dialect's bit in its 64-bit flags, the server
/// takes it and names its maximum in fuse_init_out.max_handle_sz, the 16 bits at offset 42
/// (PROPOSALS.md). 0 or more than the dialect's maximum leaves the feature off.
/// </summary>
public static class HandleOffer
{
    /// <summary>What mount(2) is called with for FUSE.</summary>
    public const string TodaysFileSystemType = "fuse";

    /// <summary>Adds the dialect's bit to what the kernel offers.</summary>
    public static void Offer(ref fuse_init_in init, Dialect dialect)
    {
        if (!UsesInit(dialect))
            return;
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2)
            | dialect.OfferedFlags | FuseInitFlags.FUSE_INIT_EXT;
        (init.flags, init.flags2) = InitWords.Split(flags);
    }

    /// <summary>
    /// Whether the kernel offered the dialect: the bit, on a file system of the dialect's type.
    /// </summary>
    public static bool IsOffered(
        in fuse_init_in init, Dialect dialect, string fileSystemType = TodaysFileSystemType) =>
        dialect.HasOwnMessages
        && dialect.FileSystemType == fileSystemType
        && (InitWords.Offered(init) & dialect.InitFlag) == dialect.InitFlag;

    /// <summary>The server's yes: bit and, where the dialect has one, maximum.</summary>
    public static void Accept(ref fuse_init_out init, Dialect dialect, int maxHandleBytes)
    {
        if (!UsesInit(dialect))
            return;
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2)
            | dialect.InitFlag | FuseInitFlags.FUSE_INIT_EXT;
        (init.flags, init.flags2) = InitWords.Split(flags);
        if (dialect.OptIn == HandleOptIn.InitBitAndMaximum)
            init.unused[0] = checked((ushort)maxHandleBytes);
    }

    /// <summary>
    /// What the kernel makes of the server's answer. Where INIT brings no maximum, one that is
    /// there belongs to another dialect with the same bit: encodings are not mixed, handles stay
    /// off.
    /// </summary>
    public static HandleAgreement Read(in fuse_init_out init, Dialect offered)
    {
        if (!UsesInit(offered))
        {
            return offered.HasOwnMessages
                ? new HandleAgreement(offered, offered.MaxHandleBytes)
                : HandleAgreement.Classic;
        }

        int named = init.unused[0];
        bool hasMaximum = offered.OptIn == HandleOptIn.InitBitAndMaximum;
        bool on = (InitWords.Accepted(init) & offered.InitFlag) == offered.InitFlag
            && (hasMaximum ? named > 0 && named <= offered.MaxHandleBytes : named == 0);
        return on
            ? new HandleAgreement(offered, hasMaximum ? named : offered.MaxHandleBytes)
            : HandleAgreement.Classic;
    }

    /// <summary>Takes the handle part out again, for a kernel that knows nothing of it.</summary>
    public static void Withdraw(ref fuse_init_out init, Dialect dialect)
    {
        FuseInitFlags flags = InitWords.Join(init.flags, init.flags2) & ~dialect.InitFlag;
        (init.flags, init.flags2) = InitWords.Split(flags);
        init.unused[0] = 0;
    }

    private static bool UsesInit(Dialect dialect) =>
        dialect.OptIn is HandleOptIn.InitBit or HandleOptIn.InitBitAndMaximum;
}
