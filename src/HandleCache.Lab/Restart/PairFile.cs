using System.Globalization;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>A file open in both trees; whatever the two say otherwise is an error.</summary>
/// <remarks>
/// The written rule: a file that is open without a name is gone with the server that had it
/// open. Each request about it says ESTALE from then on, and changes nothing; what the kernel
/// answers without a request, from its pages and from a size it still believes, stays as it was.
/// fuse_do_setattr() (fs/fuse/dir.c) leaves a size that it could not change valid, so that after
/// a refused truncation fuse_cache_read_iter() (fs/fuse/file.c) ends a read at the old one. So
/// what the mount refuses is not done to the shadow, and every byte that the mount still gives
/// must be the shadow's.
/// <para>
/// Where a page is missing that the server refuses, kernels from 6.19 on lose what it said
/// (<see cref="VersionRule.ReadErrorLost"/>): the read is EIO. That is by the rule where the
/// server, asked for the attributes, says ESTALE. What asks for them first
/// (fuse_update_attributes() in fuse_cache_read_iter()) is ESTALE there, too.
/// </para>
/// </remarks>
internal sealed class PairFile : IDisposable
{
    private const int Remembered = 6;

    private readonly IOpenFile _mounted;
    private readonly IOpenFile _shadowed;
    private readonly ClientResult _result;
    private readonly bool _losesReadErrors;
    private readonly ulong _ino;
    private readonly Queue<Done> _history = [];

    /// <summary>An operation on the mount, its place and length, and what came of it.</summary>
    private readonly record struct Done(string What, long At, long Bytes, Errno Errno);

    /// <param name="path">The name it was opened by.</param>
    /// <param name="mounted">The side under test; the pair owns both.</param>
    /// <param name="shadowed">The side that is right.</param>
    /// <param name="result">Where differences are counted.</param>
    /// <param name="losesReadErrors">
    /// The kernel follows <see cref="VersionRule.ReadErrorLost"/>.
    /// </param>
    public PairFile(
        string path, IOpenFile mounted, IOpenFile shadowed, ClientResult result,
        bool losesReadErrors = false)
    {
        Path = path;
        _losesReadErrors = losesReadErrors;
        (_mounted, _shadowed, _result) = (mounted, shadowed, result);
        mounted.Stat(out Statx statx);
        _ino = statx.Ino;
    }

    public string Path { get; }

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        _result.Operations++;
        SysResult got = _mounted.Write(data, offset);
        Note("write", offset, data.Length, got.Errno);

        // The kernel sends a long write in parts and tells how far it came before the error.
        bool isPart = !got.Failed && got.Value < data.Length;
        if (IsStaleByRule(isPart ? Errno.ESTALE : got.Errno))
        {
            _result.Stale++;
            if (isPart)
                _shadowed.Write(data[..(int)got.Value], offset);
            return;
        }

