using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Server.Scripted;

/// <summary>
/// What a script's server does; two servers with equal options are alike to the byte.
/// </summary>
public sealed record ScriptServerOptions
{
    /// <summary>Validity of <see cref="ValidityMode.Finite"/>, ns.</summary>
    public const long FiniteNs = 100_000_000;

    /// <summary>
    /// What a Sleep of a script takes, ns: longer than <see cref="FiniteNs"/> by more than three
    /// jiffies at HZ=100, in which the kernel counts (time_to_jiffies(), fs/fuse/dir.c).
    /// </summary>
    public const long SleepNs = 140_000_000;

    public const int MostTimeScale = 8;

    public ulong Seed { get; init; }

    /// <summary>
    /// Validities and sleeps are so many times as long: a script that came out too slow for its
    /// validities is run again with longer ones.
    /// </summary>
    public int TimeScale { get; init; } = 1;

    public ValidityMode EntryValidity { get; init; } = ValidityMode.Infinite;

    public ValidityMode AttrValidity { get; init; } = ValidityMode.Infinite;

    /// <summary>
    /// Every object has a handle of 0 to 128 bytes. The real kernel never
    /// sees it: the bridge takes it out, after the server has made its replies as long.
    /// </summary>
    public bool SendsHandles { get; init; }

    /// <summary>
    /// The dialect of the handles, where there are any; others than the first for the modelled
    /// kernel alone.
    /// </summary>
    public Dialect Dialect { get; init; } = Dialect.Default;

    /// <summary>What the server offers back in INIT.</summary>
    public Dialect Spoken => SendsHandles ? Dialect : Dialect.Classic;

    /// <summary>
    /// The length of every handle, 4 to 128 bytes; null for lengths by the seed and the object, one
    /// object in eight being without.
    /// </summary>
    public int? HandleBytes { get; init; }

    /// <summary>
    /// Of 1024 entries, how many come with another handle than before, with none, or with one
    /// that is too long; 0 is none. For kernels that have handles, the modelled one among them.
    /// </summary>
    public int BadHandlePer1024 { get; init; }

    /// <summary>
    /// A nodeid is given again only after the last FORGET. For the modelled kernel alone: of the
    /// real one, nobody can say when it forgets.
    /// </summary>
    public bool WaitsForForget { get; init; }

    /// <summary>Whether real time matters to a script with this server.</summary>
    public bool HasFiniteValidity => IsFinite(EntryValidity) || IsFinite(AttrValidity);

    /// <summary>
    /// The passthrough file system over a tree on the disk, not the synthetic one in memory:
    /// what only that one knows (hostility, reuse, handles) is off.
    /// </summary>
    public bool IsPassthrough { get; init; }

    /// <summary>Files are opened with FOPEN_DIRECT_IO, so that the page cache stays out.</summary>
    public bool DirectIo { get; init; } = true;

    /// <summary>
    /// Of 1024 requests, how many are answered in a way no good server would; 0 is none.
    /// </summary>
    public int HostilePer1024 { get; init; }

    /// <summary>
    /// A removed object's nodeid is given to the next new one, its generation one higher.
    /// </summary>
    public bool ReusesNodeIds { get; init; }

    /// <summary>
    /// Names not found are answered with nodeid 0 and a validity, not with ENOENT.
    /// </summary>
    public bool NegativeEntries { get; init; }

    /// <summary>One object in three has an access control list, which only its server sets.
    /// </summary>
    public bool HasAcls { get; init; }

    /// <summary>Features of INIT asked for beside the usual ones.</summary>
    public FuseInitFlags InitAlso { get; init; }

    /// <summary>Usual features of INIT that are not asked for.</summary>
    public FuseInitFlags InitWithout { get; init; }

    /// <summary>The mount option default_permissions.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>Operations that are answered with ENOSYS, from the first time on.</summary>
    public IReadOnlyList<FuseOpcode> Lacks { get; init; } = [];

    /// <summary>FOPEN_ bits of every opened directory.</summary>
    public FuseOpenFlags DirectoryFlags { get; init; }

    private static bool IsFinite(ValidityMode mode) =>
        mode is ValidityMode.Finite or ValidityMode.MixedFinite;
}

/// <summary>How long a script's server lets the kernel believe names or attributes.</summary>
public enum ValidityMode
{
    /// <summary>Not at all.</summary>
    Zero,

    /// <summary>Until a script's next sleep, which is longer.</summary>
    Finite,

    /// <summary>Without end.</summary>
    Infinite,

    /// <summary>Now not at all, now without end, by the seed.</summary>
    Mixed,

    /// <summary>All three in turn, by the seed.</summary>
    MixedFinite,
}
