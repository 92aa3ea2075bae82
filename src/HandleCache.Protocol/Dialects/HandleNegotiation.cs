using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>Where the negotiation of handles stands.</summary>
public enum NegotiationState
{
    /// <summary>No INIT was sent.</summary>
    Fresh,

    /// <summary>INIT is on its way.</summary>
    Offered,

    /// <summary>No handles for this mount.</summary>
    Off,

    /// <summary>Handles travel.</summary>
    On,

    /// <summary>A later server does not keep what was agreed: the connection has to end.</summary>
    Broken,
}

/// <summary>
/// The kernel's half of the negotiation, over a mount's life, in which a server may be replaced
/// and INIT be sent again. The first answer counts for the life of the mount: cached inodes hold
/// handles of that maximum and encoding, or none, so a server that answers otherwise cannot
/// serve them.
/// <list type="table">
/// <listheader><term>state</term><description>event: next state</description></listheader>
/// <item><term>Fresh</term><description>Offer: Offered; an answer: refused</description></item>
/// <item><term>Offered, first time</term><description>bit and 1..maximum: On; no bit, 0, above
/// the maximum, another encoding: Off</description></item>
/// <item><term>Off, On</term><description>Offer: Offered</description></item>
/// <item><term>Offered again</term><description>the same agreement: as before; another:
/// Broken</description></item>
/// <item><term>Broken</term><description>anything: Broken</description></item>
/// </list>
/// </summary>
public sealed class HandleNegotiation(Dialect dialect)
{
    private bool _settled;

    public NegotiationState State { get; private set; }

    /// <summary>What counts for the mount; classic until something was agreed.</summary>
    public HandleAgreement Agreement { get; private set; } = HandleAgreement.Classic;

    /// <summary>Why handles are off, or the connection must end; else empty.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>INIT is sent, for the first time or to a new server.</summary>
    public void Offer(ref fuse_init_in init)
    {
        if (State == NegotiationState.Broken)
            return;
        HandleOffer.Offer(ref init, dialect);
        State = NegotiationState.Offered;
    }

    /// <summary>The server answered INIT; false when the connection has to end.</summary>
    public bool Answer(in fuse_init_out init)
    {
        if (State != NegotiationState.Offered)
        {
            Reason = State == NegotiationState.Broken ? Reason : "an answer to no INIT";
            State = _settled ? NegotiationState.Broken : State;
            return false;
        }

        HandleAgreement answer = HandleOffer.Read(init, dialect);
        if (_settled && answer != Agreement)
        {
            Reason = $"the mount has {Tell(Agreement)}, the new server answers {Tell(answer)}";
            State = NegotiationState.Broken;
            return false;
        }

        bool isOn = answer.Dialect.HasOwnMessages;
        Reason = isOn ? "" : WhyOff(init);
        Agreement = answer;
        State = isOn ? NegotiationState.On : NegotiationState.Off;
        _settled = true;
        return true;
    }

    private string WhyOff(in fuse_init_out init)
    {
        int named = init.unused[0];
        if (!dialect.HasOwnMessages)
            return "the dialect has no handles";
        if ((InitWords.Accepted(init) & dialect.InitFlag) != dialect.InitFlag)
            return "the server did not opt in";
        if (dialect.OptIn == HandleOptIn.InitBit)
        {
            return $"the answer names a maximum of {named} bytes, which {dialect.Name} has not: "
                + "another encoding of handles";
        }

        return named == 0
            ? "the server opted in with a maximum of 0 bytes"
            : $"the server's maximum of {named} bytes is above {dialect.MaxHandleBytes}";
    }

    private static string Tell(HandleAgreement agreement) =>
        agreement.Dialect.CarriesHandles
            ? $"handles of at most {agreement.MaxHandleBytes} bytes"
            : "no handles";
}
