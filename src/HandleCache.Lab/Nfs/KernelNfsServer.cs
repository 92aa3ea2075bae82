using System.Globalization;
using HandleCache.Linux;

namespace HandleCache.Lab.Nfs;

/// <summary>
/// The kernel's own NFS server (fs/nfsd) with one export as the root of version 4, and this
/// machine as its only client. What rpc.mountd would answer is written into the kernel's caches
/// beforehand (fs/nfsd/export.c, net/sunrpc/svcauth_unix.c), so neither daemons nor a port mapper
/// are needed.
/// </summary>
internal sealed class KernelNfsServer : IDisposable
{
    public const string Address = "127.0.0.1";

    private const string Control = "/proc/fs/nfsd";
    private const string Leases = "/proc/sys/fs/leases-enable";
    private const string Caches = "/proc/net/rpc";
    private const string Client = "handlecache";

    /// <summary>Seconds since 1970: cache entries end with the guest.</summary>
    private const int Never = int.MaxValue;

    // include/uapi/linux/nfsd/export.h
    private const int InsecurePort = 0x2;
    private const int NoSubtreeCheck = 0x400;
    private const int FsidGiven = 0x2000;

    private KernelNfsServer()
    {
    }

    /// <summary>Whether a client of version 4 lives on this machine (fs/nfs/client.c).</summary>
    public static bool HasClient => File.ReadLines("/proc/fs/nfsfs/servers")
        .Any(line => line.StartsWith("v4", StringComparison.Ordinal));

    /// <summary>Starts it with nothing exported.</summary>
    /// <exception cref="MissingRequirementException">
    /// The kernel has no NFS server or client of version 4.
    /// </exception>
    /// <exception cref="IOException">The kernel refused something.</exception>
    public static KernelNfsServer Start(int threads = 4)
    {
        string[] types = File.ReadAllLines("/proc/filesystems");
        foreach (string type in new[] { "nfsd", "nfs4" })
        {
            if (!types.Any(line => line.Split('\t')[^1] == type))
                throw new MissingRequirementException($"this kernel has no {type}");
        }

        if (!File.Exists(Path.Combine(Control, "threads")))
            Mounts.MountKernelTree("nfsd", Control);
        if (Read("threads") != "0")
            throw new BadInputException("this machine serves NFS already");
        foreach (string version in new[] { "-2", "-3", "+4", "+4.2" })
            TryWrite(Path.Combine(Control, "versions"), version);

        // Version 3 asks a port mapper, which is not there.
        string versions = Read("versions");
        if (versions.Contains("+3", StringComparison.Ordinal)
            || versions.Contains("+2", StringComparison.Ordinal)
            || !versions.Contains("+4.2", StringComparison.Ordinal))
        {
            throw new MissingRequirementException(
                $"this kernel's NFS server does not serve version 4.2 alone: {versions}");
        }

        // A client that was given a delegation keeps the server's inode in use as long as it likes,
        // and what is evicted could not be counted.
        TryWrite(Leases, "0");
        Write(Path.Combine(Control, "nfsv4gracetime"), "10");
        Write(Path.Combine(Control, "portlist"), "tcp 2049");
        Write(Path.Combine(Control, "threads"), threads.ToString(CultureInfo.InvariantCulture));

        // EBUSY: there is no grace, since no client is remembered from before.
        TryWrite(Path.Combine(Control, "v4_end_grace"), "Y");
        return new KernelNfsServer();
    }

    /// <summary>Exports a directory as the root, whatever was exported before.</summary>
    public static void Export(string path)
    {
        // A flush drops what is older than the time written to it.
        string now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(
            CultureInfo.InvariantCulture);
        foreach (string cache in new[] { "nfsd.fh", "nfsd.export", "auth.unix.ip" })
            Write(Path.Combine(Caches, cache, "flush"), now);
        int flags = InsecurePort | NoSubtreeCheck | FsidGiven;
        Tell("auth.unix.ip", $"nfsd {Address} {Never} {Client}");
        Tell("nfsd.export", $"{Client} {path} {Never} {flags} 65534 65534 0");

        // FSID_NUM: the handle names its export by the number 0, which also means the root.
        Tell("nfsd.fh", $"{Client} 1 \\x00000000 {Never} {path}");
    }

    /// <summary>Ends all threads and listens no more; what clients have open is closed.
    /// </summary>
    public static void Stop() => Write(Path.Combine(Control, "threads"), "0");

    public void Dispose()
    {
        TryWrite(Path.Combine(Control, "threads"), "0");
        TryWrite(Leases, "1");
    }

    private static string Read(string name) =>
        File.ReadAllText(Path.Combine(Control, name)).Trim();

    /// <summary>One record of a cache (Documentation/filesystems/nfs/rpc-cache.rst).</summary>
    private static void Tell(string cache, string record) =>
        Write(Path.Combine(Caches, cache, "channel"), record);

    /// <summary>One write(2): the kernel takes each as a whole.</summary>
    private static void Write(string path, string text)
    {
        using FileStream file = new(
            path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text + '\n'));
        }
        catch (IOException e)
        {
            throw new IOException($"{path}: '{text}': {e.Message}", e);
        }
    }

    private static void TryWrite(string path, string text)
    {
        try
        {
            Write(path, text);
        }
        catch (IOException)
        {
            // Whether it matters is seen by what is read back.
        }
    }
}
