using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Calls on what an O_PATH descriptor names.</summary>
public sealed partial class ScriptClient
{
    private VfsResult OnObject(VfsCall call)
    {
        using FileDescriptor? fd = Files.OpenAt(
            _root, Name(call.Path), OpenFlags.Path | OpenFlags.NoFollow, 0, out Errno errno);
        if (fd is null)
            return Status(errno);
        switch (call.Kind)
        {
            case VfsCallKind.ChMod:
                return Status(Metadata.ChangeMode(fd, call.Mode));
            case VfsCallKind.ChOwn:
                return Status(Metadata.ChangeOwner(
                    fd, call.Owner ?? uint.MaxValue, call.Mode));
            case VfsCallKind.Truncate:
                return Status(Files.TruncatePathFd(fd, call.Size));
            case VfsCallKind.UTimes:
                TimeSpec time = new(call.Size, 0);
                return Status(Metadata.SetTimes(fd, time, time));
            case VfsCallKind.GetXattr:
                return Sized(
                    Xattrs.Get(fd, Name(call.Path2), _buffer.AsSpan(0, call.Size)), call.Size);
            case VfsCallKind.SetXattr:
                return Status(Xattrs.Set(
                    fd, Name(call.Path2), ModelKernel.Pattern(call.Size, call.Offset), call.Flags));
            case VfsCallKind.ListXattr:
                return Sized(Xattrs.List(fd, _buffer.AsSpan(0, call.Size)), call.Size);
            case VfsCallKind.RemoveXattr:
                return Status(Xattrs.Remove(fd, Name(call.Path2)));
            case VfsCallKind.StatFs:
                errno = Metadata.StatFs(fd, out StatFs stat);
                return new VfsResult((int)errno, errno == Errno.None ? (long)stat.Blocks : 0);
            default:
                throw new BadInputException($"{call.Kind} is no system call");
        }
    }

    private VfsResult Sized(SysResult result, int room) => Count(result) with
    {
        Data = room > 0 ? Convert.ToHexStringLower(_buffer.AsSpan(0, (int)result.Value)) : "",
    };
}
