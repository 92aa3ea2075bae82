using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>
/// One script on a server that may have had others: in a directory of its own, which it leaves
/// empty and removes; where the server lets nothing be made, among the names that are there.
/// </summary>
internal sealed class DriveScriptRun(DriveRig rig, DirectoryTruth? truth, int number)
{
    private const int MostNames = 8;
    private const int MostDepth = 40;

    private string _directory = $"drive-{number}";
    private string[] _names = [];

    /// <summary>The step that is under way; as many as there are steps when all are done.</summary>
    public int At { get; private set; }

    /// <exception cref="RuleBrokenException">A rule was broken.</exception>
    public void Run(IReadOnlyList<DriveStep> steps)
    {
        Begin();
        for (At = 0; At < steps.Count; At++)
        {
            DriveStep step = Placed(steps[At]);
            VfsResult? result = rig.Run(step);
            bool isAlone = step.Call is { Kind: VfsCallKind.Stat, Meanwhile: null, Uid: 0 };
            if (truth is not null && isAlone && step.Call is { } call)
                truth.CompareStat(rig, call, result!);
        }

        for (int slot = 0; slot < ModelKernel.FileSlots; slot++)
        {
            if (rig.Kernel.IsOpen(slot))
                rig.Run(new VfsCall(VfsCallKind.Close) { Slot = slot });
        }

        // READDIRPLUS brings entries of what is still cached, which must be the same objects.
        List(_directory.Length > 0 ? _directory : ".");
        rig.Reclaim();
        truth?.CompareTree(rig, _directory);
        if (_directory.Length > 0)
            Remove(_directory, 0);
        rig.Reclaim();
    }

    /// <summary>Where the script works, and the mount's root for open_by_handle_at.</summary>
    private void Begin()
    {
        VfsCall make = new(VfsCallKind.MkDir) { Path = _directory, Mode = FileModes.Octal755 };
        VfsResult made = rig.Run(make);
        if (made.Errno == (int)Errno.EEXIST)
        {
            Remove(_directory, 0);
            made = rig.Run(make);
        }

        if (made.Errno != 0)
        {
            _directory = "";
            _names = [.. List(".").Take(MostNames)];
        }

        rig.Run(Differential.ScriptGenerator.MountRoot);
    }

    private IEnumerable<string> List(string path)
    {
        const int Slot = 0;
        rig.Run(new VfsCall(VfsCallKind.Open)
        {
            Path = path,
            Slot = Slot,
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        });
        VfsResult listing = rig.Run(
            new VfsCall(VfsCallKind.ReadDir) { Slot = Slot, Size = 1 << 15 });
        rig.Run(new VfsCall(VfsCallKind.Close) { Slot = Slot });
        return DirectoryTruth.NamesIn(listing);
    }

    /// <summary>Takes a tree away; what the server does not let go stays.</summary>
    private void Remove(string path, int depth)
    {
        foreach (string name in List(path))
        {
            string below = $"{path}/{name}";
            VfsResult unlinked = rig.Run(new VfsCall(VfsCallKind.Unlink) { Path = below });
            if (unlinked.Errno is (int)Errno.EISDIR or (int)Errno.EPERM && depth < MostDepth)
                Remove(below, depth + 1);
        }

        // A script may have put something else in the place of its directory.
        VfsResult removed = rig.Run(new VfsCall(VfsCallKind.RmDir) { Path = path });
        if (removed.Errno == (int)Errno.ENOTDIR)
            rig.Run(new VfsCall(VfsCallKind.Unlink) { Path = path });
    }

    /// <summary>A step with its paths below the script's directory.</summary>
    private DriveStep Placed(DriveStep step)
    {
        return step.Call is { } call ? step with { Call = Placed(call) } : step;
    }

    private VfsCall Placed(VfsCall call)
    {
        bool hasTwo = call.Kind is VfsCallKind.Rename or VfsCallKind.Link;
        return call with
        {
            Path = Place(call.Path),
            Path2 = hasTwo ? Place(call.Path2) : call.Path2,
            Meanwhile = call.Meanwhile is { } other ? Placed(other) : null,
        };
    }

    private string Place(string path)
    {
        if (path.Length == 0)
            return path;
        if (_directory.Length > 0)
            return path == "." ? _directory : $"{_directory}/{path}";
        return _names.Length == 0
            ? path
            : string.Join('/', path.Split('/').Select(name => name.Length == 1 && name != "."
                ? _names[name[0] % _names.Length]
                : name));
    }
}
