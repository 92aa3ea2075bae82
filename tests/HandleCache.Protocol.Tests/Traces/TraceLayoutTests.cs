using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Protocol.Tests.Traces;

/// <summary>The bytes of FORMAT.md, typed from there.</summary>
public class TraceLayoutTests
{
    [Fact]
    public void The_checksum_is_Castagnolis() =>
        Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void An_empty_trace_is_a_header_and_the_end_block()
    {
        byte[] trace = TraceBytes.Of(_ => { });
        Assert.Equal(32 + 32, trace.Length);
        Assert.Equal(
            "89484354" + "0d0a1a0a" + "01000000" + "20000000" + "000000000000000000000000",
            Hex(trace[..28]));
        Assert.Equal(Crc32C.Of(trace.AsSpan(0, 28)), BitConverter.ToUInt32(trace, 28));
        Assert.Equal(
            "48435445" + "00000000" + "0000000000000000" + "00000000" + "00000000" + "00000000",
            Hex(trace[32..60]));
        Assert.Equal(Crc32C.Of(trace.AsSpan(32, 28)), BitConverter.ToUInt32(trace, 60));
    }

    public static TheoryData<string, string> Records() => new()
    {
        { "mount", "11100005" + "01" + "00000000" + "6d6e7420" },
        { "mount, root only", "11000000" + "01" },
        { "request", "22000300" + "0201" },
        { "request with a second nodeid", "12010d00" + "05" + "07" },
        { "export lookup", "82100100" + "0807060504030201" },
        { "entry", "1380010d" + "2a" + "81000000" + "0102030405060708090a0b0c" },
        { "entry with generation, no handle", "13442300" + "2a" + "04030201" },
        { "entry with an empty handle of a type", "13a00601" + "2a" + "01000000" },
        { "forget", "14210000" + "2a" + "03" },
        { "forget of a batch", "14310000" + "2a" + "03" },
        { "second forget of a batch", "14110000" + "2a" + "03" },
        { "take back", "15000000" + "2a" },
        { "figure", "06020300" + "e803" },
        { "end", "07000000" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_has_the_bytes_that_the_page_says(string what, string hex)
    {
        byte[] trace = TraceBytes.Of(writer => Write(writer, what));
        int payload = BitConverter.ToInt32(trace, 32 + 4);
        Assert.Equal("HCTB", Encoding.ASCII.GetString(trace, 32, 4));
        Assert.Equal(1, BitConverter.ToInt32(trace, 32 + 16));
        Assert.Equal(hex, Hex(trace[56..(56 + payload)]));
        Assert.Equal(TraceError.None, TraceBytes.Walk(trace).Error);
    }

    [Fact]
    public void An_opcode_over_254_is_recorded_as_255()
    {
        byte[] trace = TraceBytes.Of(writer => writer.Request(FuseOpcode.CUSE_INIT, 9, 0, false));
        Assert.Equal(255u, Assert.Single(TraceBytes.Walk(trace).Records).Opcode);
    }

    private static void Write(TraceWriter writer, string what)
    {
        byte[] handle = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        switch (what)
        {
            case "mount": writer.Mount(1, true, "mnt "u8); break;
            case "mount, root only": writer.Mount(1, false, []); break;
            case "request": writer.Request(FuseOpcode.FUSE_GETATTR, 0x102, 0, false); break;
            case "request with a second nodeid":
                writer.Request(FuseOpcode.FUSE_LINK, 5, 7, false);
                break;
            case "export lookup":
                writer.Request(FuseOpcode.FUSE_LOOKUP, 0x0102030405060708, 0, true);
                break;
            case "entry":
                writer.Entry(FuseOpcode.FUSE_LOOKUP, 42, 0, FileModes.Regular644, 0x81, handle);
                break;
            case "entry with generation, no handle":
                writer.Entry(FuseOpcode.FUSE_CREATE, 42, 0x01020304, FileModes.Directory755, 0, []);
                break;
            case "entry with an empty handle of a type":
                writer.Entry(FuseOpcode.FUSE_SYMLINK, 42, 0, FileModes.Symlink777, 1, []);
                break;
            case "forget": writer.Forget(42, 3, batch: false, firstOfMessage: true); break;
            case "forget of a batch":
                writer.Forget(42, 3, batch: true, firstOfMessage: true);
                break;
            case "second forget of a batch":
                writer.Forget(42, 3, batch: true, firstOfMessage: false);
                break;
            case "take back": writer.TakeBack(42); break;
            case "figure": writer.Figure(TraceFigure.Lookups, 1000); break;
            default: writer.End(); break;
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
