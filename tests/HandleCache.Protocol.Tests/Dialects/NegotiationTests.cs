using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

public class NegotiationTests
{
    private const uint Extended = 1u << 30;

    /// <summary>Bit 43 of the 64-bit flags is bit 11 of flags2.</summary>
    private const uint Bit43 = 1u << 11;

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void The_kernel_offers_bit_43_in_the_second_flag_word(string name)
    {
        fuse_init_in init = default;
        new HandleNegotiation(Named(name)).Offer(ref init);
        Assert.Equal((Extended, Bit43), (init.flags, init.flags2));
    }

    [Theory]
    [InlineData("classic")]
    [InlineData("fusex")]
    public void A_dialect_without_an_init_bit_leaves_every_byte_of_init_as_it_is_today(string name)
    {
        fuse_init_in offer = new() { major = 7, minor = 45, flags = 0x1234, flags2 = 5 };
        byte[] before = Struct(offer);
        new HandleNegotiation(Named(name)).Offer(ref offer);
        Assert.Equal(before, Struct(offer));
        fuse_init_out answer = new() { major = 7, flags = 0x1234 };
        before = Struct(answer);
        HandleOffer.Accept(ref answer, Named(name), 64);
        Assert.Equal(before, Struct(answer));
    }

    public static TheoryData<string, bool, int, NegotiationState, int> Answers() => new()
    {
        // dialect, server sets bit 43, max_handle_sz, state, agreed bytes
        { "v2", true, 1, NegotiationState.On, 1 },
        { "v2", true, 64, NegotiationState.On, 64 },
        { "v2", true, 128, NegotiationState.On, 128 },
        { "v2", true, 0, NegotiationState.Off, 0 },
        { "v2", true, 129, NegotiationState.Off, 0 },
        { "v2", true, 65535, NegotiationState.Off, 0 },
        { "v2", false, 64, NegotiationState.Off, 0 },
        { "v2", false, 0, NegotiationState.Off, 0 },
        { "thread", true, 128, NegotiationState.On, 128 },
        { "thread", true, 129, NegotiationState.Off, 0 },
        { "v3", true, 0, NegotiationState.On, 124 },
        { "v3", false, 0, NegotiationState.Off, 0 },
        { "v3", true, 128, NegotiationState.Off, 0 },
        { "fusex", false, 0, NegotiationState.On, 124 },
        { "classic", true, 128, NegotiationState.Off, 0 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void The_answer_turns_handles_on_with_bit_and_maximum_or_leaves_them_off(
        string name, bool hasBit, int maximum, NegotiationState state, int agreed)
    {
        HandleNegotiation kernel = Asked(Named(name));
        Assert.True(kernel.Answer(Answer(hasBit, maximum)));
        Assert.Equal((state, agreed), (kernel.State, kernel.Agreement.MaxHandleBytes));
        Assert.Equal(state == NegotiationState.Off, kernel.Reason.Length > 0);
    }

    [Fact]
    public void A_bit_43_without_FUSE_INIT_EXT_does_not_count()
    {
        HandleNegotiation kernel = Asked(Dialect.V2);
        fuse_init_out answer = Answer(true, 64);
        answer.flags = 0;
        Assert.True(kernel.Answer(answer));
        Assert.Equal(NegotiationState.Off, kernel.State);
    }

    [Fact]
    public void A_server_of_v2_that_answers_a_kernel_of_v3_is_told_that_encodings_do_not_mix()
    {
        HandleNegotiation kernel = Asked(Dialect.V3);
        Assert.True(kernel.Answer(Answer(true, 128)));
        Assert.Equal(NegotiationState.Off, kernel.State);
        Assert.Contains("another encoding", kernel.Reason);
    }

    public static TheoryData<bool, int, bool, int, NegotiationState> SecondInits() => new()
    {
        // first answer, second answer (v2), state after it
        { true, 64, true, 64, NegotiationState.On },
        { true, 64, true, 128, NegotiationState.Broken },
        { true, 64, true, 12, NegotiationState.Broken },
        { true, 64, true, 0, NegotiationState.Broken },
        { true, 64, true, 129, NegotiationState.Broken },
        { true, 64, false, 0, NegotiationState.Broken },
        { false, 0, false, 0, NegotiationState.Off },
        { true, 0, false, 0, NegotiationState.Off },
        { false, 0, true, 64, NegotiationState.Broken },
    };

    [Theory]
    [MemberData(nameof(SecondInits))]
    public void A_second_init_keeps_the_agreement_or_ends_the_connection(
        bool firstBit, int first, bool secondBit, int second, NegotiationState state)
    {
        HandleNegotiation kernel = Asked(Dialect.V2);
        Assert.True(kernel.Answer(Answer(firstBit, first)));
        HandleAgreement agreed = kernel.Agreement;
        fuse_init_in again = default;
        kernel.Offer(ref again);
        Assert.Equal(state != NegotiationState.Broken, kernel.Answer(Answer(secondBit, second)));
        Assert.Equal((state, agreed), (kernel.State, kernel.Agreement));
        if (state != NegotiationState.Broken)
            return;
        Assert.Contains("the new server answers", kernel.Reason);
        kernel.Offer(ref again);
        Assert.False(kernel.Answer(Answer(firstBit, first)));
        Assert.Equal(NegotiationState.Broken, kernel.State);
    }

    [Fact]
    public void An_answer_to_no_init_is_refused_and_agrees_on_nothing()
    {
        HandleNegotiation kernel = new(Dialect.V2);
        Assert.False(kernel.Answer(Answer(true, 64)));
        Assert.Equal(
            (NegotiationState.Fresh, 0), (kernel.State, kernel.Agreement.MaxHandleBytes));
    }

    /// <summary>54 is bits 1, 2, 4 and 5; 55 has bit 0, too: section 3, item 3.</summary>
    [Theory]
    [InlineData("v2-opcode-in-init-mask", 0x36u)]
    [InlineData("v3-opcode-in-init-mask", 0x37u)]
    public void The_opcode_in_the_init_mask_offers_other_features_and_never_handles(
        string defect, uint offered)
    {
        Assert.True(DialectList.TryParseDefect(defect, out DialectDefect? found, out _));
        Assert.True(DialectList.TryCreate(
            found.Dialect, new() { Defects = [found] }, out Dialect? bad, out _));
        fuse_init_in init = default;
        HandleNegotiation kernel = new(bad);
        kernel.Offer(ref init);
        Assert.Equal((Extended | offered, 0u), (init.flags, init.flags2));
        Assert.False(HandleOffer.IsOffered(init, Named(found.Dialect)));
    }

    [Fact]
    public void The_number_of_the_bit_is_a_field()
    {
        Assert.True(DialectList.TryCreate("v2", new()
        {
            Numbers = Dialect.V2.Numbers with { InitFlag = (FuseInitFlags)(1UL << 44) },
        }, out Dialect? moved, out _));
        HandleNegotiation kernel = Asked(moved);
        Assert.True(kernel.Answer(Answer(true, 64)));
        Assert.Equal(NegotiationState.Off, kernel.State);
        fuse_init_out answer = Answer(false, 64);
        answer.flags2 = 1u << 12;
        HandleNegotiation other = Asked(moved);
        Assert.True(other.Answer(answer));
        Assert.Equal(NegotiationState.On, other.State);
    }

    [Fact]
    public void A_handle_above_the_agreed_maximum_makes_a_reply_invalid()
    {
        HandleNegotiation kernel = Asked(Dialect.V2);
        Assert.True(kernel.Answer(Answer(true, 64)));
        Assert.False(kernel.Agreement.CheckHandle(64).IsError);
        Assert.True(kernel.Agreement.CheckHandle(65).IsError);
        Assert.Equal(128 + 8 + 64, kernel.Agreement.ReservedEntryBytes);
    }

    private static HandleNegotiation Asked(Dialect dialect)
    {
        HandleNegotiation kernel = new(dialect);
        fuse_init_in init = default;
        kernel.Offer(ref init);
        return kernel;
    }

    private static fuse_init_out Answer(bool hasBit, int maximum)
    {
        fuse_init_out answer = new() { flags = Extended, flags2 = hasBit ? Bit43 : 0 };
        answer.unused[0] = (ushort)maximum;
        return answer;
    }

    private static Dialect Named(string name)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out string? error), error);
        return dialect;
    }
}
