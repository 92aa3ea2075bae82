namespace HandleCache.Linux.Native;

/// <summary>Keeps a descriptor open while its bare number is in use.</summary>
internal readonly ref struct DescriptorScope
{
    private readonly FileDescriptor _fd;

    public DescriptorScope(FileDescriptor fd)
    {
        bool added = false;
        fd.DangerousAddRef(ref added);
        _fd = fd;
    }

    public void Dispose() => _fd.DangerousRelease();
}
