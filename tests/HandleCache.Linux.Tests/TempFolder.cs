using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

/// <summary>A folder of its own, with an open descriptor, removed with all it holds.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("handlecache-").FullName;
        Descriptor = Files.Open(Path, OpenFlags.Directory);
    }

    public string Path { get; }

    public FileDescriptor Descriptor { get; }

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public FileDescriptor OpenPath(string name)
    {
        FileDescriptor? fd = Files.OpenAt(Descriptor, CString.FromString(name),
            OpenFlags.Path | OpenFlags.NoFollow, 0, out Errno errno);
        Assert.Equal(Errno.None, errno);
        return fd!;
    }

    public FileDescriptor Open(string name, int flags, uint mode = 0)
    {
        FileDescriptor? fd =
            Files.OpenAt(Descriptor, CString.FromString(name), flags, mode, out Errno errno);
        Assert.Equal(Errno.None, errno);
        return fd!;
    }

    public void Dispose()
    {
        Descriptor.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
