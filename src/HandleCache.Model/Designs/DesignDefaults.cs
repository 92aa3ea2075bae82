using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Designs;

/// <summary>What a design file need not say: the thread's message, or what its framing decides.
/// </summary>
public static class DesignDefaults
{
    /// <summary>The operations that return an entry (T7 of the thread).</summary>
    public static IReadOnlyList<FuseOpcode> EntryOperations =>
        PostedDesigns.Thread.Returns;

    /// <summary>An opcode as a design file spells it.</summary>
    public static string Word(FuseOpcode opcode) =>
        opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);

    /// <summary>The design of a file that names a framing and nothing more.</summary>
    public static WireDesign Of(DesignFraming framing)
    {
        if (framing == DesignFraming.Plain)
            return PostedDesigns.Thread;
        Dialect posted = framing switch
        {
            DesignFraming.V3 => Dialect.V3,
            DesignFraming.Fusex => Dialect.Fusex,
            DesignFraming.FusexCompound => Dialect.FusexCompound,
            _ => throw new InvalidOperationException($"unknown framing {framing}"),
        };
        return new WireDesign
        {
            Name = posted.Name,
            Framing = framing,
            OptIn = posted.OptIn,
            Numbers = posted.Numbers,
            MaxHandleBytes = posted.MaxHandleBytes,
            Returns = [.. EntryOperations.Where(posted.ReplyBrings)],
            Carriage = framing == DesignFraming.V3
                ? HandleCarriage.Parent
                : HandleCarriage.EveryNodeId,
            Position = HandlePosition.Extension,
            ForgetsOne = posted.ForgetsOne,
            RequiresHandle = posted.RequiresHandle,
        };
    }
}
