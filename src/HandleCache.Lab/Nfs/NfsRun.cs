using System.Diagnostics;
using System.Globalization;
using HandleCache.Server.Mounting;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Nfs;

/// <summary>One run, with what it has mounted.</summary>
internal sealed class NfsRun : IDisposable
{
    private const int Directories = 8;
    private const int FilesEach = 12;

    /// <summary>Times that caches are dropped before the kernel is said to keep them.</summary>
    private const int MostDrops = 60;

    private readonly NfsOptions _options;
    private readonly CheckLedger _ledger;
    private readonly Action<string> _progress;
    private readonly CancellationToken _cancel;
    private readonly NfsStage _stage;
    private readonly NfsTree _tree;
    private readonly NfsChecks _checks;
    private readonly ExportedMount _mount;
    private readonly List<NfsFile> _gone = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public NfsRun(
        NfsOptions options, string root, CheckLedger ledger, Action<string> progress,
        CancellationToken cancel)
    {
        (_options, _ledger, _progress, _cancel) = (options, ledger, progress, cancel);
        _stage = new NfsStage(root);
        try
        {
            _mount = Mount();
            _stage.OnEnd(_mount.Dispose);
            _tree = _stage.Export(options.Seed, Directories, FilesEach);
            _checks = new NfsChecks(_tree, ledger);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void All()
    {
        _checks.Living("made");
        Report("made");
        Evict();
        _checks.Living("evicted");
        Report("evicted");
        Delete();
        Report("deleted");
    }

    public void Dispose() => _stage.Dispose();

    private void Report(string what) => _progress(string.Create(
        CultureInfo.InvariantCulture, $"{what} {_clock.Elapsed.TotalSeconds:F1} s"));

    private ExportedMount Mount() => new(
        new MountOptions
        {
            Source = _stage.Source,
            MountPoint = _stage.Mounted,
            TimeoutSeconds = 0,
            Export = !_options.Stateless,
            Stateless = _options.Stateless,
            Generation = 2,
        },
        _ledger);

    /// <summary>
    /// Until the kernel has forgotten all inodes but those that are open through the server,
    /// and their directories.
    /// </summary>
    private void Evict()
    {
        int before = _mount.Inodes;
        int mostLeft = _tree.AllFiles.Concat(_gone).Count(file => file.Open is not null)
            + Directories + 2;
        for (int drop = 0; drop < MostDrops && _mount.Inodes > mostLeft; drop++)
        {
            _cancel.ThrowIfCancellationRequested();
            _tree.DropCaches();
            for (int wait = 0; wait < 20 && _mount.Inodes > mostLeft; wait++)
                Thread.Sleep(20);
        }

        int left = _mount.Inodes;
        _ledger.Compare(
            NfsExperiment.Evicted, left <= mostLeft && left < before,
            () => string.Create(
                CultureInfo.InvariantCulture,
                $"{left} of {before} inodes are left, at most {mostLeft} are in use"));
    }

    /// <summary>
    /// Files go by the client and beneath it, one directory with all that is in it; new files
    /// take their names.
    /// </summary>
    private void Delete()
    {
        List<NfsFile> gone = _gone;
        NfsDirectory last = _tree.Directories[^1];
        foreach (NfsDirectory directory in _tree.Directories)
        {
            foreach (NfsFile file in directory.Files.ToArray())
            {
                int index = directory.Files.IndexOf(file);
                if (directory != last && index % 8 is not (0 or 1 or 6))
                    continue;
                if (index % 8 == 0)
                    File.Delete(Path.Combine(_stage.Client, file.Path));
                else
                    File.Delete(Path.Combine(_stage.Mounted, file.Path));
                gone.Add(file);
            }

            directory.Files.RemoveAll(gone.Contains);
        }

        Directory.Delete(Path.Combine(_stage.Mounted, last.Path));
        _tree.Directories.Remove(last);
        foreach (NfsFile file in gone.Where(file => !file.Path.StartsWith(
            last.Path + "/", StringComparison.Ordinal)))
        {
            NfsFile another = new() { Path = file.Path, Token = _tree.NewToken() };
            File.WriteAllText(Path.Combine(_stage.Mounted, another.Path), another.Token);
            _tree.Directories.Single(directory => file.Path.StartsWith(
                directory.Path + "/", StringComparison.Ordinal)).Files.Add(another);
        }

        Look(gone, last, "deleted");
        Evict();
        Look(gone, last, "deleted, evicted");

        foreach (NfsFile file in gone)
        {
            file.Open?.Dispose();
            file.Held?.Dispose();
        }

        gone.Clear();
        last.Held!.Dispose();
    }

    private void Look(List<NfsFile> gone, NfsDirectory last, string when)
    {
        foreach (NfsFile file in gone)
            _checks.Gone(file, when);
        _checks.Gone(last, when);
        _checks.Names(when);
    }
}
