namespace HandleCache.Server.Driving;

/// <summary>A rule that the server broke.</summary>
/// <param name="Rule">Its name; <see cref="DriveRule"/>.</param>
/// <param name="Kernel">The kernel's function that relies on it.</param>
/// <param name="Message">What was found, with both values.</param>
/// <param name="File">The path the request was about, as known from the traffic.</param>
public sealed record DriveFinding(string Rule, string Kernel, string Message, string File)
{
    public string Request { get; init; } = "";

    public string Reply { get; init; } = "";

    /// <summary>The number of the script.</summary>
    public int Script { get; init; }

    /// <summary>The script, shortened where it could be.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>The shortened script broke the rule again on a server of its own.</summary>
    public bool Repeats { get; init; }

    /// <summary>The last messages before it, oldest first.</summary>
    public IReadOnlyList<string> Last { get; init; } = [];
}
