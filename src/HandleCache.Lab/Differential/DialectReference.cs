using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Scripted;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Scripts on the modelled kernel and server in a dialect, against the same scripts in today's
/// protocol: results and cache contents are equal but for what <see cref="DialectDifference"/>
/// names. No real kernel takes part, since none has handles.
/// </summary>
public sealed class DialectReference(ModelKernelOptions model)
{
    /// <summary>Of an ordinary file system's handle: type and 12 bytes (ext4, xfs).</summary>
    internal const int HandleBytes = 12;

    /// <summary>
    /// The script of a seed with what a server can do in every dialect: hostile answers and mixed
    /// validities go by the number of the request, which a dialect may change.
    /// </summary>
    public static Script Make(ulong seed, int calls)
    {
        Script script = ScriptGenerator.Make(seed, calls).OneByOne();
        return script with
        {
            Server = script.Server with
            {
                EntryValidity = Steady(script.Server.EntryValidity),
                AttrValidity = Steady(script.Server.AttrValidity),
                DirectIo = true,
                HostilePer1024 = 0,
                ReusesNodeIds = false,
                SendsHandles = false,
                HandleBytes = HandleBytes,
                // The entries of v3 and fusex bring no attributes: their servers know STATX.
                Lacks = [.. script.Server.Lacks.Where(o => o != FuseOpcode.FUSE_STATX)],
            },
        };
    }

    /// <summary>
    /// For each dialect the first call after which it is not as today; null for none. What the
    /// dialect lacks, today's server does not know.
    /// </summary>
    public string?[] Compare(Script script, IReadOnlyList<Dialect> dialects)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(dialects);
        string?[] differences = new string?[dialects.Count];
        string[] lacks = [.. dialects.Select(d => string.Join(' ', LackedBy(d)))];
        List<ModelSide> others = [];
        Dictionary<string, ModelSide> todays = [];
        try
        {
            for (int d = 0; d < dialects.Count; d++)
            {
                others.Add(new ModelSide(Spoken(script, dialects[d]), model));
                string agreed = others[d].Kernel.Handles.Dialect.Name;
                if (agreed != dialects[d].Name)
                    differences[d] = $"INIT agreed on {agreed}";
                if (!todays.ContainsKey(lacks[d]))
                    todays.Add(lacks[d], new ModelSide(Without(script, dialects[d]), model));
            }

            for (int i = 0; i < script.Calls.Count; i++)
            {
                VfsCall call = script.Calls[i];
                Dictionary<string, VfsResult> results = todays.ToDictionary(
                    today => today.Key, today => Make(today.Value, call));
                for (int d = 0; d < dialects.Count; d++)
                {
                    differences[d] ??= Compare(
                        i, call, results[lacks[d]], todays[lacks[d]], others[d], dialects[d]);
                }
            }
        }
        finally
        {
            foreach (ModelSide side in others.Concat(todays.Values))
                side.Dispose();
        }

        return differences;
    }

    private static FuseOpcode[] LackedBy(Dialect dialect) =>
        [.. Enum.GetValues<FuseOpcode>().Where(dialect.Lacks)];

    private static Script Without(Script script, Dialect dialect) => script with
    {
        Server = script.Server with { Lacks = [.. script.Server.Lacks, .. LackedBy(dialect)] },
    };

    private static Script Spoken(Script script, Dialect dialect) => script with
    {
        Server = script.Server with { SendsHandles = true, Dialect = dialect },
    };

    private static string? Compare(
        int index, VfsCall call, VfsResult result, ModelSide today, ModelSide other,
        Dialect dialect)
    {
        string expected = Show(call, result, dialect);
        string found = Show(call, Make(other, call), dialect);
        if (expected != found)
            return $"call {index}, {call}: {expected}; in {dialect.Name}: {found}";
        expected = Held(today.Kernel, dialect);
        found = Held(other.Kernel, dialect);
        return expected != found
            ? $"after call {index}, {call}: held {expected}; in {dialect.Name}: {found}"
            : null;
    }

    private static ValidityMode Steady(ValidityMode mode) => mode switch
    {
        ValidityMode.Mixed => ValidityMode.Infinite,
        ValidityMode.MixedFinite => ValidityMode.Finite,
        ValidityMode.Zero or ValidityMode.Finite or ValidityMode.Infinite => mode,
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    private static VfsResult Make(ModelSide side, VfsCall call)
    {
        if (call.Kind < VfsCallKind.NotifyInvalInode)
            return side.Run(call);
        VfsResult result = ScriptNotifications.Send(side, call);
        side.Settle();
        return result;
    }

    private static string Show(VfsCall call, VfsResult result, Dialect dialect)
    {
        bool isExport = call.Kind == VfsCallKind.NameToHandle
            && (DialectDifference.Generations.Applies(dialect)
                || DialectDifference.Export.Applies(dialect));
        if (isExport)
            result = result with { Value = 0, Data = "" };
        if (DialectDifference.Attributes.Applies(dialect) && result.Stat is { } stat)
            return $"errno {result.Errno} ino {stat.Ino} type {stat.Mode >> 12}";
        return result.ToString();
    }

    /// <summary>Nodeids in the cache with the lookups held of them.</summary>
    private static string Held(ModelKernel kernel, Dialect dialect)
    {
        SortedDictionary<ulong, ulong> held = [];
        FuseInodeCache cache = kernel.Inodes;
        for (InodeIndex at = cache.Next(InodeIndex.None); !at.IsNone; at = cache.Next(at))
        {
            ulong nodeId = cache.Get(at).NodeId;
            ulong count = cache.Held(nodeId);
            if (DialectDifference.Counts.Applies(dialect))
                count = nodeId == FuseInodeCache.RootNodeId ? 1 : Math.Min(count, 1);
            held[nodeId] = count;
        }

        return string.Join(", ", held.Select(pair => $"{pair.Key} {pair.Value}"));
    }
}
