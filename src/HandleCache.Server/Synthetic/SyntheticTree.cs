using System.Globalization;
using System.Text;

namespace HandleCache.Server.Synthetic;

/// <summary>
/// Which object has which id, name, nodeid and inode number; arithmetic, no tables. Id 0 is the
/// root, 1 to D its directories, then the files, directory by directory.
/// </summary>
public sealed class SyntheticTree
{
    /// <summary>
    /// Inode numbers are ids plus this, so that none equals its nodeid by chance.
    /// </summary>
    public const ulong InoBase = 0x10000;

    private const int DirectoryDigits = 4;
    private const int FileDigits = 6;

    private readonly ulong _directories;
    private readonly ulong _files;
    private readonly ulong _nodeIdBase;

    public SyntheticTree(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Directories);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FilesPerDirectory);
        ArgumentOutOfRangeException.ThrowIfZero(options.NodeIdBase);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.NodeIdBase, ulong.MaxValue / 2);
        _directories = (ulong)options.Directories;
        _files = (ulong)options.FilesPerDirectory;
        _nodeIdBase = options.NodeIdBase;
        ObjectCount = (ulong)options.ObjectCount;
    }

    /// <summary>Ids run from 0 to this minus 1.</summary>
    public ulong ObjectCount { get; }

    public bool IsDirectory(ulong id) => id <= _directories;

    public ulong NodeIdOf(ulong id) => id == 0 ? 1 : _nodeIdBase + id;

    public bool TryIdOfNodeId(ulong nodeid, out ulong id)
    {
        id = nodeid == 1 ? 0 : nodeid - _nodeIdBase;
        return nodeid == 1 || (nodeid > _nodeIdBase && id < ObjectCount);
    }

    public static ulong InoOf(ulong id) => InoBase + id;

    public bool TryIdOfIno(ulong ino, out ulong id)
    {
        id = ino - InoBase;
        return ino >= InoBase && id < ObjectCount;
    }

    /// <summary>The root is its own parent.</summary>
    public ulong ParentOf(ulong id) => IsDirectory(id) ? 0 : 1 + ((id - _directories - 1) / _files);

    /// <summary>Entries of a directory, without "." and "..".</summary>
    public ulong ChildCount(ulong directory) => directory == 0 ? _directories : _files;

    public ulong Child(ulong directory, ulong index) =>
        directory == 0 ? 1 + index : 1 + _directories + ((directory - 1) * _files) + index;

    /// <summary>
    /// The child of that name: "d" and 4 digits in the root, "f" and 6 elsewhere.
    /// </summary>
    public bool TryChild(ulong directory, ReadOnlySpan<byte> name, out ulong id)
    {
        id = 0;
        byte letter = directory == 0 ? (byte)'d' : (byte)'f';
        int digits = directory == 0 ? DirectoryDigits : FileDigits;
        if (name.Length <= digits || name[0] != letter)
            return false;
        ReadOnlySpan<byte> number = name[1..];
        bool canonical = number.Length == digits || number[0] != '0';
        if (!canonical || number.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture,
                out ulong index)
            || index >= ChildCount(directory))
            return false;
        id = Child(directory, index);
        return true;
    }

    /// <summary>Writes an object's own name; its length in bytes (at most 32). Root: 0.</summary>
    public int WriteName(ulong id, Span<byte> destination)
    {
        if (id == 0)
            return 0;
        bool isDirectory = IsDirectory(id);
        ulong index = isDirectory ? id - 1 : (id - _directories - 1) % _files;
        destination[0] = isDirectory ? (byte)'d' : (byte)'f';
        ReadOnlySpan<char> format = isDirectory ? "D4" : "D6";
        index.TryFormat(destination[1..], out int digits, format, CultureInfo.InvariantCulture);
        return 1 + digits;
    }

    /// <summary>Path from the root, "" for the root itself.</summary>
    public string PathOf(ulong id)
    {
        Span<byte> name = stackalloc byte[32];
        string own = Encoding.ASCII.GetString(name[..WriteName(id, name)]);
        ulong parent = ParentOf(id);
        return parent == 0 ? own : $"{PathOf(parent)}/{own}";
    }
}
