namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// One step of a history, as a line of text: what an application calls, what somebody does to the
/// store behind the mount, or what befalls the server.
/// <list type="table">
/// <listheader><term>words</term><description>meaning</description></listheader>
/// <item><term>lookup P, stat P, mkdir P, mknod P, unlink P</term><description>the system call
/// on a path; unlink takes directories, too</description></item>
/// <item><term>rename P N, link P Q</term><description>P becomes N in its directory; Q is
/// another name of P</description></item>
/// <item><term>open P S, create P S, read S, statat S N, close S</term><description>open file in
/// slot S; create makes it</description></item>
/// <item><term>shrink</term><description>unused inodes are evicted</description></item>
/// <item><term>statx-fails</term><description>the server's next STATX is EIO, in a compound, too
/// </description></item>
/// <item><term>replace P, remove P, move P N</term><description>somebody else: P is deleted and
/// made again with new objects below it; deleted; renamed</description></item>
/// <item><term>crash, restart</term><description>the server dies; a new one starts</description>
/// </item>
/// </list>
/// </summary>
internal sealed record WorldStep(string Verb, params string[] Words)
{
    /// <summary>Reads a step back from its text.</summary>
    public static WorldStep Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new WorldStep(words[0], words[1..]);
    }

    public string[] Path => Words[0].Split('/');

    public override string ToString() =>
        Words.Length == 0 ? Verb : $"{Verb} {string.Join(' ', Words)}";
}
