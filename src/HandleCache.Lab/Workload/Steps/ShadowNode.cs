namespace HandleCache.Lab.Workload.Steps;

internal enum ShadowKind
{
    Regular,
    Directory,
    Symlink,
    Fifo,
}

/// <summary>What an object of the scratch directory has to be, by the calls made so far.</summary>
internal sealed class ShadowNode(ShadowKind kind, uint permissions)
{
    private byte[] _content = [];

    public ShadowKind Kind => kind;

    public uint Permissions { get; set; } = permissions;

    /// <summary>Owner and group that were given to it; null before.</summary>
    public (uint Uid, uint Gid)? Owner { get; set; }

    /// <summary>Names of a non-directory; a directory has one or, removed, none.</summary>
    public int NLink { get; set; } = 1;

    /// <summary>Inode number, once seen; it never changes.</summary>
    public ulong Ino { get; set; }

    /// <summary>Target of a symlink, without NUL.</summary>
    public byte[] Target { get; init; } = [];

    /// <summary>Children by name, in byte order, so that a random choice is repeatable.</summary>
    public SortedList<string, ShadowNode> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>The directory a directory lies in; null for the scratch directory itself.</summary>
    public ShadowNode? Parent { get; set; }

    public SortedDictionary<string, byte[]> Xattrs { get; } = new(StringComparer.Ordinal);

    public ReadOnlySpan<byte> Content => _content;

    public int SizeBytes => kind == ShadowKind.Symlink ? Target.Length : _content.Length;

    public bool IsDirectory => kind == ShadowKind.Directory;

    public void Resize(int sizeBytes) => Array.Resize(ref _content, sizeBytes);

    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return;
        if (offset + bytes.Length > _content.Length)
            Resize(offset + bytes.Length);
        bytes.CopyTo(_content.AsSpan(offset));
    }

    public void Zero(int offset, int count)
    {
        int end = Math.Min(offset + count, _content.Length);
        if (offset < end)
            _content.AsSpan(offset..end).Clear();
    }

    /// <summary>Whether this directory is the other one or lies above it.</summary>
    public bool IsAncestorOf(ShadowNode other)
    {
        for (ShadowNode? at = other; at is not null; at = at.Parent)
        {
            if (at == this)
                return true;
        }

        return false;
    }
}

/// <summary>A place where an object may be: a directory and a name in it.</summary>
internal readonly record struct ShadowName(ShadowNode Directory, string Name)
{
    /// <summary>What is there, or null.</summary>
    public ShadowNode? Node => Directory.Children.GetValueOrDefault(Name);

    /// <summary>Path from the scratch directory.</summary>
    public string Path => BytePath.Join(Scratch.PathOf(Directory), Name);

    /// <summary>The path as system calls take it.</summary>
    public byte[] PathBytes => BytePath.ToBytes(Path);
}
