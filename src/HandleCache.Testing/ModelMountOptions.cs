using HandleCache.Model.Kernel;
using HandleCache.Server.Sessions;

namespace HandleCache.Testing;

/// <summary>How a <see cref="ModelMount"/> is made.</summary>
public sealed record ModelMountOptions
{
    /// <summary>Which kernel is modelled, and what it offers in INIT.</summary>
    public ModelKernelOptions Kernel { get; init; } = new();

    /// <summary>What a <see cref="FileSystem"/> asks for in INIT; one worker serves it.</summary>
    public SessionOptions Session { get; init; } = new();

    /// <summary>
    /// How many lookups of a nodeid the server itself counts, 0 for one that it does not know:
    /// what <see cref="ModelMount.CheckCounts()"/> compares with the kernel. Null where it cannot
    /// be asked.
    /// </summary>
    public Func<ulong, ulong>? ServerCounts { get; init; }

    /// <summary>
    /// Names of rules that may be broken, of <see cref="Server.Driving.DriveRule.Allowable"/>.
    /// </summary>
    public IReadOnlySet<string> AllowedRules { get; init; } = new HashSet<string>();

    /// <summary>How long a reply is waited for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
