using HandleCache.Lab.Differential;
using HandleCache.Model.Handles;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Prove;

/// <summary>
/// What an application holds when its server dies (names, an open directory, open files), used
/// after each death on both kernels; what each use gave, by kind.
/// </summary>
internal sealed class KilledThings : IDisposable
{
    private const int Directories = 4;
    private const int Files = 6;
    private const string Root = "p";

    /// <summary>The directory that stays open from first to last.</summary>
    private const int DirectorySlot = 0;

    /// <summary>Files that are opened again after each death.</summary>
    private static readonly int[] FileSlots = [1, 2];

    private const int NewSlot = 3;

    /// <summary>Of a path that met a rename.</summary>
    private const int MostWalks = 50;

    private const string Below = "names below the open directory";

    /// <summary>What is used, in order: by its kind, the call, and the size of the file.</summary>
    private static readonly (string Kind, VfsCall Call, int Bytes)[] Uses = [.. AllUses()];

    private readonly ModelSide _model;
    private readonly Dictionary<string, Seen> _seen = [];

    private readonly List<string> _differences = [];
    private int _walkedAgain;

    public KilledThings(Dialect dialect, HandleStrategy strategy, ModelKernelOptions model)
    {
        Script script = new(
            1,
            new ScriptServerOptions
            {
                SendsHandles = true,
                Dialect = dialect,
                HandleBytes = DialectReference.HandleBytes,
            },
            ReadDirPlusMode.Auto, ExportSupport: false, []);
        _model = new ModelSide(
            script, model with { Inodes = model.Inodes with { Strategy = strategy } });
        foreach (VfsCall call in Planting())
        {
            if (_model.Run(call) is { Errno: not 0 } failed)
                throw new InvalidOperationException($"{call} on the modelled kernel: {failed}");
        }
    }

    /// <summary>How often a kind of thing worked and was ESTALE, on either kernel.</summary>
    private record struct Seen(int Predicted, int Measured, int Lost, int LostToo);

    /// <summary>Data or attributes of another object than the one asked for.</summary>
    public long WrongObject { get; private set; }

    /// <summary>Opens what is held when the first server dies.</summary>
    public IReadOnlyList<VfsCall> Setup { get; } =
    [
        new(VfsCallKind.Open)
        {
            Slot = DirectorySlot,
            Path = $"{Root}/d0",
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        },
        .. FileSlots.Select(slot => OpenOf(slot, $"{Root}/d{slot}/f{slot}")),
    ];

    /// <summary>What is done after each death.</summary>
    public static IReadOnlyList<VfsCall> Calls { get; } = [.. Uses.Select(use => use.Call)];

    /// <summary>The tree behind the real server; every file is as long as no other.</summary>
    public static void Plant(string folder)
    {
        for (int d = 0; d < Directories; d++)
        {
            string directory = Path.Combine(folder, Root, $"d{d}");
            Directory.CreateDirectory(directory);
            for (int f = 0; f < Files; f++)
            {
                int bytes = BytesOf(d, f);
                File.WriteAllBytes(
                    Path.Combine(directory, $"f{f}"), ModelKernel.Pattern(bytes, bytes));
            }
        }
    }

    /// <summary>Makes the calls on both kernels after so many deaths, and compares.</summary>
    /// <param name="calls">Of this class.</param>
    /// <param name="deaths">Servers that died since the last use.</param>
    /// <param name="real">The same on the real kernel.</param>
    public void Use(IReadOnlyList<VfsCall> calls, int deaths, Func<VfsCall, VfsResult> real)
    {
        for (int death = 0; death < deaths; death++)
        {
            ScriptNotifications.Send(
                _model, new(VfsCallKind.NotifyIncEpoch) { Flags = 1 });
            _model.Settle();
        }

        for (int i = 0; i < calls.Count; i++)
        {
            VfsResult predicted = _model.Run(calls[i]);
            VfsResult measured = Ask(calls[i], predicted, real);
            if (ReferenceEquals(calls, Calls))
                Count(Uses[i], predicted, measured);
            if (predicted.Errno != measured.Errno)
            {
                _differences.Add(
                    $"{calls[i]}: {(Errno)measured.Errno}, not {(Errno)predicted.Errno}");
            }
        }
    }

    /// <summary>
    /// A path that leads to a directory which is known elsewhere is ESTALE while somebody renames
    /// (__d_unalias(), fs/dcache.c, only tries the locks): it is walked again.
    /// </summary>
    private VfsResult Ask(VfsCall call, VfsResult predicted, Func<VfsCall, VfsResult> real)
    {
        VfsResult measured = real(call);
        bool isPath = call.Kind is VfsCallKind.Stat or VfsCallKind.Open && predicted.Errno == 0;
        for (int i = 0; isPath && measured.Errno == (int)Errno.ESTALE && i < MostWalks; i++)
        {
            _walkedAgain++;
            measured = real(call);
        }

        return measured;
    }

