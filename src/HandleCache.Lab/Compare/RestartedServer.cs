using System.Globalization;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Compare;

/// <summary>
/// A server life of two directories, a and b, that numbers nodeids as they are first looked up, as
/// servers do. Its handle of a directory is the same in every life.
/// </summary>
internal sealed class RestartedServer(Dialect dialect)
{
    /// <summary>FUSE_ROOT_ID is taken.</summary>
    private const ulong FirstNodeId = 2;

    private readonly List<string> _known = [];

    public static byte[] HandleOf(string directory) =>
        Encoding.ASCII.GetBytes(directory.PadRight(8, '.'));

    /// <summary>LOOKUP of a directory by its name; its nodeid in this life.</summary>
    public ulong Lookup(string directory)
    {
        int at = _known.IndexOf(directory);
        if (at < 0)
        {
            at = _known.Count;
            _known.Add(directory);
        }

        return FirstNodeId + (ulong)at;
    }

    /// <summary>
    /// LOOKUP of f in a directory that the kernel knows by nodeid and, where the dialect has it,
    /// by handle: the path that this server answers for.
    /// </summary>
    public string LookupIn(ulong nodeId, ReadOnlySpan<byte> parentHandle)
    {
        byte[] classic = DialectMessages.Classic(FuseOpcode.FUSE_LOOKUP, nodeId, 1);
        if (!FuseRequest.TryParse(classic, out FuseRequest request, out WireError error))
            throw new InvalidOperationException(error.ToString());
        byte[] room = new byte[1024];
        if (!dialect.TryWriteRequest(room, request, 1, parentHandle, out int bytes)
            || !FuseRequest.TryParse(room.AsSpan(0, bytes), out FuseRequest sent, out error))
        {
            throw new InvalidOperationException($"{dialect.Name}: {error}");
        }

        error = dialect.ReadRequest(sent, out WireRequest wire);
        if (error.IsError)
            throw new InvalidOperationException($"{dialect.Name}: {error}");
        if (!wire.Handle.IsNone)
            return $"/{Encoding.ASCII.GetString(wire.Handle.Bytes).TrimEnd('.')}/f";
        int at = (int)(wire.Header.nodeid - FirstNodeId);
        return at < _known.Count
            ? $"/{_known[at]}/f"
            : string.Create(CultureInfo.InvariantCulture, $"nodeid {nodeId} is unknown");
    }

    /// <summary>
    /// Restart between two lookups: life 1 hands out a, then b; life 2 meets b first. What comes
    /// of LOOKUP(a, f) in life 2, which should be /a/f.
    /// </summary>
    public static string LookupAcrossRestart(Dialect dialect, bool sendsParent)
    {
        RestartedServer first = new(dialect);
        ulong nodeIdOfA = first.Lookup("a");
        first.Lookup("b");
        RestartedServer second = new(dialect);
        second.Lookup("b");
        byte[] handle = sendsParent ? HandleOf("a") : [];
        return second.LookupIn(nodeIdOfA, handle);
    }
}
