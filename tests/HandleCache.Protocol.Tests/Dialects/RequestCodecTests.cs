using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>Requests with a handle, typed from PROPOSALS.md, section 2.</summary>
public class RequestCodecTests
{
    private const string CallerHex = "00000000" + "00000000" + "00000000";

    private static readonly byte[] Handle5 = [1, 2, 3, 4, 5];

    private static byte[] Lookup => Request(FuseOpcode.FUSE_LOOKUP, 0x11, Name("abc"));

    [Fact]
    public void A_v2_lookup_has_opcode_54_and_the_parents_handle_as_fourth_argument()
    {
        string expected =
            // len 40 + 4 + 8 + 5 = 57, opcode 54, unique 2, nodeid 0x11
            "39000000" + "36000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000" + "61626300" + "05000000" + "81000000" + "0102030405";
        Assert.Equal(expected, Convert.ToHexString(Write(Dialect.V2, Lookup, 0x81, Handle5)));
    }

    [Fact]
    public void A_v2_lookup_below_the_root_which_has_no_handle_has_three_arguments() =>
        Assert.Equal(
            "2C000000" + "36000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000" + "61626300",
            Convert.ToHexString(Write(Dialect.V2, Lookup, 0, [])));

    [Fact]
    public void A_v3_lookup_is_a_compound_whose_first_part_has_an_extension_record()
    {
        string expected =
            // len 40 + 16 + (40 + 4 + 24) + (40 + 24) = 188, opcode 54, nodeid of the parent
            "BC000000" + "36000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000"
            // fuse_compound_in of v5: flags 0, result_size 506
            + "00000000" + "FA010000" + "0000000000000000"
            // part 1: 68 bytes, opcode 55, total_extlen 3
            + "44000000" + "37000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "0300" + "0000" + "61626300"
            // fuse_ext_header: 24 bytes with padding, type 33; u16 9: folded type and bytes
            + "18000000" + "21000000" + "0900" + "81000000" + "0102030405" + "0000000000"
            // part 2: 64 bytes, STATX (52) of FUSE_ROOT_ID; sx_mask 0x7FF
            + "40000000" + "34000000" + "0200000000000000" + "0100000000000000" + CallerHex
            + "00000000" + "00000000" + "00000000" + "0000000000000000" + "00000000" + "FF070000";
        Assert.Equal(expected, Convert.ToHexString(Write(Dialect.V3, Lookup, 0x81, Handle5)));
    }

    [Fact]
    public void Compound_v7_says_before_each_part_whose_nodeid_it_takes_and_no_result_size()
    {
        Dialect v7 = Created("v3", new() { Compound = CompoundFraming.V7 });
        byte[] message = Write(v7, Lookup, 0x81, Handle5);
        Assert.Equal(188 + 8, message.Length);
        Assert.Equal(new byte[16], message[40..56]);
        Assert.Equal("FF000000", Convert.ToHexString(message[56..60]));
        Assert.Equal("00000000", Convert.ToHexString(message[128..132]));
        Assert.Equal((0x37, 0x34), (message[64], message[136]));
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.True(Dialect.V3.ReadRequest(request, out _).IsError, "v5 must not read v7");
        Assert.False(v7.ReadRequest(request, out WireRequest wire).IsError);
        Assert.Equal(Handle5, wire.Handle.Bytes.ToArray());
    }

    [Fact]
    public void A_fusex_request_about_an_inode_brings_its_handle_and_a_forget_does_not()
    {
        byte[] getattr = Request(FuseOpcode.FUSE_GETATTR, 0x11, new byte[16]);
        string expected =
            "50000000" + "03000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "0300" + "0000" + "00000000000000000000000000000000"
            + "18000000" + "21000000" + "0900" + "81000000" + "0102030405" + "0000000000";
        Assert.Equal(expected, Convert.ToHexString(Write(Dialect.Fusex, getattr, 0x81, Handle5)));
        byte[] forget = Request(FuseOpcode.FUSE_FORGET, 0x11, new byte[8]);
        Assert.Equal(forget, Write(Dialect.Fusex, forget, 0x81, Handle5));
        Assert.Equal(55, Write(Dialect.Fusex, Lookup, 0x81, Handle5)[4]);
    }

    public static TheoryData<FuseOpcode, byte[]> Creating() => new()
    {
        { FuseOpcode.FUSE_MKDIR, [.. new byte[8], .. Name("d")] },
        { FuseOpcode.FUSE_MKNOD, [.. new byte[16], .. Name("n")] },
        { FuseOpcode.FUSE_CREATE, [.. new byte[16], .. Name("f")] },
        { FuseOpcode.FUSE_TMPFILE, [.. new byte[16], .. Name("/")] },
        { FuseOpcode.FUSE_LINK, [.. new byte[8], .. Name("l")] },
        { FuseOpcode.FUSE_SYMLINK, [.. Name("s"), .. Name("/target")] },
    };

