using System.Diagnostics;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>The child's side: does what each request says, one after the other.</summary>
public sealed class WorkloadServer : IDisposable
{
    private readonly List<FileDescriptor> _held = [];
    private ScriptClient? _script;

    /// <summary>Serves lines until the input ends or QUIT.</summary>
    public void Serve(TextReader input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);

        // Interrupts a system call and does nothing else.
        using PosixSignalRegistration heeded = PosixSignalRegistration.Create(
            (PosixSignal)Processes.User1, signal => signal.Cancel = true);
        bool isOver = false;
        while (!isOver && input.ReadLine() is { } line)
        {
            WorkloadReply reply;
            try
            {
                WorkloadRequest request = WorkloadJson.ReadRequest(line);
                isOver = request is QuitRequest;
                reply = Answer(request);
            }
            catch (Exception e) when (e is LabException or IOException)
            {
                reply = new FailureReply(e.Message);
            }

            output.WriteLine(WorkloadJson.ToLine(reply));
            output.Flush();
        }
    }

    /// <summary>Carries out one request.</summary>
    /// <exception cref="BadInputException">A value out of range, a root that is none.</exception>
    public WorkloadReply Answer(WorkloadRequest request)
    {
        switch (request)
        {
            case RunRequest run:
                return WorkloadRun.Run(run);
            case WalkRequest walk:
                using (FileDescriptor root = OpenRoot(walk.Root))
                    return TreeWalk.Walk(root);
            case HandlesRequest handles:
                using (FileDescriptor root = OpenRoot(handles.Root))
                    return HandleCalls.Get(root, handles);
            case OpenHandlesRequest open:
                using (FileDescriptor root = OpenRoot(open.Root))
                    return HandleCalls.Open(root, open);
            case HoldRequest hold:
                using (FileDescriptor root = OpenRoot(hold.Root))
                    return new PathsReply([.. hold.Paths.Select(path => Hold(root, path))]);
            case UnlinkRequest unlink:
                using (FileDescriptor root = OpenRoot(unlink.Root))
                    return new PathsReply([.. unlink.Paths.Select(path => Unlink(root, path))]);
            case BeginScriptRequest begin:
                EndScript();
                _script = new ScriptClient(begin.Root);
                return new DoneReply();
            case ScriptCallsRequest calls:
                return RunCalls(calls);
            case EndScriptRequest:
                EndScript();
                return new DoneReply();
            case ReleaseRequest or QuitRequest:
                Dispose();
                return new DoneReply();
            default:
                throw new BadInputException($"unknown request {request.GetType().Name}");
        }
    }

    /// <summary>Closes what is held open.</summary>
    public void Dispose()
    {
        foreach (FileDescriptor held in _held)
            held.Dispose();
        _held.Clear();
        EndScript();
    }

    private void EndScript()
    {
        _script?.Dispose();
        _script = null;
    }

    private ScriptResultsReply RunCalls(ScriptCallsRequest request)
    {
        ScriptClient script = _script ?? throw new BadInputException("no script has begun");
        List<VfsResult> results = [];
        Stopwatch busy = new();
        foreach (VfsCall call in request.Calls)
        {
            if (call.Kind != VfsCallKind.Sleep)
                busy.Start();
            results.Add(script.Run(call));
            busy.Stop();
        }

        return new ScriptResultsReply(results, (long)busy.Elapsed.TotalMicroseconds);
    }

    /// <summary>A readable descriptor of the root directory, of which paths start.</summary>
    internal static FileDescriptor OpenRoot(string root) =>
        Files.OpenAt(
            FileDescriptor.WorkingDirectory,
            BytePath.ToBytes(root),
            OpenFlags.ReadOnly | OpenFlags.Directory,
            0,
            out Errno errno)
        ?? throw new BadInputException($"cannot open the directory {root}: {errno}");

    internal static string? NameOf(Errno errno) => errno == Errno.None ? null : errno.ToString();

    private PathResult Hold(FileDescriptor root, string path)
    {
        byte[] name = path.Length == 0 ? ".\0"u8.ToArray() : BytePath.ToBytes(path);
        int flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock;
        FileDescriptor? fd = Files.OpenAt(root, name, flags, 0, out Errno errno);
        if (errno is Errno.ELOOP or Errno.ENXIO)
        {
            fd = Files.OpenAt(
                root, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out errno);
        }

        if (fd is not null)
            _held.Add(fd);
        return new PathResult(path, NameOf(errno));
    }

    private static PathResult Unlink(FileDescriptor root, string path)
    {
        byte[] name = BytePath.ToBytes(path);
        Errno errno = Names.Unlink(root, name, 0);
        if (errno == Errno.EISDIR)
            errno = Names.Unlink(root, name, AtFlags.RemoveDir);
        return new PathResult(path, NameOf(errno));
    }
}
