using HandleCache.Model.Replay;
using HandleCache.Protocol.Traces;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace HandleCache.Lab.Replay;

/// <summary>A file with traffic, opened, its format known.</summary>
internal sealed class TraceFile : IDisposable
{
    private const int BufferBytes = 4 << 20;

    /// <summary>Enough to tell what a file is; the rest is read on the replay's time.</summary>
    private const int StartBytes = 64;

    /// <summary>First bytes of compressed files, and what decompresses them.</summary>
    private static readonly (byte[] Start, string Tool)[] Compressed =
    [
        ([0x1F, 0x8B], "gunzip"), // RFC 1952
        ([0xFD, .. "7zXZ"u8, 0], "unxz"), // the .xz file format, 2.1.1.1
        ([.. "BZh"u8], "bunzip2"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4 -d"), // the LZ4 frame format
    ];

    /// <summary>ZSTD_MAGICNUMBER, RFC 8878: unpacked as it is read.</summary>
    private static readonly byte[] Zstd = [0x28, 0xB5, 0x2F, 0xFD];

    private static readonly string[] OracleNames =
    [
        ".oracleGeneral", ".oracleGeneral.bin", ".oracleGeneral.zst", ".oracleGeneral.bin.zst",
    ];

    private readonly FileStream _file;
    private DecompressionStream? _unpacked;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _filled;
    private bool _isAll;

    private TraceFile(string path, FileStream file)
    {
        Path = path;
        _file = file;
    }

    public string Path { get; }

    public TraceFileFormat Format { get; private set; }

    /// <summary>Bytes read until now, unpacked where the file is compressed.</summary>
    public long BytesRead { get; private set; }

    /// <exception cref="BadInputException">
    /// Not readable, compressed otherwise than by zstd, or neither format; the offset is
    /// named where there is one.
    /// </exception>
    public static TraceFile Open(string path, TraceFileFormat format)
    {
        TraceFile? opened = null;
        try
        {
            opened = new TraceFile(path, new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
            opened.Fill(StartBytes);
            if (opened._buffer.AsSpan(0, opened._filled).StartsWith(Zstd))
                opened.Unpack();
            opened.Format = opened.Recognise(format);
            TraceFile result = opened;
            opened = null;
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    /// <summary>Replays a trace of the own format; reading is part of the replay's time.</summary>
    public void Replay(ReplayRun run)
    {
        run.StartClock();
        while (!run.IsOver)
        {
            int used = run.Feed(_buffer.AsSpan(0, _filled), _isAll);
            if (run.IsOver)
                break;
            if (used == 0 && run.NeededBytes > _buffer.Length)
                Array.Resize(ref _buffer, run.NeededBytes);
            KeepFrom(used);
            Fill(_buffer.Length);
        }

        run.StopClock();
    }

    /// <summary>Turns the accesses of an oracleGeneral file into traffic.</summary>
    /// <exception cref="BadInputException">The file ends within a record.</exception>
    public void Import(LruTraffic traffic, CancellationToken cancel)
    {
        long offset = 0;
        uint time = 0;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            int whole = _filled - (_filled % OracleGeneral.RecordBytes);
            TraceError error =
                OracleGeneral.Play(_buffer.AsSpan(0, whole), offset, ref time, traffic);
            if (error.IsError)
                throw new BadInputException($"{Path}: {error}");
            offset += whole;
            KeepFrom(whole);
            if (_isAll)
                break;
            Fill(_buffer.Length);
        }

        if (_filled > 0)
        {
            throw new BadInputException(
                $"{Path}: byte {offset}: the file ends after {_filled} bytes of a record of "
                + $"{OracleGeneral.RecordBytes}");
        }
    }

    public void Dispose()
    {
        _unpacked?.Dispose();
        _file.Dispose();
    }

    /// <summary>Begins again, reading what the file unpacks to.</summary>
    private void Unpack()
    {
        _file.Position = 0;
        _unpacked = new DecompressionStream(_file, leaveOpen: true);

        // Long traces are packed with long windows (zstd --long=31).
        _unpacked.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 31);
        (_filled, BytesRead, _isAll) = (0, 0, false);
        Fill(StartBytes);
    }

    private void KeepFrom(int used)
    {
        _buffer.AsSpan(used, _filled - used).CopyTo(_buffer);
        _filled -= used;
    }

    private void Fill(int mostBytes)
    {
        while (_filled < mostBytes && !_isAll)
        {
            int read = Read(_buffer.AsSpan(_filled, mostBytes - _filled));
            _isAll = read == 0;
            _filled += read;
            BytesRead += read;
        }
    }

    private int Read(Span<byte> into)
    {
        if (_unpacked is null)
            return _file.Read(into);
        try
        {
            return _unpacked.Read(into);
        }
        catch (Exception e) when (e is ZstdException or IOException)
        {
            throw new BadInputException(
                $"{Path}: byte {_file.Position}: zstd: damaged or cut, {BytesRead} bytes unpacked "
                + $"until there ({e.Message})", e);
        }
    }

    private TraceFileFormat Recognise(TraceFileFormat asked)
    {
        ReadOnlySpan<byte> start = _buffer.AsSpan(0, _filled);
        foreach ((byte[] magic, string tool) in Compressed)
        {
            if (start.StartsWith(magic))
            {
                throw new BadInputException(
                    $"{Path}: byte 0: compressed; decompress it first: {tool} {Path}");
            }
        }

        bool isTrace = TraceFormat.IsTrace(start);
        bool hasOracleName = OracleNames.Any(
            name => Path.EndsWith(name, StringComparison.OrdinalIgnoreCase));
        return asked switch
        {
            TraceFileFormat.OracleGeneral when isTrace => throw new BadInputException(
                $"{Path}: byte 0: a trace of HandleCache, not oracleGeneral; leave out --format"),
            TraceFileFormat.Auto when !isTrace && hasOracleName => TraceFileFormat.OracleGeneral,
            TraceFileFormat.Auto when !isTrace && _filled >= 8 => throw new BadInputException(
                $"{Path}: byte 0: not a trace of HandleCache; libCacheSim's is read with "
                + "--format oracle-general"),
            TraceFileFormat.Auto => TraceFileFormat.HandleCache,
            _ => asked,
        };
    }
}

/// <summary>A trace that could not be written whole (exit code 1).</summary>
public sealed class TraceFileException(string message, Exception inner)
    : LabException(message, inner);

/// <summary>What a file with traffic is.</summary>
public enum TraceFileFormat
{
    /// <summary>By its first bytes, else by its name.</summary>
    Auto,

    /// <summary>A trace as `--record` writes it.</summary>
    HandleCache,

    /// <summary>libCacheSim's oracleGeneral.</summary>
    OracleGeneral,
}
