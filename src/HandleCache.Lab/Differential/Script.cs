using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Differential;

/// <summary>One script: a mount, a server and the calls made there, all from one seed.</summary>
/// <param name="Seed">What it was made from.</param>
/// <param name="Server">How the two servers behave.</param>
/// <param name="ReadDirPlus">What is agreed on about READDIRPLUS.</param>
/// <param name="ExportSupport">Whether handles outlive their inode.</param>
/// <param name="Calls">In order.</param>
public sealed record Script(
    ulong Seed,
    ScriptServerOptions Server,
    ReadDirPlusMode ReadDirPlus,
    bool ExportSupport,
    IReadOnlyList<VfsCall> Calls)
{
    /// <summary>The same with validities and sleeps twice as long, up to a limit.</summary>
    public Script Slower()
    {
        if (Server.TimeScale >= ScriptServerOptions.MostTimeScale)
            return this;
        return this with
        {
            Server = Server with { TimeScale = Server.TimeScale * 2 },
            Calls = [.. Calls.Select(call => call.Kind == VfsCallKind.Sleep
                ? call with { Offset = call.Offset * 2 }
                : call)],
        };
    }

    /// <summary>The same calls one after the other, without signals.</summary>
    public Script OneByOne() => !Calls.Any(call => call.Overlaps)
        ? this
        : this with
        {
            Calls = [.. Calls.Select(call => call with
            {
                Meanwhile = null,
                Interrupted = Interruption.None,
            })],
        };

    /// <summary>The same with a death of the server behind one call in five.</summary>
    public Script WithRestarts()
    {
        SplitMix64 random = new(Seed);
        List<VfsCall> calls = [];
        foreach (VfsCall call in Calls)
        {
            calls.Add(call);
            if (random.OneIn(5))
                calls.Add(new(VfsCallKind.NotifyIncEpoch) { Flags = 1 });
        }

        return this with { Calls = calls };
    }

    /// <summary>The settings on one line.</summary>
    public string Settings => FormattableString.Invariant(
        $"seed {Seed:x16}: entries {Server.EntryValidity}, attributes {Server.AttrValidity}, ")
        + $"readdirplus {ReadDirPlus}, export {(ExportSupport ? "on" : "off")}, "
        + (Server.IsPassthrough ? "passthrough, " : "")
        + (Server.DirectIo ? "direct" : "cached")
        + (Server.NegativeEntries ? ", negative entries" : "")
        + (Server.SendsHandles ? ", handles" : "")
        + (Server.ReusesNodeIds ? ", nodeids reused" : "")
        + (Server.DefaultPermissions ? "" : ", no default_permissions")
        + (Server.InitAlso == 0 ? "" : $", with {Server.InitAlso}")
        + (Server.InitWithout == 0 ? "" : $", without {Server.InitWithout}")
        + (Server.Lacks.Count == 0 ? "" : $", lacks {string.Join(" ", Server.Lacks)}")
        + (Server.DirectoryFlags == 0 ? "" : $", directories {Server.DirectoryFlags}")
        + FormattableString.Invariant($", hostile {Server.HostilePer1024}/1024");
}
