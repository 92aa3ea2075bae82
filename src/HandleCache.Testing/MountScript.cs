using System.Globalization;
using System.Text;
using HandleCache.Server.Driving;

namespace HandleCache.Testing;

/// <summary>
/// System calls in order, each perhaps with a disturbance beside it: memory reclaimed before it or
/// during it, a signal.
/// </summary>
/// <param name="Steps">In order.</param>
public sealed record MountScript(IReadOnlyList<DriveStep> Steps)
{
    /// <summary>One step a line, numbered from 1.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < Steps.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"\n  {i + 1}. {Steps[i]}");
        return text.Length == 0 ? "no step" : text.ToString();
    }
}