    [Theory]
    [MemberData(nameof(Creating))]
    public void A_creating_operation_of_v2_has_the_parents_handle_last_and_its_extensions_behind(
        FuseOpcode opcode, byte[] body)
    {
        byte[] classic = Request(opcode, 0x11, body, new byte[16]);
        classic[36] = 2;
        byte[] message = Write(Dialect.V2, classic, 0x81, Handle5);
        Assert.Equal(classic.Length + 13, message.Length);
        Assert.Equal(
            "05000000" + "81000000" + "0102030405",
            Convert.ToHexString(message.AsSpan(40 + body.Length, 13)));
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.False(Dialect.V2.ReadRequest(request, out WireRequest wire).IsError);
        Assert.Equal((opcode, body.Length), (wire.Opcode, wire.Body.Length));
        Assert.Equal(Handle5, wire.Handle.Bytes.ToArray());
    }

    [Theory]
    [InlineData("classic")]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("fusex")]
    public void A_request_comes_back_as_it_was_with_the_handle_it_was_given(string name)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        foreach (bool every in new[] { false, true })
        {
            Dialect made = Created(name, new() { HandleInEveryRequest = every });
            foreach (FuseOpcode opcode in new[]
                { FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_GETATTR, FuseOpcode.FUSE_OPEN })
            {
                byte[] body = opcode switch
                {
                    FuseOpcode.FUSE_LOOKUP => Name("abc"),
                    FuseOpcode.FUSE_GETATTR => new byte[16],
                    _ => new byte[8],
                };
                byte[] classic = Request(opcode, 0x11, body);
                byte[] message = Write(made, classic, 0x81, Handle5);
                Assert.Equal(made.RequestBytes(opcode, classic.Length, 5), message.Length);
                Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
                WireError fault = made.ReadRequest(request, out WireRequest wire);
                Assert.False(fault.IsError, fault.ToString());
                Assert.Equal((opcode, 0x11UL), (wire.Opcode, wire.Header.nodeid));
                Assert.Equal(body, wire.Body.ToArray());
                bool brings = made.CarriesHandles
                    && (every || name == "fusex" || opcode == FuseOpcode.FUSE_LOOKUP);
                Assert.Equal(brings ? Handle5 : [], wire.Handle.Bytes.ToArray());
            }
        }

        Assert.Equal(name, dialect.Name);
    }

    [Fact]
    public void Classic_requests_stay_what_they_are_byte_for_byte_whatever_the_handle()
    {
        byte[] mkdir = Request(FuseOpcode.FUSE_MKDIR, 1, new byte[8], Name("d"));
        foreach (byte[] message in new[] { Lookup, mkdir })
            Assert.Equal(message, Write(Dialect.Classic, message, 0x81, Handle5));
        byte[] getattr = Request(FuseOpcode.FUSE_GETATTR, 0x11, new byte[16]);
        foreach (Dialect dialect in new[] { Dialect.Thread, Dialect.V2, Dialect.V3 })
            Assert.Equal(getattr, Write(dialect, getattr, 0x81, Handle5));
    }

    public static TheoryData<string, int, byte, WireFault> LyingCompounds() => new()
    {
        // what, byte of a good v3 LOOKUP of 188 bytes that is changed, to what, fault
        { "first part shorter than its head", 56, 39, WireFault.LengthLies },
        { "first part longer than the message", 56, 0xFF, WireFault.LengthLies },
        { "first part of another opcode", 60, 1, WireFault.UnknownCode },
        { "second part of another opcode", 128, 3, WireFault.UnknownCode },
        { "extension longer than its part", 100, 0x20, WireFault.LengthLies },
        { "extension not padded", 100, 0x17, WireFault.LengthLies },
        { "handle longer than its record", 108, 0x30, WireFault.Truncated },
        { "handle shorter than its record", 108, 0x01, WireFault.BadValue },
    };

    [Theory]
    [MemberData(nameof(LyingCompounds))]
    public void A_compound_that_lies_is_refused(string what, int at, byte value, WireFault fault)
    {
        byte[] message = Write(Dialect.V3, Lookup, 0x81, Handle5);
        message[at] = value;
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        WireError error = Dialect.V3.ReadRequest(request, out _);
        Assert.True(fault == error.Fault, $"{what}: {error}");
        Assert.InRange(error.Position, 40, message.Length);
    }

    [Fact]
    public void A_second_handle_is_refused_and_a_record_of_another_type_passed_over()
    {
        byte[] record = new byte[24];
        HandleExtension.Write(record, 33, 0x81, Handle5);
        byte[] groups = [0x10, 0, 0, 0, 32, 0, 0, 0, .. new byte[8]];
        Assert.False(HandleExtension.Read(
            (byte[])[.. groups, .. record], 0, 33, out FileHandle handle).IsError);
        Assert.Equal(Handle5, handle.Bytes.ToArray());
        Assert.Equal(
            new WireError(WireFault.BadValue, 24, 1, 2),
            HandleExtension.Read((byte[])[.. record, .. record], 0, 33, out _));
    }

    private static byte[] Write(Dialect dialect, byte[] classic, uint type, byte[] handle)
    {
        Assert.True(FuseRequest.TryParse(classic, out FuseRequest request, out _));
        byte[] room = new byte[1024];
        Assert.True(dialect.TryWriteRequest(room, request, type, handle, out int written));
        return room[..written];
    }

    private static Dialect Created(string name, DialectOptions options)
    {
        Assert.True(
            DialectList.TryCreate(name, options, out Dialect? dialect, out string? error), error);
        return dialect;
    }
}
