using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The plain designs that a dialect is named for, sound: what models/designs/thread.json and
/// v2.json say without their defects, as a test checks. A design file that leaves a field out means
/// the thread's message.
/// </summary>
public static class PostedDesigns
{
    /// <summary>
    /// The message of 2025-11 that the project starts from: fuse_entry_out grows by a fixed
    /// fuse_file_handle {u32 size; u32 type; u8 handle[128]}. LOOKUP_HANDLE brings the parent's
    /// handle in a record that any request can have. Bit 43 has since gone to another feature
    /// (7.46, ABI.md).
    /// </summary>
    public static WireDesign Thread { get; } = new()
    {
        Name = "thread",
        OptIn = HandleOptIn.InitBitAndMaximum,
        Numbers = new() { InitFlag = (FuseInitFlags)(1UL << 43), Lookup = (FuseOpcode)54 },
        MaxHandleBytes = FuseConstants.MAX_HANDLE_SZ,
        Encoding = new() { ArrayBytes = FuseConstants.MAX_HANDLE_SZ },
        Returns =
        [
            FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_MKNOD,
            FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_SYMLINK, FuseOpcode.FUSE_LINK,
            FuseOpcode.FUSE_TMPFILE, FuseOpcode.FUSE_READDIRPLUS,
        ],
        Carriage = HandleCarriage.LookupParent,
        Position = HandlePosition.NodeRecord,
    };

    /// <summary>
    /// LOOKUP_HANDLE v2 of 2025-12-12: fuse_file_handle {u32 size; u32 type; handle[size]}, the
    /// parent's as last in-argument of LOOKUP_HANDLE and of what makes an entry, which must bring
    /// one. Nothing pads the handle, so in READDIRPLUS the dirent behind one of a length that 8
    /// does not divide lies unaligned. Every inode has a buffer of the largest size
    /// (fuse_alloc_inode()).
    /// </summary>
    public static WireDesign V2 { get; } = Thread with
    {
        Name = "v2",
        Encoding = new(),
        Carriage = HandleCarriage.Parent,
        Position = HandlePosition.Argument,
        RequiresHandle = true,
        Export = ExportForm.Both,
        Storage = new("pointer-max:128", "v2"),
    };
}
