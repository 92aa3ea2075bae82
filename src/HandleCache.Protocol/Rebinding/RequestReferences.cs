using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// The nodeids and open files that a request names: what a server must know to answer it. The
/// request must have passed <see cref="FuseRequest.CheckShape"/>. 0 stands for none.
/// </summary>
/// <param name="NodeId">The head's nodeid.</param>
/// <param name="OtherNodeId">New parent of RENAME, file of LINK, target of COPY_FILE_RANGE.</param>
/// <param name="Fh">The open file, where the request has one.</param>
/// <param name="OtherFh">The target of COPY_FILE_RANGE.</param>
/// <param name="HasFh">Whether <paramref name="Fh"/> counts (an fh may be 0).</param>
public readonly record struct RequestReferences(
    ulong NodeId, ulong OtherNodeId, ulong Fh, ulong OtherFh, bool HasFh)
{
    public static RequestReferences Of(in FuseRequest request)
    {
        Operation operation = Operation.Of(request.Opcode);
        ReadOnlySpan<byte> body = request.Body;
        bool hasFh = operation.HasFh(body);
        return new(
            request.Header.nodeid, operation.SecondNodeId.Read(body),
            hasFh ? operation.Fh.Read(body) : 0, operation.SecondFh.Read(body), hasFh);
    }
}
