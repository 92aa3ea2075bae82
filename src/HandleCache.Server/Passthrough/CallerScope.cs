using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// While it lasts, what this thread makes in the source belongs to the caller of the request
/// and is made under his umask; the source itself weighs the umask against a default ACL of the
/// directory. Whether he may make it was judged by the kernel (default_permissions), who knows
/// all his groups; so capabilities are kept and the source does not judge again.
/// </summary>
internal ref struct CallerScope
{
    private FileSystemIdentity _identity;

    public CallerScope(uint uid, uint gid, uint umask, ThreadUmask thread)
    {
        bool other = uid != Credentials.EffectiveUserId || gid != Credentials.EffectiveGroupId;
        _identity = other ? FileSystemIdentity.AssumeKeepingCapabilities(uid, gid) : default;
        thread.Set(umask & FileModes.AccessMask);
    }

    public void Dispose() => _identity.Dispose();

    /// <summary>
    /// The umask of one thread, its own from the first use on (CLONE_FS). It stays as the last
    /// caller's, which the next one mostly shares: nothing else on these threads makes files.
    /// </summary>
    internal sealed class ThreadUmask
    {
        private uint? _umask;

        public void Set(uint umask)
        {
            if (_umask == umask)
                return;
            if (_umask is null)
                MountNamespace.UnshareFileSystemState();
            Credentials.Umask(umask);
            _umask = umask;
        }
    }
}