        SysResult want = _shadowed.Write(data, offset);
        if (got == want)
            return;
        SysResult rest = _mounted.Write(data[(int)got.Value..], offset + got.Value);
        _result.Error(
            $"write {Path} at {offset}: {got.Errno} {got.Value} instead of "
            + $"{want.Value}; the rest {rest.Errno} {rest.Value}{Explained()}");
    }

    public void Truncate(long lengthBytes)
    {
        _result.Operations++;
        Errno got = _mounted.Truncate(lengthBytes);
        Note("truncate", lengthBytes, 0, got);
        if (IsStaleByRule(got))
        {
            _result.Stale++;
            return;
        }

        Errno want = _shadowed.Truncate(lengthBytes);
        if (got != want)
            _result.Error($"truncate {Path}: {got} instead of {want}{Explained()}");
    }

    /// <summary>The bytes from an offset on are the same, up to the end of the file.</summary>
    public void Compare(long offset, int lengthBytes)
    {
        _result.Operations++;
        byte[] got = new byte[lengthBytes];
        byte[] want = new byte[lengthBytes];
        SysResult a = ReadFully(_mounted, got, offset);
        Note("read", offset, a.Value, a.Errno);
        SysResult b = ReadFully(_shadowed, want, offset);
        if (IsStaleByRule(a.Errno == Errno.EIO && _losesReadErrors ? _mounted.Ask() : a.Errno))
        {
            _result.Stale++;
        }
        else if (a.Errno != b.Errno)
        {
            _result.Error($"read {Path}: {a.Errno} instead of {b.Errno}{Explained()}");
        }
        else if (a.Value != b.Value || !got.AsSpan().SequenceEqual(want))
        {
            _result.Wrong(
                $"read {Path} at {offset}: {a.Value} bytes that differ from {b.Value}"
                + Explained());
        }
    }

    /// <summary>It is still the inode that was opened.</summary>
    public void CompareInode()
    {
        _result.Operations++;
        Errno errno = _mounted.Stat(out Statx statx);
        if (errno == Errno.None && statx.Ino != _ino)
            _result.Wrong($"{Path}: inode {statx.Ino} instead of {_ino}{Explained()}");
    }

    public void Dispose()
    {
        _mounted.Dispose();
        _shadowed.Dispose();
    }

    private static SysResult ReadFully(IOpenFile file, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            SysResult read = file.Read(buffer[done..], offset + done);
            if (read.Failed)
                return read;
            if (read.Value == 0)
                break;
            done += (int)read.Value;
        }

        return SysResult.Success(done);
    }

    private bool IsStaleByRule(Errno mounted) =>
        mounted == Errno.ESTALE
        && _shadowed.Stat(out Statx statx) == Errno.None
        && statx.NLink == 0;

    private void Note(string what, long at, long bytes, Errno errno)
    {
        if (_history.Count == Remembered)
            _history.Dequeue();
        _history.Enqueue(new Done(what, at, bytes, errno));
    }

    /// <summary>What explains a difference: the shadow, and the last operations.</summary>
    private string Explained()
    {
        _shadowed.Stat(out Statx shadow);
        IEnumerable<string> steps = _history.Select(done => string.Create(
            CultureInfo.InvariantCulture,
            $"{done.What} {done.At}+{done.Bytes} {done.Errno}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $" [{shadow.SizeBytes} bytes, {shadow.NLink} links; {string.Join(", ", steps)}]");
    }
}

/// <summary>One side of a <see cref="PairFile"/>: an open file and what is done with it.</summary>
internal interface IOpenFile : IDisposable
{
    /// <summary>pread(2).</summary>
    SysResult Read(Span<byte> buffer, long offset);

    /// <summary>pwrite(2).</summary>
    SysResult Write(ReadOnlySpan<byte> data, long offset);

    /// <summary>ftruncate(2).</summary>
    Errno Truncate(long lengthBytes);

    /// <summary>statx(2) of the file itself.</summary>
    Errno Stat(out Statx statx);

    /// <summary>What the server says when it is asked for the attributes.</summary>
    Errno Ask();
}

/// <summary>A descriptor of this process as one side of a pair; owns it.</summary>
internal sealed class OpenDescriptor(FileDescriptor file) : IOpenFile
{
    public SysResult Read(Span<byte> buffer, long offset) => Files.ReadAt(file, buffer, offset);

    public SysResult Write(ReadOnlySpan<byte> data, long offset) =>
        Files.WriteAt(file, data, offset);

    public Errno Truncate(long lengthBytes) => Files.Truncate(file, lengthBytes);

    public Errno Stat(out Statx statx) =>
        Metadata.Statx(file, StatxMask.BasicStats, out statx);

    public Errno Ask() => Ask(file);

    /// <summary>What the server says when it is asked for the attributes of an open file.</summary>
    public static Errno Ask(FileDescriptor file) => Metadata.Statx(
        file, CString.Empty, AtFlags.EmptyPath | AtFlags.StatxForceSync, StatxMask.BasicStats,
        out _);

    public void Dispose() => file.Dispose();
}
