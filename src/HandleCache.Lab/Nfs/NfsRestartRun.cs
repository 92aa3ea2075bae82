using System.Diagnostics;
using System.Globalization;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Nfs;

/// <summary>How a mount is served whose servers are killed.</summary>
/// <param name="Start">Its process.</param>
/// <param name="KeepsFiles">Files that are open outlive a server.</param>
/// <param name="IsMountedAnew">There is no next server, but another mount.</param>
/// <param name="IsUsedMeanwhile">
/// What is asked while there is no server, and by the nodeids of the last one, is answered.
/// </param>
internal sealed record NfsServing(
    Func<NfsStage, MountProcess> Start, bool KeepsFiles, bool IsMountedAnew, bool IsUsedMeanwhile)
{
    /// <summary>A keeper holds device, nodeids and open files.</summary>
    public static NfsServing Kept { get; } = new(
        stage => MountProcess.Start(
            ["mount", stage.Source, stage.Mounted, "--export", "--keep", "--timeout", "0"],
            stage.Mounted),
        KeepsFiles: true, IsMountedAnew: false, IsUsedMeanwhile: true);

    /// <summary>Nothing outlives the server, and nodeids are handles.</summary>
    public static NfsServing Stateless { get; } = new(
        stage => MountProcess.Start(
            ["mount", stage.Source, stage.Mounted, "--stateless", "--timeout", "0"],
            stage.Mounted),
        KeepsFiles: false, IsMountedAnew: true, IsUsedMeanwhile: false);
}

/// <summary>
/// Kills the server of an exported mount and looks at it as its client: with a keeper everything
/// goes on, files that are open, too; a stateless mount is made anew, and its handles are good; and
/// of a kernel with handles the device is all that is held.
/// </summary>
internal sealed class NfsRestartRun : IDisposable
{
    private const int Directories = 4;
    private const int FilesEach = 12;
    private const int Kills = 4;

    /// <summary>Times that caches are dropped: what is no longer used goes bit by bit.</summary>
    private const int Drops = 5;

    private readonly NfsServing _serving;
    private readonly CheckLedger _ledger;
    private readonly Action<string> _progress;
    private readonly CancellationToken _cancel;
    private readonly NfsStage _stage;
    private readonly NfsTree _tree;
    private readonly NfsChecks _checks;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private MountProcess _mount;

    public NfsRestartRun(
        NfsServing serving, ulong seed, string root, CheckLedger ledger, Action<string> progress,
        CancellationToken cancel)
    {
        (_serving, _ledger, _progress, _cancel) = (serving, ledger, progress, cancel);
        _stage = new NfsStage(root);
        try
        {
            _mount = serving.Start(_stage);
            _stage.OnEnd(End);
            _tree = _stage.Export(seed, Directories, FilesEach);
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
        if (!_serving.KeepsFiles)
            _tree.CloseFiles();
        for (int kill = 1; kill <= Kills; kill++)
        {
            _cancel.ThrowIfCancellationRequested();
            bool isEvicted = kill % 2 == 0;
            for (int drop = 0; isEvicted && drop < Drops; drop++)
                _tree.DropCaches();
            Kill();
            string when = string.Create(
                CultureInfo.InvariantCulture,
                $"killed {kill}{(isEvicted ? ", evicted before" : "")}");
            _checks.Living(when);
            _progress(string.Create(
                CultureInfo.InvariantCulture, $"{when} {_clock.Elapsed.TotalSeconds:F1} s"));
        }

        Delete();
    }

    public void Dispose() => _stage.Dispose();

    private void Kill()
    {
        if (_serving.IsMountedAnew)
            MountAnew();
        else if (_serving.IsUsedMeanwhile)
            KillUnderLoad();
        else
            KillAndWait();
    }

    /// <summary>
    /// Until the next server answers for a file: it has told the kernel by then that it is another.
    /// </summary>
    private void KillAndWait()
    {
        KillServers();
        string first = Path.Combine(_stage.Mounted, _tree.Directories[0].Files[0].Path);
        Errno errno;
        do
        {
            _cancel.ThrowIfCancellationRequested();
            using FileDescriptor root = Files.Open(_stage.Mounted, OpenFlags.Path);
            errno = Metadata.Statx(
                root, CString.FromString(first), AtFlags.StatxForceSync, StatxMask.BasicStats,
                out _);
        }
        while (errno == Errno.ESTALE);
        _ledger.Compare(
            NfsExperiment.Killed, errno == Errno.None, () => $"{first} after a death: {errno}");
    }

    private void KillServers()
    {
        int killed = _mount.KillServers();
        _ledger.Compare(NfsExperiment.Killed, killed > 0, () => "there was no server to kill");
    }

    /// <summary>While another thread reads every file by its name.</summary>
    private void KillUnderLoad()
    {
        using ManualResetEventSlim over = new();
        using ManualResetEventSlim begun = new();
        Thread reader = new(() =>
        {
            do
            {
                _checks.Names("while it is killed");
                begun.Set();
            }
            while (!over.IsSet);
        });
        reader.Start();
        try
        {
            begun.Wait(_cancel);
            KillServers();
        }
        finally
        {
            over.Set();
            reader.Join();
        }
    }

    /// <summary>
    /// The process goes, and its mount with it; the next is another mount of the same directory.
    /// </summary>
    private void MountAnew()
    {
        _mount.Kill();
        _ledger.Hold(NfsExperiment.Killed);
        _mount = _serving.Start(_stage);
        KernelNfsServer.Export(_stage.Mounted);
    }

    /// <summary>What is deleted between two deaths is gone, and nothing takes its place.</summary>
    private void Delete()
    {
        NfsDirectory last = _tree.Directories[^1];
        NfsFile[] gone = [.. last.Files];
        foreach (NfsFile file in gone)
        {
            // A client renames what it has in use (nfs_sillyrename(), fs/nfs/unlink.c).
            bool isInUse = file.Open is not null || file.Held is not null;
            string below = isInUse ? _stage.Mounted : _stage.Client;
            File.Delete(Path.Combine(below, file.Path));
        }

        Directory.Delete(Path.Combine(_stage.Mounted, last.Path));
        _tree.Directories.Remove(last);
        Kill();
        foreach (NfsFile file in gone)
        {
            _checks.Gone(file, "deleted, killed");
            file.Open?.Dispose();
            file.Held?.Dispose();
        }

        _checks.Gone(last, "deleted, killed");
        last.Held!.Dispose();
        _checks.Living("deleted, killed");
    }

    private void End()
    {
        (int exitCode, string output) = _mount.End();
        _mount.Dispose();
        _ledger.Compare(
            NfsExperiment.Ended, exitCode == 0,
            () => string.Create(CultureInfo.InvariantCulture, $"exit {exitCode}: {output}"));
        _progress(output.ReplaceLineEndings("; "));
    }
}
