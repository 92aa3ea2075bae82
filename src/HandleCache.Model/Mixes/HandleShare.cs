namespace HandleCache.Model.Mixes;

/// <summary>A part of a mix: handles of one type and length.</summary>
/// <param name="Type">All 32 bits of handle_type.</param>
/// <param name="Bytes">Length, 0..128.</param>
/// <param name="Share">Share of all objects, 0..1.</param>
public readonly record struct HandleShare(uint Type, int Bytes, double Share);
