using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Server.Tests;

/// <summary>One reply as bytes, with the parts that tests look at.</summary>
internal sealed record Reply(Errno Errno, byte[] Body)
{
    public fuse_entry_out Entry => Struct<fuse_entry_out>(0);

    public fuse_attr Attributes => Struct<fuse_attr_out>(0).attr;

    /// <summary>The open part, at the end of an OPEN's and a CREATE's reply.</summary>
    public fuse_open_out Open => Struct<fuse_open_out>(Body.Length - 16);

    public T Struct<T>(int offset)
        where T : unmanaged
    {
        Assert.Equal(Errno.None, Errno);
        Assert.True(Body.Length - offset >= Unsafe.SizeOf<T>(), $"{Body.Length} bytes");
        return MemoryMarshal.Read<T>(Body.AsSpan(offset));
    }
}
