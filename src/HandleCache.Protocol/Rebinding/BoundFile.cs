using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// An extension record of a request: "this fh was opened on this nodeid with these flags". A
/// server that has never seen the fh opens the file again (body of the record, 24 bytes).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BoundFile(ulong Fh, ulong NodeId, uint Flags, uint IsDirectory);
