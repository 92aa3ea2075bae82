using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>Writes through a file open with O_APPEND.</summary>
public class AppendTests
{
    private const ulong Root = 1;

    [Fact]
    public void A_write_of_the_caller_goes_to_the_end_of_the_file()
    {
        using ServedFolder served = new();
        served.Write("file", "0123456789");
        Assert.Equal(1u, WriteX(served, writeFlags: 0));
        Assert.Equal("0123456789X", File.ReadAllText($"{served.Path}/file"));
    }

    [Fact]
    public void A_page_written_back_from_a_mapping_goes_to_its_place()
    {
        using ServedFolder served = new();
        served.Write("file", "0123456789");
        Assert.Equal(1u, WriteX(served, FuseConstants.FUSE_WRITE_CACHE));
        Assert.Equal("012X456789", File.ReadAllText($"{served.Path}/file"));
    }

    private static uint WriteX(ServedFolder served, uint writeFlags)
    {
        ulong nodeid = served.Client.LookupNode(Root, "file");
        ulong fh = served.Client
            .Open(nodeid, OpenFlags.ReadWrite | OpenFlags.Append).Open.fh;
        return served.Client.Write(nodeid, fh, 3, "X"u8.ToArray(), writeFlags)
            .Struct<fuse_write_out>(0).size;
    }
}
