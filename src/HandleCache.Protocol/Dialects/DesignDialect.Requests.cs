using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>Requests: today's with the handle behind them, where the design puts it.</summary>
public sealed partial class DesignDialect
{
    private static readonly int RecordHeadBytes = Unsafe.SizeOf<fuse_ext_header>();

    /// <summary>Nodeid, type and size ahead of a node record's handle.</summary>
    private const int NodeHeadBytes = 16;

    public override bool RequestBrings(FuseOpcode opcode) => CarriesHandles
        && _design.Carriage switch
        {
            HandleCarriage.None => false,
            HandleCarriage.LookupParent => opcode == FuseOpcode.FUSE_LOOKUP,
            HandleCarriage.Parent => Operation.Of(opcode).ReturnsOneEntry,
            HandleCarriage.EveryNodeId => Operation.Of(opcode).NamesAnInode,
            _ => throw new InvalidOperationException($"unknown carriage {_design.Carriage}"),
        };

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes) =>
        !RequestBrings(opcode) || handleBytes == 0
            ? classicBytes
            : classicBytes + (IsArgument(opcode)
                ? _design.Encoding.WireBytes(handleBytes)
                : RecordBytes(handleBytes));

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        FuseOpcode opcode = CarriesHandles && classic.Opcode == FuseOpcode.FUSE_LOOKUP
            ? Numbers.Lookup
            : classic.Opcode;
        if (!RequestBrings(classic.Opcode) || handle.IsEmpty)
            return TryWriteWithArgument(destination, classic, opcode, [], out written);
        written = 0;
        if (handle.Length > MaxHandleBytes)
            return false;
        if (!IsArgument(classic.Opcode))
        {
            return TryWriteWithExtension(
                destination, classic, opcode, handleType, handle, out written);
        }

        Span<byte> argument = stackalloc byte[_design.Encoding.WireBytes(handle.Length)];
        return _design.Encoding.TryWrite(argument, handleType, handle, out _)
            && TryWriteWithArgument(destination, classic, opcode, argument, out written);
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        bool isLookup = CarriesHandles && request.Opcode == Numbers.Lookup;
        FuseOpcode opcode = isLookup ? FuseOpcode.FUSE_LOOKUP : request.Opcode;
        FileHandle handle = default;
        WireError fault = WireError.None;
        if (!RequestBrings(opcode) || !IsArgument(opcode))
        {
            FuseRequest todays = isLookup ? request.As(opcode) : request;
            if (RequestBrings(opcode))
                fault = ReadExtension(request, out handle);
            wire = new WireRequest(todays.Header, todays.Body, handle);
            return fault;
        }

        fault = SplitArgument(request, opcode, out wire, out int end);
        if (fault.IsError || request.Body.Length == end)
            return fault;
        ReadOnlySpan<byte> argument = request.Body[end..];
        int position = FuseRequest.HeaderBytes + end;
        fault = _design.Encoding.Read(argument, position, out handle, out int bytes);
        if (fault.IsError)
            return fault;
        if (bytes != argument.Length)
            return new WireError(WireFault.LengthLies, position, bytes, argument.Length);
        wire = new WireRequest(wire.Header, wire.Body, handle);
        return WireError.None;
    }

    /// <summary>
    /// Whether the handle is one more argument: only operations that return an entry have an end
    /// to their own. Where every request brings one, the others have it in a record as v3 has it.
    /// </summary>
    private bool IsArgument(FuseOpcode opcode) => _design.Position == HandlePosition.Argument
        && (_design.Carriage != HandleCarriage.EveryNodeId
            || Operation.Of(opcode).ReturnsOneEntry);

    protected override int RecordBytes(int handleBytes) => _design.Position switch
    {
        HandlePosition.Argument => base.RecordBytes(handleBytes),
        HandlePosition.NodeRecord => FuseConstants.FUSE_REC_ALIGN(
            RecordHeadBytes + NodeHeadBytes + handleBytes),
        HandlePosition.Extension => FuseConstants.FUSE_REC_ALIGN(
            RecordHeadBytes + _design.Encoding.WireBytes(handleBytes)),
        _ => throw new InvalidOperationException($"unknown position {_design.Position}"),
    };

    protected override bool TryWriteWithExtension(
        Span<byte> destination, scoped in FuseRequest classic, FuseOpcode opcode,
        uint handleType, scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (_design.Position == HandlePosition.Argument)
        {
            return base.TryWriteWithExtension(
                destination, classic, opcode, handleType, handle, out written);
        }

        if (!TryWriteWithArgument(destination, classic, opcode, [], out written))
            return false;
        if (_design.Position == HandlePosition.NodeRecord)
        {
            scoped RebindWriter writer = new(destination, written);
            bool added = writer.TryAddNode(classic.Header.nodeid, handleType, handle);
            written = writer.Length;
            return added;
        }

        int record = RecordBytes(handle.Length);
        if (destination.Length < written + record)
            return false;
        Span<byte> extension = destination.Slice(written, record);
        extension.Clear();
        MemoryMarshal.Write(
            extension, new fuse_ext_header { size = (uint)record, type = Numbers.Extension });
        if (!_design.Encoding.TryWrite(
            extension[RecordHeadBytes..], handleType, handle, out _))
        {
            return false;
        }

        written += record;
        fuse_in_header header = MemoryMarshal.Read<fuse_in_header>(destination);
        header.len = (uint)written;
        header.total_extlen += (ushort)(record / 8);
        MemoryMarshal.Write(destination, header);
        return true;
    }

    /// <summary>
    /// The design's record, or of node records that of the head's nodeid; others are passed over.
    /// </summary>
    protected override WireError ReadExtension(
        scoped in FuseRequest request, out FileHandle handle)
    {
        if (_design.Position == HandlePosition.Argument)
            return base.ReadExtension(request, out handle);
        int position = FuseRequest.HeaderBytes + request.Body.Length;
        handle = default;
        if (_design.Position == HandlePosition.NodeRecord)
        {
            RebindReader records = new(request.Extensions);
            while (records.MoveNext())
            {
                if (!records.IsFile && records.Node.NodeId == request.Header.nodeid)
                    handle = records.Node.Handle;
            }

            WireError fault = records.Error;
            return fault.IsError ? fault with { Position = position + fault.Position } : fault;
        }

        bool found = false;
        ReadOnlySpan<byte> rest = request.Extensions;
        while (!rest.IsEmpty)
        {
            if (!MemoryMarshal.TryRead(rest, out fuse_ext_header head))
                return new WireError(WireFault.Truncated, position, RecordHeadBytes, rest.Length);
            if (head.size < RecordHeadBytes || head.size % 8 != 0 || head.size > rest.Length)
                return new WireError(WireFault.LengthLies, position, head.size, rest.Length);
            if (head.type == Numbers.Extension)
            {
                if (found)
                    return new WireError(WireFault.BadValue, position, 1, 2);
                ReadOnlySpan<byte> body = rest[RecordHeadBytes..(int)head.size];
                WireError fault = _design.Encoding.Read(
                    body, position + RecordHeadBytes, out handle, out int used);
                if (fault.IsError)
                    return fault;
                if (FuseConstants.FUSE_REC_ALIGN(RecordHeadBytes + used) != head.size)
                    return new WireError(WireFault.LengthLies, position, used, head.size);
                found = true;
            }

            position += (int)head.size;
            rest = rest[(int)head.size..];
        }

        return WireError.None;
    }
}
