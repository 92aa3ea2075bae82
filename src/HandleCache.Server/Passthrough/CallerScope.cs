using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// While it lasts, what this thread makes in the source belongs to the caller of the request
/// and is made under his umask; the source itself weighs the umask against a default ACL of the
/// directory. Whether he may make it was judged by the kernel (default_permissions), who knows
/// all his groups; so capabilities are kept and the source does not judge again.
/// </summary>
internal ref struct CallerScope
{
    private readonly uint _oldUmask;
    private FileSystemIdentity _identity;

    public CallerScope(uint uid, uint gid, uint umask)
    {
        bool other = uid != Credentials.EffectiveUserId || gid != Credentials.EffectiveGroupId;
        _identity = other ? FileSystemIdentity.AssumeKeepingCapabilities(uid, gid) : default;
        _oldUmask = Credentials.Umask(umask & 0x1FF);
    }

    public void Dispose()
    {
        Credentials.Umask(_oldUmask);
        _identity.Dispose();
    }
}