    /// <summary>A row for each kind of thing, and one for what differed call by call.</summary>
    public IReadOnlyList<ProofRow> Rows() =>
    [
        .. _seen.Select(pair => new ProofRow(
            pair.Key, Text(pair.Value.Predicted, pair.Value.Lost),
            Text(pair.Value.Measured, pair.Value.LostToo),
            pair.Value.Predicted == pair.Value.Measured && pair.Value.Lost == pair.Value.LostToo)),
        new ProofRow(
            "found again by the parent's handle alone", "some",
            _seen.GetValueOrDefault(Below).Measured > 0 ? "some" : "nothing",
            _seen.GetValueOrDefault(Below).Measured > 0),
        new ProofRow(
            "uses that gave another errno than predicted", "0",
            _differences.Count == 0 && _walkedAgain == 0
                ? "0"
                : _differences.Count == 0
                ? FormattableString.Invariant(
                    $"0: {_walkedAgain} paths walked again, a rename being under way")
                : FormattableString.Invariant($"{_differences.Count}: {_differences[0]}"),
            _differences.Count == 0),
    ];

    public void Dispose() => _model.Dispose();

    private static string Text(int recovered, int stale) =>
        FormattableString.Invariant($"{recovered} / {stale} ESTALE");

    private void Count(
        in (string Kind, VfsCall Call, int Bytes) use, VfsResult predicted, VfsResult measured)
    {
        Seen seen = _seen.GetValueOrDefault(use.Kind);
        seen.Predicted += predicted.Errno == 0 ? 1 : 0;
        seen.Measured += measured.Errno == 0 ? 1 : 0;
        seen.Lost += predicted.Errno == (int)Errno.ESTALE ? 1 : 0;
        seen.LostToo += measured.Errno == (int)Errno.ESTALE ? 1 : 0;
        _seen[use.Kind] = seen;
        if (measured.Errno != 0 || use.Bytes == 0)
            return;
        bool isIt = use.Call.Kind == VfsCallKind.Read
            ? measured.Data == Convert.ToHexStringLower(ModelKernel.Pattern(use.Bytes, use.Bytes))
            : measured.Stat is { } stat && stat.Size == (ulong)use.Bytes;
        WrongObject += isIt ? 0 : 1;
    }

    private static int BytesOf(int directory, int file) => 16 + (directory * Files) + file;

    private static VfsCall OpenOf(int slot, string path) =>
        new(VfsCallKind.Open) { Slot = slot, Path = path, Flags = OpenFlags.ReadOnly };

    private static VfsCall StatOf(VfsCallKind kind, string path) =>
        new(kind) { Path = path, Slot = DirectorySlot, Mode = StatxMask.BasicStats };

    private static VfsCall ReadOf(int slot, int bytes) =>
        new(VfsCallKind.Read) { Slot = slot, Size = bytes };

    private static IEnumerable<(string Kind, VfsCall Call, int Bytes)> AllUses()
    {
        VfsCall fresh = StatOf(VfsCallKind.FStat, "") with { Flags = AtFlags.StatxForceSync };
        yield return ("open directory, asked by its nodeid", fresh, 0);
        foreach (int slot in FileSlots)
        {
            int bytes = BytesOf(slot, slot);
            yield return ("open files", ReadOf(slot, bytes), bytes);
        }

        for (int f = 0; f < Files; f++)
            yield return (Below, StatOf(VfsCallKind.StatAt, $"f{f}"), BytesOf(0, f));
        yield return ("open directory, once its handle came", fresh, 0);
        yield return (
            "listing of the open directory",
            new(VfsCallKind.ReadDir) { Slot = DirectorySlot, Size = 4096 }, 0);
        for (int d = 0; d < Directories; d++)
        {
            for (int f = 0; f < Files; f++)
            {
                string path = $"{Root}/d{d}/f{f}";
                yield return ("names", StatOf(VfsCallKind.Stat, path), BytesOf(d, f));
            }
        }

        int last = BytesOf(Directories - 1, 0);
        yield return ("opened again", OpenOf(NewSlot, $"{Root}/d{Directories - 1}/f0"), 0);
        yield return ("opened again", ReadOf(NewSlot, last), last);
        yield return ("closed", new(VfsCallKind.Close) { Slot = NewSlot }, 0);
        foreach (int slot in FileSlots)
        {
            yield return ("closed", new(VfsCallKind.Close) { Slot = slot }, 0);
            yield return ("opened again", OpenOf(slot, $"{Root}/d{slot}/f{slot}"), 0);
        }
    }

    private static IEnumerable<VfsCall> Planting()
    {
        yield return new(VfsCallKind.MkDir) { Path = Root, Mode = FileModes.Octal755 };
        for (int d = 0; d < Directories; d++)
        {
            string directory = $"{Root}/d{d}";
            yield return new(VfsCallKind.MkDir) { Path = directory, Mode = FileModes.Octal755 };
            for (int f = 0; f < Files; f++)
            {
                int bytes = BytesOf(d, f);
                yield return new(VfsCallKind.Open)
                {
                    Slot = NewSlot,
                    Path = $"{directory}/f{f}",
                    Flags = OpenFlags.ReadWrite | OpenFlags.Create,
                    Mode = FileModes.Octal644,
                };
                yield return new(VfsCallKind.Write) { Slot = NewSlot, Size = bytes };
                yield return new(VfsCallKind.Close) { Slot = NewSlot };
            }
        }
    }
}
