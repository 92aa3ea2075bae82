using System.Numerics;

namespace HandleCache.Model.Slab;

/// <summary>Rounding as the kernel's macros do it.</summary>
internal static class Align
{
    /// <summary>ALIGN(): the next multiple of a power of two.</summary>
    public static int Up(int value, int alignment) => (value + alignment - 1) & ~(alignment - 1);

    /// <summary>get_order(): the least order whose pages hold so many bytes.</summary>
    public static int OrderFor(long bytes, int pageBytes) =>
        bytes <= pageBytes ? 0 : BitOperations.Log2((ulong)((bytes - 1) / pageBytes)) + 1;
}
