using System.Globalization;
using System.Text;

namespace HandleCache.Linux;

/// <summary>
/// A process and all that it has started, also those whose parent has ended: they are known by a
/// variable of the environment that they were given and hand on.
/// </summary>
/// <param name="name">Of the variable.</param>
/// <param name="value">Which no other process is given.</param>
public sealed class ProcessTree(string name, string value)
{
    private readonly byte[] _mark = Encoding.UTF8.GetBytes($"{name}={value}\0");

    /// <summary>Sends a signal to each that lives; to how many.</summary>
    public int Signal(int signal)
    {
        int sent = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(
                    Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture,
                    out int pid)
                && IsMarked(folder)
                && Processes.Signal(pid, signal) == Protocol.Uapi.Errno.None)
                sent++;
        }

        return sent;
    }

    /// <summary>An ended process that nobody has waited for has no environment.</summary>
    private bool IsMarked(string folder)
    {
        try
        {
            return File.ReadAllBytes($"{folder}/environ").AsSpan().IndexOf(_mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
