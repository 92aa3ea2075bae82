using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Designs;

/// <summary>
/// A proposal of file handles in fuse_inode, whole: what kernel and server say to each other, and
/// how the kernel keeps what it is told (models/designs/*.json, models/README.md).
/// </summary>
/// <param name="Wire">Negotiation, encoding, identity, export, and known defects.</param>
/// <param name="Storage">Slot, header, placement and external buffers.</param>
/// <param name="Summary">One line of its author's; may be empty.</param>
public sealed record Design(WireDesign Wire, HandleDesign Storage, string Summary)
{
    public string Name => Wire.Name;
}
