using System.Globalization;
using System.Runtime.ExceptionServices;
using HandleCache.Lab.Workload.Steps;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>
/// A seeded workload: each thread draws its steps from a generator of its own and changes only
/// its own directory, so for one seed and one tree each thread makes the same calls.
/// </summary>
internal sealed class WorkloadRun
{
    private const int MaxThreads = 64;

    private readonly RunRequest _request;
    private readonly FileDescriptor _root;
    private readonly SharedTree _tree;
    private readonly Abilities _abilities = new();
    private readonly bool _readsAll = Credentials.WhyNotOpenByHandle() is null;
    private readonly uint _umask = ReadUmask();
    private ExceptionDispatchInfo? _failure;

    private WorkloadRun(RunRequest request, FileDescriptor root)
    {
        _request = request;
        _root = root;
        _tree = SharedTree.Collect(root);
    }

    /// <exception cref="BadInputException">A number out of range, a root that is none.</exception>
    public static RunReply Run(RunRequest request)
    {
        if (request.Operations < 0)
            throw new BadInputException($"operations cannot be {request.Operations}");
        if (request.Threads is < 1 or > MaxThreads)
            throw new BadInputException($"threads must be 1 to {MaxThreads}");
        using FileDescriptor root = WorkloadServer.OpenRoot(request.Root);
        return new WorkloadRun(request, root).Run();
    }

    private RunReply Run()
    {
        CallLog[] logs = new CallLog[_request.Threads];
        Scratch?[] scratches = new Scratch?[_request.Threads];
        try
        {
            _abilities.TryReading(_root);
            for (int i = 0; i < scratches.Length && _request.Write; i++)
                scratches[i] = MakeScratch(NameOf(i));
            if (scratches[0] is { } first)
                _abilities.TryWriting(first.Directory);
            Thread[] threads = new Thread[_request.Threads];
            for (int i = 0; i < threads.Length; i++)
            {
                int index = i;
                logs[i] = new CallLog();
                threads[i] = new Thread(() => Guarded(() => Work(
                    index, logs[index], scratches[index])));
                threads[i].Start();
            }

            foreach (Thread thread in threads)
                thread.Join();
        }
        finally
        {
            CleanUp(scratches, logs[0]);
        }

        _failure?.Throw();
        return CallLog.Merge(logs, _abilities.Unsupported);
    }

    private void Work(int index, CallLog log, Scratch? scratch)
    {
        StepContext context = new()
        {
            Root = _root,
            Tree = _tree,
            Abilities = _abilities,
            Random = new SplitMix64((_request.Seed * 1_000_003) + (ulong)index),
            Log = log,
            Calls = new Calls(log),
            AllowStale = _request.AllowStale,
            ReadsAll = _readsAll,
            Umask = _umask,
        };
        StepTable table = StepTable.Build(context, scratch);
        int share = _request.Operations / _request.Threads;
        int steps = share + (index < _request.Operations % _request.Threads ? 1 : 0);
        for (int i = 0; i < steps; i++)
        {
            table.TakeOne();
            log.Operations++;
        }
    }

    private Scratch MakeScratch(byte[] name)
    {
        Errno errno = TreeRemoval.Remove(_root, name);
        if (errno == Errno.None)
            errno = Names.MakeDirectory(_root, name, 0x1C0);
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        FileDescriptor? fd = null;
        if (errno == Errno.None)
            fd = Files.OpenAt(_root, name, flags, 0, out errno);
        if (fd is null)
            throw new BadInputException($"cannot make {Scratch.Prefix}N in the root: {errno}");
        return new Scratch(fd, new ShadowNode(ShadowKind.Directory, 0x1C0));
    }

    private void CleanUp(Scratch?[] scratches, CallLog? log)
    {
        for (int i = 0; i < scratches.Length; i++)
        {
            if (scratches[i] is not { } scratch)
                continue;
            scratch.Dispose();
            if (_request.KeepScratch)
                continue;
            byte[] name = NameOf(i);
            Errno errno = TreeRemoval.Remove(_root, name);
            log?.Expect("removal", BytePath.FromBytes(name.AsSpan(..^1)), Errno.None, errno);
        }
    }

    /// <summary>What a thread throws is thrown again when all have ended.</summary>
    private void Guarded(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // Kept and thrown again by Run().
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    private static byte[] NameOf(int thread) => BytePath.ToBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Scratch.Prefix}{thread}"));

    /// <summary>The mask of this process (proc(5), status), without changing it.</summary>
    private static uint ReadUmask()
    {
        const string Field = "Umask:";
        string? line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(text => text.StartsWith(Field, StringComparison.Ordinal));
        return line is null ? 0 : Convert.ToUInt32(line[Field.Length..].Trim(), 8);
    }
}
