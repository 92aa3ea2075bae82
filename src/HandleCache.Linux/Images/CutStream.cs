namespace HandleCache.Linux.Images;

/// <summary>The next so many bytes of a stream that cannot go back, read only.</summary>
internal sealed class CutStream(Stream inner, long bytes) : Stream
{
    private long _left = bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The inner stream ends before.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        int wanted = (int)Math.Min(count, _left);
        if (wanted == 0)
            return 0;
        int got = inner.Read(buffer, offset, wanted);
        if (got == 0)
            throw new InvalidDataException("cut short");
        _left -= got;
        return got;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();
}
