using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Nfs;

/// <summary>
/// What a client of the export may see of a tree of <see cref="NfsTree"/>: what lives is itself,
/// what is gone is refused, and nothing is ever another object.
/// </summary>
internal sealed class NfsChecks(NfsTree tree, CheckLedger ledger)
{
    public const string OpenFiles = "nfs-open-files";
    public const string WorkingDirectories = "nfs-working-directories";
    public const string HeldObjects = "nfs-held-objects";
    public const string FoundAgain = "nfs-found-again";
    public const string Handles = "nfs-handles";
    public const string Deleted = "nfs-deleted";
    public const string NeverAnother = "nfs-never-another";

    /// <summary>What each run must have compared.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        OpenFiles, WorkingDirectories, HeldObjects, FoundAgain, Handles, Deleted, NeverAnother,
    ];

    private static int Fresh => AtFlags.EmptyPath | AtFlags.StatxForceSync;

    /// <summary>Everything that lives, in every way to it.</summary>
    /// <param name="when">For messages.</param>
    public void Living(string when)
    {
        // What is held first: names would bring the inodes back under new nodeids.
        foreach (NfsFile file in tree.AllFiles)
        {
            if (file.Open is { } open)
                Open(open, file, when);
            if (file.Held is { } held)
                Held(held, file, when);
        }

        foreach (NfsDirectory directory in tree.Directories)
            WorkingDirectory(directory, when);
        foreach (NfsFile file in tree.AllFiles)
            Handle(file, when);
        Names(when);
    }

    /// <summary>Every file by its name, from the root.</summary>
    public void Names(string when)
    {
        foreach (NfsFile file in tree.AllFiles)
            Name(file, when);
    }

    /// <summary>A file that is gone: stale by its handle and by what a client still has.</summary>
    /// <param name="file">As it was.</param>
    /// <param name="when">For messages.</param>
    public void Gone(NfsFile file, string when)
    {
        ByHandle(file, when);
        if (file.Held is { } held)
        {
            Errno errno = Metadata.Statx(
                held, CString.Empty, Fresh, StatxMask.BasicStats, out Statx statx);
            Is(errno == Errno.ESTALE, $"{file.Path} held", errno, when);
            Never(errno == Errno.None && statx.Ino != file.Ino, $"{file.Path} held", when);
        }

        if (file.Open is not { } open)
            return;

        // The NFS server has it open for the client: it goes on as long as that lasts.
        string? seen = NfsTree.Read(open, out Errno read);
        Is(seen == file.Token || read == Errno.ESTALE, $"{file.Path} open", read, when);
        Never(seen is not null && seen != file.Token, $"{file.Path} open", when);
    }

    /// <summary>A directory that is gone with all that was in it.</summary>
    public void Gone(NfsDirectory directory, string when)
    {
        Errno errno;
        using (FileDescriptor? byHandle = FileHandles.OpenOnce(
            tree.Root, directory.Handle, OpenFlags.ReadOnly | OpenFlags.Directory, out errno))
        {
            // What the client still has in its own cache is opened without asking.
            if (byHandle is not null)
                errno = LookUp(byHandle, "f0");
        }

        Is(IsGone(errno), $"{directory.Path} by handle", errno, when);
        errno = LookUp(directory.Held!, "f0");
        Is(IsGone(errno), $"{directory.Path} as working directory", errno, when);
    }

    private static bool IsGone(Errno errno) => errno is Errno.ESTALE or Errno.ENOENT;

    private static Errno LookUp(FileDescriptor directory, string name) => Metadata.Statx(
        directory, CString.FromString(name), AtFlags.SymlinkNoFollow | AtFlags.StatxForceSync,
        StatxMask.BasicStats, out _);

    private void Open(FileDescriptor open, NfsFile file, string when)
    {
        string? seen = NfsTree.Read(open, out Errno errno);
        Same(OpenFiles, $"{file.Path} open", seen, errno, file.Token, when);
        string token = tree.NewToken();
        SysResult wrote = Files.WriteAt(open, System.Text.Encoding.ASCII.GetBytes(token), 0);
        errno = wrote.Failed ? wrote.Errno : Files.Sync(open, dataOnly: false);
        ledger.Compare(
            OpenFiles, errno == Errno.None && wrote.Value == token.Length,
            () => $"{when}: {file.Path}: write: {errno}");
        if (errno == Errno.None)
            file.Token = token;
    }

    private void Held(FileDescriptor held, NfsFile file, string when)
    {
        Errno errno = Metadata.Statx(
            held, CString.Empty, Fresh, StatxMask.BasicStats, out Statx statx);
        ledger.Compare(
            HeldObjects, errno == Errno.None && statx.Ino == file.Ino,
            () => $"{when}: {file.Path}: {errno}, inode {statx.Ino}, was {file.Ino}");
        Never(errno == Errno.None && statx.Ino != file.Ino, $"{file.Path} held", when);
    }

    private void WorkingDirectory(NfsDirectory directory, string when)
    {
        foreach (NfsFile file in directory.Files)
        {
            string name = file.Path[(directory.Path.Length + 1)..];
            using FileDescriptor? fd = Files.OpenAt(
                directory.Held!, CString.FromString(name), OpenFlags.ReadOnly, 0,
                out Errno errno);
            string? seen = fd is null ? null : NfsTree.Read(fd, out errno);
            Same(
                WorkingDirectories, $"{file.Path} from its directory", seen, errno, file.Token,
                when);
        }
    }

    private void Handle(NfsFile file, string when)
    {
        using FileDescriptor? fd = FileHandles.OpenOnce(
            tree.Root, file.Handle, OpenFlags.ReadOnly, out Errno errno);
        string? seen = fd is null ? null : NfsTree.Read(fd, out errno);
        Same(Handles, $"{file.Path} by handle", seen, errno, file.Token, when);
    }

    private void Name(NfsFile file, string when)
    {
        using FileDescriptor? fd = Files.OpenAt(
            tree.Root, CString.FromString(file.Path), OpenFlags.ReadOnly, 0, out Errno errno);
        string? seen = fd is null ? null : NfsTree.Read(fd, out errno);
        Same(FoundAgain, file.Path, seen, errno, file.Token, when);
    }

    private void ByHandle(NfsFile file, string when)
    {
        using FileDescriptor? fd = FileHandles.OpenOnce(
            tree.Root, file.Handle, OpenFlags.ReadOnly, out Errno errno);
        string? seen = fd is null ? null : NfsTree.Read(fd, out errno);
        bool isOpen = file.Open is not null && seen == file.Token;
        string what = $"{file.Path} by handle";
        Is(isOpen || (seen is null && errno == Errno.ESTALE), what, errno, when);
        Never(seen is not null && seen != file.Token, what, when);
    }

    private void Same(
        string check, string what, string? seen, Errno errno, string token, string when)
    {
        ledger.Compare(
            check, seen == token,
            () => $"{when}: {what}: {(seen is null ? errno.ToString() : $"reads '{seen}'")}");
        Never(seen is not null && seen != token, what, when);
    }

    private void Is(bool holds, string what, Errno errno, string when) =>
        ledger.Compare(Deleted, holds, () => $"{when}: {what}: {errno}");

    private void Never(bool isAnother, string what, string when) => ledger.Compare(
        NeverAnother, !isAnother, () => $"{when}: {what} is another object");
}
