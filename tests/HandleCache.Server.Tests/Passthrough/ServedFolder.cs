using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>A temp folder served to a test that plays the kernel.</summary>
internal sealed class ServedFolder : IDisposable
{
    public ServedFolder(PassthroughOptions? options = null, SessionOptions? session = null)
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        Path = Directory.CreateTempSubdirectory("handlecache-").FullName;
        try
        {
            FileSystem = new PassthroughFileSystem(Path, options ?? new PassthroughOptions());
        }
        catch (HandlesNotSupportedException e)
        {
            Directory.Delete(Path);
            Assert.Skip(e.Message);
        }

        Client = new FuseClient(FileSystem, session);
    }

    public string Path { get; }

    public PassthroughFileSystem FileSystem { get; } = null!;

    public FuseClient Client { get; }

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public Statx StatxOf(string name)
    {
        Errno errno = Metadata.Statx(FileDescriptor.WorkingDirectory,
            CString.FromString(System.IO.Path.Combine(Path, name)), AtFlags.SymlinkNoFollow,
            StatxMask.BasicStats, out Statx statx);
        Assert.Equal(Errno.None, errno);
        return statx;
    }

    public void Dispose()
    {
        Client.Dispose();
        FileSystem.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
