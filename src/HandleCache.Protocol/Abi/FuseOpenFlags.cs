namespace HandleCache.Protocol.Abi;

/// <summary>What the server says of an opened file (FOPEN_*, ABI.md).</summary>
[Flags]
public enum FuseOpenFlags : uint
{
    None = 0,
    FOPEN_DIRECT_IO = 1u << 0,
    FOPEN_KEEP_CACHE = 1u << 1,
    FOPEN_NONSEEKABLE = 1u << 2,
    FOPEN_CACHE_DIR = 1u << 3,
    FOPEN_STREAM = 1u << 4,
    FOPEN_NOFLUSH = 1u << 5,
    FOPEN_PARALLEL_DIRECT_WRITES = 1u << 6,
    FOPEN_PASSTHROUGH = 1u << 7,
}
