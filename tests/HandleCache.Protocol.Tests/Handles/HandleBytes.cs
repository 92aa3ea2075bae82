using HandleCache.Protocol.Handles;

namespace HandleCache.Protocol.Tests.Handles;

/// <summary>Handles for tests: bytes that tell which file and length they stand for.</summary>
internal static class HandleBytes
{
    public static byte[] Of(ulong file, int length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((file >> (i % 8 * 8)) + (ulong)(i * 31) + (ulong)length);
        return bytes;
    }

    public static FileHandle HandleOf(ulong file, int length) =>
        new(0x81, Of(file, length));
}
