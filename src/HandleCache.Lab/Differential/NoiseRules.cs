using System.Runtime.CompilerServices;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Scripted;

namespace HandleCache.Lab.Differential;

/// <summary>
/// What the real kernel sends that says nothing about the rules under test. Every exception the
/// comparison makes is one of these:
/// <list type="table">
/// <listheader><term>rule</term><description>what is left out, and why</description></listheader>
/// <item><term>session</term><description>INIT, DESTROY, INTERRUPT and NOTIFY_REPLY belong to the
/// mount and to closing the channel, not to a script's calls.</description></item>
/// <item><term>forget-order</term><description>FORGETs are compared as a set of (nodeid, count)
/// between two quiet moments: whether one is read before or after a request that was queued at the
/// same time depends on when the server's read happened to sleep (R3).</description></item>
/// <item><term>security-xattr</term><description>GETXATTR of "security.*" is capabilities and LSMs
/// asking (cap_inode_need_killpriv()), depends on S_NOSEC and on how the kernel was built, and
/// changes no state here: the server answers ENODATA without counting it.</description></item>
/// <item><term>root-acl</term><description>GETXATTR of the root's system.posix_acl_access: the
/// root is made before FUSE_POSIX_ACL is agreed on, with ACL_DONT_CACHE; whether
/// forget_cached_acl() ends that, so that the answer is cached from then on, differs between
/// stable releases of one version (fs/posix_acl.c, a fix of 2026). The server has no list for the
/// root and answers without counting. Who asks waits meanwhile: a step of two callers that differs
/// is run again with a root of the other kind.</description></item>
/// <item><term>lock-owner</term><description>lock_owner is a scrambled pointer of the caller's
/// files_struct (fuse_lock_owner_id()).</description></item>
/// <item><term>caller</term><description>unique and pid of the head and the umask fields are the
/// caller's, not the model's.</description></item>
/// <item><term>cached-read</term><description>READ through the page cache is readahead's choice of
/// offset and length; without FOPEN_DIRECT_IO, READs are left out on both sides, and the data of
/// such a read are not compared (the model keeps no data).</description></item>
/// <item><term>close-errno</term><description>The result of close(2) is dropped: the client closes
/// through a SafeHandle, which does not tell it.</description></item>
/// <item><term>two-trees</term><description>where the passthrough file system serves, each side
/// has a tree of its own on the disk: inode numbers, times and allocated blocks are those of the
/// disk, not the kernel's doing.</description></item>
/// <item><term>reclaim</term><description>a script that differs while the kernel's shrinkers ran
/// (<see cref="ReclaimWatch"/>) is run again: dentries nobody uses may be freed at any time for
/// reasons outside the mount, such as another program's drop_caches, and their FORGETs
/// follow. A drop_caches during a sleep is made in the model, too, since nothing that is unused
/// outlives it, and the script goes on.</description></item>
/// <item><term>rcu-walk</term><description>a script in which a call ends with ELOOP after a
/// different number of READLINKs is run again: a path walk that has to leave RCU mode while
/// somebody mounts or renames anywhere starts again, and the symlinks it has followed stay
/// counted (reserve_stack(), try_to_unlazy(), fs/namei.c). One that differs so in every run
/// diverges.</description></item>
/// <item><term>lock-race</term><description>a script in which a step of two callers leaves one
/// of them elsewhere than in the model is run again: who is woken for a lock and who asks for it
/// again at that moment race (kernel/locking/rwsem.c, lock stealing). One that differs so in
/// every run diverges.</description></item>
/// <item><term>clock</term><description>a script with finite validities whose calls between two
/// sleeps took so long that one may have ended is run again with longer ones: the model's
/// clock stands still between sleeps.</description></item>
/// </list>
/// </summary>
public static class NoiseRules
{
    /// <summary>
    /// A request as it is compared, in today's form; null where it is left out. FORGETs are the
    /// ledger's. The handle that it brings is compared where no bridge is between.
    /// </summary>
    public static ScriptRequest? Normalize(
        ReadOnlySpan<byte> message, bool dropsReads, Dialect dialect, bool withHandle = false)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        if (!FuseRequest.TryParse(message, out FuseRequest spoken, out _)
            || dialect.ReadRequest(spoken, out WireRequest request).IsError)
        {
            return new ScriptRequest(0, 0, message.ToArray());
        }

        Operation operation = Operation.Of(request.Opcode);
        if (!operation.NamesAnInode || (dropsReads && request.Opcode == FuseOpcode.FUSE_READ)
            || IsProbe(request))
        {
            return null;
        }

        byte[] body = request.Body.ToArray();
        operation.Caller.Clear(body);
        return new ScriptRequest(request.Opcode, request.Header.nodeid, body)
        {
            Uid = request.Header.uid,
            Gid = request.Header.gid,
            Handle = withHandle && !request.Handle.IsNone
                ? $"{request.Handle.Type:x}:{Convert.ToHexStringLower(request.Handle.Bytes)}"
                : "",
        };
    }

    /// <summary>
    /// "rcu-walk": the streams of one call differ in the number of READLINKs alone.
    /// </summary>
    public static bool IsRestartedWalk(
        VfsResult fromModel, IReadOnlyList<ScriptRequest> real, IReadOnlyList<ScriptRequest> model)
    {
        ArgumentNullException.ThrowIfNull(fromModel);
        return fromModel.Errno == (int)Errno.ELOOP
            && WithoutLinks(real).SequenceEqual(WithoutLinks(model));
    }

    private static IEnumerable<ScriptRequest> WithoutLinks(IEnumerable<ScriptRequest> requests) =>
        requests.Where(request => request.Opcode != FuseOpcode.FUSE_READLINK);

    /// <summary>A result as it is compared: "close-errno", "cached-read" and "two-trees".</summary>
    public static string Show(VfsCall call, VfsResult result, bool isPassthrough)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(result);
        if (call.Meanwhile is { } other && result.Meanwhile is { } otherResult)
        {
            VfsResult own = result with { Meanwhile = null };
            return Show(call with { Meanwhile = null }, own, isPassthrough)
                + " meanwhile " + Show(other, otherResult, isPassthrough);
        }

        if (call.Kind == VfsCallKind.Close)
            return "done";
        if (call.Kind == VfsCallKind.Read)
            result = result with { Data = "" };
        if (!isPassthrough)
            return result.ToString();
        return (result with
        {
            Stat = result.Stat is { } stat
                ? stat with
                {
                    Ino = 0,
                    Blocks = 0,
                    ATime = default,
                    MTime = default,
                    CTime = default,
                }
                : null,
            Names = [.. result.Names.Select(WithoutIno)],
        }).ToString();
    }

    /// <summary>"name ino type" without the number.</summary>
    private static string WithoutIno(string record)
    {
        int type = record.LastIndexOf(' ');
        int ino = record.LastIndexOf(' ', type - 1);
        return record[..ino] + record[type..];
    }

    /// <summary>
    /// "security-xattr" and "root-acl": GETXATTR of a name behind fuse_getxattr_in.
    /// </summary>
    private static bool IsProbe(in WireRequest request) =>
        request.Opcode == FuseOpcode.FUSE_GETXATTR
        && request.Body.Length > Unsafe.SizeOf<fuse_getxattr_in>()
        && ScriptFileSystem.IsProbe(
            request.Header.nodeid, request.Body[Unsafe.SizeOf<fuse_getxattr_in>()..]);
}
