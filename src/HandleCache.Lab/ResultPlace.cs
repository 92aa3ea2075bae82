using System.Globalization;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab;

/// <summary>
/// Whether results can be put where they are to go: looked at before the work that makes them,
/// so that a mistyped name costs no survey of an hour.
/// </summary>
public static class ResultPlace
{
    /// <summary>
    /// A file to be written, or written over; nothing is made, and what is no regular file is
    /// not opened. Null: no file is asked for.
    /// </summary>
    /// <exception cref="BadInputException">It cannot be written.</exception>
    public static void RequireFile(string? path)
    {
        if (path is null)
            return;
        if (path.Length == 0)
            throw new BadInputException("a file for results needs a name");
        Errno errno = Directory.Exists(path)
            ? Errno.EISDIR
            : Metadata.Access(path, Metadata.MayWrite);
        if (errno == Errno.ENOENT)
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
            errno = Metadata.Access(folder, Metadata.MayWrite | Metadata.MaySearch);
        }

        if (errno != Errno.None)
            throw new BadInputException(Text(path, errno));
    }

    /// <summary>Folders that options name; made, where they are not there.</summary>
    /// <exception cref="BadInputException">One cannot be made, or not be written.</exception>
    public static void RequireFolders(params (string Option, string? Path)[] folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        foreach ((string option, string? path) in folders)
        {
            if (path is null)
                continue;
            try
            {
                Directory.CreateDirectory(path);
            }
            catch (Exception e) when (
                e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new BadInputException($"{option}: {path}: {e.Message}", e);
            }

            Errno errno = Metadata.Access(path, Metadata.MayWrite | Metadata.MaySearch);
            if (errno != Errno.None)
                throw new BadInputException($"{option}: {Text(path, errno)}");
        }
    }

    private static string Text(string path, Errno errno) => string.Create(
        CultureInfo.InvariantCulture, $"{path}: cannot be written: {errno} ({(int)errno})");
}
