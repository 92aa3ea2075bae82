using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>One object's geometry, derived.</summary>
public sealed record SlabResult(KernelProfile Kernel, SlabObject SlabObject, ObjectCost Cost);
