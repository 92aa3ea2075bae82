using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Mounting;

/// <summary>
/// Holds the device of a kernel with handles, and one server behind another on it, until it is
/// cancelled.
/// </summary>
public static class HeldRun
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "hold";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <param name="options">What, where and how; its dialect's name is a design.</param>
    /// <param name="mounted">Called once it is mounted.</param>
    /// <param name="cancel">Ends it: unmounts and returns.</param>
    /// <exception cref="IOException">The servers end by themselves.</exception>
    public static void Run(MountOptions options, Action mounted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(mounted);
        MountPlaces.Check(options);
        using NamespaceThread everybodys = new(ownNamespace: false);
        using HeldMount held = HeldMount.Start(everybodys, options);
        mounted();
        while (!cancel.WaitHandle.WaitOne(LookEvery))
        {
            if (held.Failure is { } failure)
                throw new IOException(failure.Message, failure);
        }
    }
}
