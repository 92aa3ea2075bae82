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
    private const int MayWrite = 2; // W_OK
    private const int MaySearch = 1; // X_OK

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
        // As .NET opens it: "link/../file" is beside the link.
        string file = Path.GetFullPath(path);
        Errno errno = Directory.Exists(file) ? Errno.EISDIR : Access(file, MayWrite);
        if (errno == Errno.ENOENT)
            errno = Access(Path.GetDirectoryName(Written(file)) ?? "/", MayWrite | MaySearch);
        if (errno != Errno.None)
            throw new BadInputException(Text(path, errno));
    }

    /// <summary>Refuses to write over what is read.</summary>
    /// <param name="result">The file of results; null where none is asked for.</param>
    /// <param name="read">What is read; names and files that are not there are none.</param>
    /// <exception cref="BadInputException">They are one file.</exception>
    public static void RequireOther(string? result, params string?[] read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (Identity(result) is not { } written)
            return;
        foreach (string? path in read)
        {
            if (Identity(path) == written)
                throw new BadInputException($"{result}: is read, and so not written over");
        }
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
            if (path.Length == 0)
                throw new BadInputException($"{option}: a folder needs a name");
            try
            {
                Directory.CreateDirectory(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BadInputException($"{option}: {path}: {e.Message}", e);
            }

            Errno errno = Access(path, MayWrite | MaySearch);
            if (errno != Errno.None)
                throw new BadInputException($"{option}: {Text(path, errno)}");
        }
    }

    /// <summary>Where a link leads that ends at no file yet, else the path itself.</summary>
    private static string Written(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static Errno Access(string path, int mode) => Names.Access(
        FileDescriptor.WorkingDirectory, CString.FromString(path), mode, AtFlags.EAccess);

    /// <summary>Which file of the machine; null where there is none.</summary>
    private static (uint Major, uint Minor, ulong Inode)? Identity(string? path) =>
        !string.IsNullOrEmpty(path) && File.Exists(path) && Metadata.Statx(
            FileDescriptor.WorkingDirectory, CString.FromString(path), 0, StatxMask.Ino,
            out Statx found) == Errno.None
            ? (found.DevMajor, found.DevMinor, found.Ino)
            : null;

    private static string Text(string path, Errno errno) => string.Create(
        CultureInfo.InvariantCulture, $"{path}: cannot be written: {errno} ({(int)errno})");
}
