using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Survey;

/// <summary>
/// One thread of a survey: reads a directory, asks for the handle of each name, and goes down depth
/// first with one open directory per level. Memory depends on the depth alone.
/// </summary>
internal sealed class SurveyWorker(
    SurveyRequest request, SurveyQueue queue, CancellationToken cancel)
{
    /// <summary>
    /// Levels that one worker keeps open; a deeper directory counts as unreadable.
    /// </summary>
    private const int MaxLevels = 1000;

    private const int MaxSpareLevels = 64;

    private static readonly int DirectoryFlags =
        OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>
    /// A directory by name: connectable handles refuse AT_EMPTY_PATH, since what it names may have
    /// no known parent.
    /// </summary>
    public static ReadOnlySpan<byte> Itself => ".\0"u8;

    private const byte TypeUnknown = 0;
    private const byte TypeDirectory = 4;

    private readonly Stack<SurveyLevel> _levels = new();
    private readonly Stack<SurveyLevel> _spare = new();

    public SurveyTally Tally { get; } = new();

    public void Run()
    {
        try
        {
            while (!cancel.IsCancellationRequested && queue.Take() is { } level)
            {
                _levels.Push(level);
                Walk();
                queue.Finish();
            }
        }
        finally
        {
            while (_levels.TryPop(out SurveyLevel? level))
                level.Dispose();
        }
    }

    /// <summary>Counts a path that was given, and its plain and connectable handle.</summary>
    public void CountRoot(FileDescriptor root, ulong mount)
    {
        Tally.Directories++;
        Count(root, Itself, mount);
    }

    /// <summary>The mount that an open directory lies in.</summary>
    public static Errno MountOf(FileDescriptor directory, out ulong mount)
    {
        Errno errno = Metadata.Statx(
            directory, StatxMask.Type | StatxMask.MountId, out Statx statx);
        mount = statx.MountId;
        return errno;
    }

    private void Walk()
    {
        while (_levels.TryPeek(out SurveyLevel? level))
        {
            if (cancel.IsCancellationRequested)
                return;
            if (level.TryRecords(out ReadOnlySpan<byte> records, out Errno errno))
            {
                Read(level, records);
                continue;
            }

            if (errno != Errno.None)
                Tally.AddError(() => Describe("getdents64", level.Directory, default, errno));
            _levels.Pop();
            level.Dispose();
            if (_spare.Count < MaxSpareLevels)
                _spare.Push(level);
        }
    }

    /// <summary>Counts entries until one is a directory to go down to.</summary>
    private void Read(SurveyLevel level, ReadOnlySpan<byte> records)
    {
        DirectoryReader reader = new(records);
        int passed = 0;
        while (reader.TryNext(out DirectoryEntry entry))
        {
            level.Pass(reader.ReadBytes - passed);
            passed = reader.ReadBytes;
            if (entry.IsDotOrDotDot)
                continue;
            if (entry.Type is not (TypeDirectory or TypeUnknown))
                Count(level.Directory, entry.NameWithNul, level.Mount);
            else if (Descend(level, entry.NameWithNul, entry.Type))
                return;
        }

        level.PassAll();
    }

    /// <summary>
    /// Counts what may be a directory; true where it was put on top of the levels.
    /// </summary>
    private bool Descend(SurveyLevel level, ReadOnlySpan<byte> name, byte type)
    {
        FileDescriptor? directory =
            Files.OpenAt(level.Directory, name, DirectoryFlags, 0, out Errno errno);
        if (directory is null)
        {
            if (type == TypeDirectory || errno is not (Errno.ENOTDIR or Errno.ELOOP))
                Fail("openat", level.Directory, name, errno);
            Count(level.Directory, name, level.Mount);
            return false;
        }

        errno = MountOf(directory, out ulong mount);
        if (errno != Errno.None)
        {
            Fail("statx", level.Directory, name, errno);
            mount = level.Mount;
        }

        if (request.StayInMount && mount != level.Mount)
        {
            directory.Dispose();
            return false;
        }

        Tally.Directories++;
        Count(directory, Itself, mount);
        if (queue.IsHungry)
        {
            queue.Add(directory, mount);
            return false;
        }

        if (_levels.Count >= MaxLevels)
        {
            Fail("too deep", level.Directory, name, Errno.ELOOP);
            directory.Dispose();
            return false;
        }

        _levels.Push(_spare.TryPop(out SurveyLevel? spare)
            ? spare.Reuse(directory, mount)
            : new SurveyLevel(directory, mount));
        return true;
    }

    private void Count(FileDescriptor dir, ReadOnlySpan<byte> name, ulong mount)
    {
        Tally.AddObject();
        Errno errno = FileHandles.Get(
            dir, name, 0, out FileHandleBuffer handle, out ulong handleMount);
        if (errno == Errno.None)
        {
            mount = handleMount;
            Tally.Add(new(mount, SurveyTally.Kind.Plain, (uint)handle.Type, handle.LengthBytes));
        }
        else
        {
            Tally.Add(new(mount, SurveyTally.Kind.NoHandle, 0, 0));
            if (errno is not (Errno.EOPNOTSUPP or Errno.EOVERFLOW))
                Fail("name_to_handle_at", dir, name, errno);
        }

        if (!request.Connectable)
            return;
        errno = FileHandles.Get(
            dir, name, AtFlags.HandleConnectable, out handle, out _);
        Tally.Add(errno == Errno.None
            ? new(mount, SurveyTally.Kind.Connectable, (uint)handle.Type, handle.LengthBytes)
            : new(mount, SurveyTally.Kind.NoConnectable, 0, 0));
    }

    private void Fail(string call, FileDescriptor dir, ReadOnlySpan<byte> name, Errno errno)
    {
        string shown = name.Length > 1 ? BytePath.FromBytes(name[..^1]) : "";
        Tally.AddError(() => Describe(call, dir, shown, errno));
    }

    private static string Describe(
        string call, FileDescriptor dir, string? name, Errno errno)
    {
        string folder = new FileInfo($"/proc/self/fd/{dir.Number}").LinkTarget ?? "?";
        return $"{call} {(string.IsNullOrEmpty(name) ? folder : $"{folder}/{name}")}: {errno}";
    }
}
