using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Directories read from the cache that FOPEN_CACHE_DIR asks for (R18; models fs/fuse/readdir.c,
/// v6.18).
/// </summary>
internal sealed class ReadDirCache(
    KernelFaults faults, Connection conn, DirAttributes dirAttributes)
{
    public static bool CachesNames(OpenFile file) =>
        (FuseFile.Of(file).FOpenFlags & (uint)FuseOpenFlags.FOPEN_CACHE_DIR) != 0;

    /// <summary>fuse_emit(): what is read goes into the cache, and to the caller.</summary>
    public static bool Emit(OpenFile file, in DirRecord record, IDirContext context)
    {
        if (CachesNames(file))
        {
            file.Dentry.FuseInode!.Listing.Add(
                new(record.Name, record.Ino, record.Offset, record.Type), file.Position);
        }

        return context.Emit(record.Name, record.Ino, record.Type);
    }

    /// <summary>
    /// Models fuse_readdir_cached(): an errno, or null where the server is to be asked.
    /// </summary>
    public async KernelTask<int?> ReadCachedAsync(
        OpenFile file, FuseInode inode, IDirContext context)
    {
        DirectoryListing listing = inode.Listing;
        DirectoryStream stream = FuseFile.Of(file).Stream;
        if (stream.Position != file.Position)
            stream.Rewind();
        if (file.Position == 0 && conn.AutoInvalData)
        {
            (int errno, _) = await dirAttributes.UpdateAttrAsync(
                inode, FuseFile.Of(file), StatxMask.MTime, 0);
            if (errno != 0)
                return errno;
        }

        while (true)
        {
            if (listing.IsComplete && file.Position == 0 && HasChanged(inode))
                listing.Reset();
            if (!listing.IsComplete)
            {
                if (file.Position == 0 && listing.SizeBytes == 0)
                {
                    listing.MTime = inode.MTime;
                    listing.IVersion = inode.QueryVersion();
                    listing.Epoch = conn.Epoch;
                }

                return null;
            }

            if (stream.Version != listing.Version)
                stream.Rewind();
            if (stream.Position == 0)
                stream.Version = listing.Version;
            long page = stream.CacheOffset / DirectoryListing.PageBytes;
            int size = page == listing.SizeBytes / DirectoryListing.PageBytes
                ? (int)(listing.SizeBytes % DirectoryListing.PageBytes)
                : DirectoryListing.PageBytes;
            if (stream.CacheOffset % DirectoryListing.PageBytes == size)
                return 0;
            if (listing.Page(page) is not { } records)
            {
                listing.Reset();
                continue;
            }

            (bool isFull, bool isFound) = TakeCached(file, records, size, context);
            if (isFull)
                return 0;
            if (size < DirectoryListing.PageBytes)
                return isFound ? 0 : null;
            stream.CacheOffset = (page + 1) * DirectoryListing.PageBytes;
        }
    }

    private bool HasChanged(FuseInode directory) =>
        !faults.Has(KernelFault.ListingOutlivesChange)
        && (directory.Version != directory.Listing.IVersion
            || directory.MTime != directory.Listing.MTime
            || (directory.Listing.Epoch != conn.Epoch
                && conn.Follows(VersionRule.ListingOfEpoch)));

    /// <summary>fuse_parse_cache().</summary>
    private static (bool IsFull, bool IsFound) TakeCached(
        OpenFile file, SortedList<int, ListedName> records, int size, IDirContext context)
    {
        DirectoryStream stream = FuseFile.Of(file).Stream;
        int offset = (int)(stream.CacheOffset % DirectoryListing.PageBytes);
        bool isFound = false;
        while (offset < size && records.TryGetValue(offset, out ListedName record))
        {
            if (stream.Position == file.Position)
            {
                isFound = true;
                if (!context.Emit(record.Name, record.Ino, record.Type))
                    return (true, true);
                file.Position = (long)record.Offset;
            }

            stream.Position = (long)record.Offset;
            stream.CacheOffset += DirectoryListing.BytesOf(record);
            offset += DirectoryListing.BytesOf(record);
        }

        return (false, isFound);
    }
}
