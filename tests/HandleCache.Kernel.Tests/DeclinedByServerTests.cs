using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// The modelled kernel offers handles and the server does not take them: every message after INIT
/// is today's, byte for byte (T5 of the thread).
/// </summary>
public class DeclinedByServerTests
{
    /// <summary>fusex is not offered in INIT, so that nobody can decline it there.</summary>
    public static TheoryData<string> Offered() =>
    [
        .. DialectList.All
            .Where(d => d.OptIn is HandleOptIn.InitBit or HandleOptIn.InitBitAndMaximum)
            .Select(d => d.Name),
    ];

    [Theory]
    [MemberData(nameof(Offered))]
    public void Every_message_after_INIT_is_todays(string name)
    {
        Dialect dialect = DialectList.All.Single(d => d.Name == name);
        for (ulong seed = 1; seed <= 40; seed++)
        {
            Script script = ScriptGenerator.Make(seed, 50);
            script = script with { Server = script.Server with { SendsHandles = false } };
            Assert.Equal(Transcript(script, Dialect.Classic), Transcript(script, dialect));
        }
    }

    [Fact]
    public void An_offer_that_is_taken_changes_the_messages()
    {
        Script script = DialectReference.Make(1, 50);
        script = script with
        {
            Server = script.Server with { SendsHandles = true, Dialect = Dialect.V2 },
        };
        Script today = script with { Server = script.Server with { SendsHandles = false } };
        Assert.NotEqual(
            Transcript(today, Dialect.Classic), Transcript(script, Dialect.Classic));
    }

    private static string Transcript(Script script, Dialect offered)
    {
        using ModelSide side = new(script, new ModelKernelOptions { Dialect = offered });
        foreach (VfsCall call in script.Calls)
            ScriptRun.Make(side, call);
        return side.Transcript;
    }
}
