using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Steps on the bytes of regular files in a thread's own directory.</summary>
internal sealed class FileSteps(
    StepContext context, Scratch scratch, NamePicker picker, AttributeSteps attributes)
{
    /// <summary>Modes of fallocate(2) that the steps use; 0 makes room and grows.</summary>
    public static readonly IReadOnlyList<int> AllocateModes =
        [0, AllocateFlags.KeepSize, AllocateFlags.KeepSize | AllocateFlags.PunchHole];

    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int MaxFileBytes = 40_000;
    private const int MaxWriteBytes = 6_000;

    private readonly SplitMix64 _random = context.Random;
    private readonly CallLog _log = context.Log;
    private readonly Calls _calls = context.Calls;
    private readonly byte[] _buffer = new byte[MaxFileBytes + MaxWriteBytes];

    public void Open()
    {
        ShadowName name = picker.TakenOrFree(
            node => node.Kind == ShadowKind.Regular || _random.Chance(3));
        if (name.Node is { Kind: ShadowKind.Fifo })
            return;
        int access = _random.Chance(30) ? OpenFlags.ReadOnly : OpenFlags.ReadWrite;
        int flags = access | OpenFlags.NoFollow
            | (_random.Chance(20) ? OpenFlags.Append : 0)
            | (access == OpenFlags.ReadWrite && _random.Chance(20) ? OpenFlags.Truncate : 0);
        FileDescriptor? fd = _calls.Open(
            scratch.Directory, name.PathBytes, flags, 0, out Errno errno);
        Errno expected = name.Node switch
        {
            null => Errno.ENOENT,
            { Kind: ShadowKind.Symlink } => Errno.ELOOP,
            { IsDirectory: true } when access == OpenFlags.ReadWrite => Errno.EISDIR,
            _ => Errno.None,
        };
        if (!_log.Expect("openat", name.Path, expected, errno) || name.Node!.IsDirectory)
        {
            fd?.Dispose();
            return;
        }

        if ((flags & OpenFlags.Truncate) != 0)
            name.Node.Resize(0);
        OpenFile file = new(fd!, name.Node, name.Path, flags);
        scratch.Keep(file);
        Compare("openat", file);
    }

    public void Write()
    {
        if (PickOpen() is not { } file)
            return;
        int offset = _random.Below(Math.Min(file.Node.SizeBytes + 5_000, MaxFileBytes));
        byte[] bytes = _random.Bytes(_random.Below(MaxWriteBytes));
        SysResult got = _calls.WriteAt(file.Fd, bytes, offset);
        Errno expected = file.CanWrite ? Errno.None : Errno.EBADF;
        if (!_log.Expect("pwrite64", file.Path, expected, got.Errno))
            return;
        _log.Check("pwrite64 count", file.Path, (long)bytes.Length, got.Value);

        // pwrite(2) with O_APPEND appends on Linux, whatever the offset.
        int at = file.Appends ? file.Node.SizeBytes : offset;
        file.Node.Write(at, bytes.AsSpan(0, (int)got.Value));
        if (file.Node.SizeBytes > MaxFileBytes)
            Truncate(file, _random.Below(MaxFileBytes / 4));
        else
            Compare("pwrite64", file);
    }

    public void ReadOpen()
    {
        if (PickOpen() is { } file)
            Read(file.Fd, file.Node, file.Path);
    }

    public void ReadByName()
    {
        if (picker.Taken(node => node.Kind == ShadowKind.Regular) is not { } name)
            return;
        using FileDescriptor? fd = _calls.Open(
            scratch.Directory, name.PathBytes, OpenFlags.ReadOnly, 0, out Errno errno);
        if (_log.Expect("openat", name.Path, Errno.None, errno))
            Read(fd!, name.Node!, name.Path);
    }

    public void TruncateOpen()
    {
        if (PickOpen() is { CanWrite: true } file)
            Truncate(file, _random.Below(MaxFileBytes));
    }

    public void TruncateByName()
    {
        if (picker.Taken(node => node.Kind == ShadowKind.Regular) is not { } name)
            return;
        using FileDescriptor? fd = _calls.Open(
            scratch.Directory, name.PathBytes, OpenFlags.Path, 0, out Errno errno);
        if (!_log.Expect("openat O_PATH", name.Path, Errno.None, errno))
            return;
        int size = _random.Below(MaxFileBytes);
        errno = _calls.Truncate(fd!, isPathFd: true, size);
        if (_log.Expect("truncate", name.Path, Errno.None, errno))
            name.Node!.Resize(size);
        attributes.Compare("truncate", fd!, CString.Empty, name.Path, name.Node!);
    }

    public void Allocate()
    {
        int mode = _random.PickFrom(AllocateModes);
        if (!context.Abilities.Has(Abilities.Allocate(mode))
            || PickOpen() is not { CanWrite: true } file)
            return;
        int offset = _random.Below(MaxFileBytes / 2);
        int length = 1 + _random.Below(MaxFileBytes / 2);
        Errno errno = _calls.Allocate(file.Fd, mode, offset, length);
        if (!_log.Expect("fallocate", file.Path, Errno.None, errno))
            return;
        if ((mode & AllocateFlags.PunchHole) != 0)
            file.Node.Zero(offset, length);
        if ((mode & AllocateFlags.KeepSize) == 0 && offset + length > file.Node.SizeBytes)
            file.Node.Resize(offset + length);
        Compare("fallocate", file);
        Read(file.Fd, file.Node, file.Path);
    }

    /// <summary>
    /// Where holes are is the file system's affair; but data is never said to be a hole, and a
    /// file ends with one.
    /// </summary>
    public void Seek()
    {
        if (PickOpen() is not { } file)
            return;
        int size = file.Node.SizeBytes;
        int offset = _random.Below(size + 100);
        int whence = _random.Chance(50) ? SeekData : SeekHole;
        SysResult got = _calls.Seek(file.Fd, offset, whence);
        ReadOnlySpan<byte> content = file.Node.Content;
        if (offset >= size)
        {
            _log.Expect("lseek", file.Path, Errno.ENXIO, got.Errno);
        }
        else if (whence == SeekData && got.Errno == Errno.ENXIO)
        {
            _log.Require(!content[offset..].ContainsAnyExcept((byte)0), "lseek SEEK_DATA",
                file.Path, "an offset, for there is data", "ENXIO");
        }
        else if (_log.Expect("lseek", file.Path, Errno.None, got.Errno))
        {
            long end = whence == SeekData ? size - 1 : size;
            bool isInside = got.Value >= offset && got.Value <= end;
            _log.Require(isInside, "lseek", file.Path, $"{offset} to {end}", $"{got.Value}");
            if (isInside && whence == SeekData)
            {
                _log.Require(!content[offset..(int)got.Value].ContainsAnyExcept((byte)0),
                    "lseek SEEK_DATA", file.Path, "no data before it", $"{got.Value}");
            }
        }
    }

    public void Copy()
    {
        if (!context.Abilities.Has(Abilities.CopyRange)
            || PickOpen() is not { } from || PickOpen() is not { CanWrite: true } to
            || from.Node == to.Node || to.Appends)
            return;
        int fromOffset = _random.Below(from.Node.SizeBytes + 100);
        int toOffset = _random.Below(MaxFileBytes / 2);
        int length = 1 + _random.Below(MaxFileBytes / 2);
        SysResult got = _calls.CopyRange(from.Fd, fromOffset, to.Fd, toOffset, length);
        if (!_log.Expect("copy_file_range", from.Path, Errno.None, got.Errno))
            return;

        // It may copy less than asked, but not nothing when there is something.
        int most = Math.Clamp(from.Node.SizeBytes - fromOffset, 0, length);
        bool isInside = got.Value <= most && (got.Value > 0) == (most > 0);
        _log.Require(isInside, "copy_file_range", from.Path, $"up to {most}", $"{got.Value}");
        if (isInside && most > 0)
            to.Node.Write(toOffset, from.Node.Content.Slice(fromOffset, (int)got.Value));
        Compare("copy_file_range", to);
        Read(to.Fd, to.Node, to.Path);
    }

    public void Sync()
    {
        if (PickOpen() is not { } file)
            return;
        Errno errno = _calls.Sync(file.Fd, _random.Chance(50));
        _log.Expect("fsync", file.Path, Errno.None, errno);
    }

    public void Close()
    {
        if (PickOpen() is not { } file)
            return;
        Compare("close", file);
        scratch.Close(file);
    }

    private OpenFile? PickOpen() =>
        scratch.OpenFiles.Count > 0 ? _random.PickFrom(scratch.OpenFiles) : null;

    private void Compare(string call, OpenFile file) =>
        attributes.Compare(call, file.Fd, CString.Empty, file.Path, file.Node);

    private void Truncate(OpenFile file, int size)
    {
        Errno errno = _calls.Truncate(file.Fd, isPathFd: false, size);
        if (_log.Expect("ftruncate", file.Path, Errno.None, errno))
            file.Node.Resize(size);
        Compare("ftruncate", file);
    }

    private void Read(FileDescriptor fd, ShadowNode node, string path)
    {
        bool whole = _random.Chance(60);
        int offset = whole ? 0 : _random.Below(node.SizeBytes + 100);
        int length = whole ? _buffer.Length : 1 + _random.Below(MaxWriteBytes);
        SysResult got = _calls.ReadAt(fd, _buffer.AsSpan(0, length), offset);
        if (!_log.Expect("pread64", path, Errno.None, got.Errno))
            return;
        int expected = Math.Clamp(node.SizeBytes - offset, 0, length);
        _log.Check("pread64 count", path, (long)expected, got.Value);
        if (got.Value != expected || expected == 0)
            return;
        ReadOnlySpan<byte> content = node.Content.Slice(offset, expected);
        int same = content.CommonPrefixLength(_buffer.AsSpan(0, expected));
        _log.Require(same == expected, "pread64", path, "the bytes that were written",
            $"another byte at {offset + same} of {node.SizeBytes}");
    }
}
