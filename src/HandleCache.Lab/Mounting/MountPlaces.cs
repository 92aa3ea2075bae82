using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Mounting;

/// <summary>Checks what <c>mount</c> is told before anything is mounted.</summary>
internal static class MountPlaces
{
    /// <summary>The commonest type (include/linux/exportfs.h).</summary>
    private const uint FileIdIno32Gen = 1;

    /// <exception cref="BadInputException">No such directory, or a value out of range.</exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    public static void Check(MountOptions options)
    {
        if (!(options.TimeoutSeconds is >= 0 and <= 86400))
            throw new BadInputException("--timeout: 0 to 86400 seconds");
        if (options.Workers is < 1 or > 64)
            throw new BadInputException("--workers: 1 to 64");
        if (options.Keep)
            RequireHandles(options.Dialect);
        RequireHandleType(options.Dialect);
        if (options.ReadDirPlus == ReadDirPlusMode.On && options.Dialect.ListsWithoutAttributes)
        {
            throw new BadInputException(
                $"--readdirplus on: entries of {options.Dialect.Name} have no attributes, "
                + "which today's kernel needs");
        }

        if (options is { Backing: BackingMode.On, WhyNotBacking: { } reason })
            throw new BadInputException($"--backing on goes without {reason}");
        RequireUnserved(options.MountPoint, options.Driver);
        RequireDirectory("SOURCE", options.Source);
        RequireDirectory("MOUNTPOINT", options.MountPoint);
        if (options.Stateless)
            RequireWholeFileSystem(options.Source);
        if (Credentials.WhyNotMountFuse(options.Driver) is { } mount)
            throw new MissingRequirementException(mount);
        if (Credentials.WhyNotOpenByHandle() is { } open)
            throw new MissingRequirementException(open);
        if (options.Channel == MountChannel.Ring && FuseConnection.WhyNotOverIoUring() is { } ring)
            throw new MissingRequirementException(ring);
        if (options.Channel == MountChannel.Ring && options.Keep)
        {
            // fuse_resend() goes through the lists of the devices (fs/fuse/dev.c); a ring's queues
            // have lists of their own (fuse_uring_add_to_pq(), fs/fuse/dev_uring.c).
            throw new BadInputException(
                "--channel ring goes without --keep: the kernel does not send again what a ring "
                + "has taken");
        }
    }

    /// <summary>The file system of a checked source.</summary>
    /// <exception cref="BadInputException">
    /// It has no file handles; says which ones have.
    /// </exception>
    public static PassthroughFileSystem Serve(MountOptions options, PassthroughOptions passthrough)
    {
        PassthroughFileSystem served;
        try
        {
            served = new PassthroughFileSystem(options.Source, passthrough);
        }
        catch (IOException e)
        {
            throw CannotServe(e);
        }

        if (!options.Stateless || served.IsStateless)
            return served;
        served.Dispose();
        throw new BadInputException(
            "--stateless: handles of this file system do not fit a nodeid (ext4's, xfs's and "
            + "tmpfs's do): use --export, whose handles last as long as the mount");
    }

    /// <summary>
    /// A handle reaches any object of its file system, and whoever may open by handle on the
    /// mount can make one up: so all of it must be what is served.
    /// </summary>
    private static void RequireWholeFileSystem(string source)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (MountInfo.Find(path.Length == 0 ? "/" : path) is not { Root: "/" })
        {
            throw new BadInputException(
                $"--stateless: {path} is not a whole file system, but a directory of one: handles "
                + "would reach beyond it");
        }
    }

    /// <summary>
    /// Bad input, unless it is a right that is missing: who is root in a user namespace alone has
    /// the capability there, and the kernel asks for that of the machine (may_decode_fh(),
    /// fs/fhandle.c).
    /// </summary>
    public static LabException CannotServe(IOException e) =>
        e is LinuxException { Errno: Errno.EPERM }
            ? new MissingRequirementException(
                $"{e.Message}: opening by handle needs CAP_DAC_READ_SEARCH of the machine, which "
                + "a user namespace or container has not: run the command outside of it", e)
            : new BadInputException(e.Message, e);

    public static PassthroughOptions PassthroughOf(MountOptions options) => new()
    {
        EntryValid = TimeSpan.FromSeconds(options.TimeoutSeconds),
        AttributeValid = TimeSpan.FromSeconds(options.TimeoutSeconds),
        Generation = options.Generation,
        Forgotten = options.Stateless ? ForgottenHandles.Stateless
            : options.Export ? ForgottenHandles.Remember
            : ForgottenHandles.Drop,
    };

    /// <summary>
    /// Unmounting takes the topmost mount of a path: of two servers on one mount point the one
    /// that ends first would take the other's away and leave its own.
    /// </summary>
    private static void RequireUnserved(string mountPoint, FuseDriver driver)
    {
        string path = Path.GetFullPath(mountPoint);
        string type = MountInfo.Find(path)?.FileSystemType ?? "";
        if (type.StartsWith("fuse", StringComparison.Ordinal)
            || type.StartsWith(driver.Type, StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"MOUNTPOINT: {path} is a FUSE mount already; umount -l {path} takes it away");
        }
    }

    /// <exception cref="BadInputException">
    /// The dialect has no handles, or makes and opens files apart.
    /// </exception>
    public static void RequireHandles(Dialect dialect)
    {
        if (!dialect.CarriesHandles)
        {
            throw new BadInputException(
                $"--dialect: {dialect.Name} has no handles for a keeper to recover by");
        }

        if (dialect.Lacks(FuseOpcode.FUSE_CREATE))
        {
            throw new BadInputException(
                $"--dialect: {dialect.Name} has no CREATE, by which a keeper knows open files");
        }
    }

    /// <summary>
    /// open_by_handle_at(2) takes a handle's type beside its bytes: a server of a real tree
    /// cannot do without.
    /// </summary>
    /// <exception cref="BadInputException">The dialect has handles, and no type.</exception>
    public static void RequireHandleType(Dialect dialect)
    {
        if (dialect.CarriesHandles && !dialect.CarriesHandleType(FileIdIno32Gen))
        {
            throw new BadInputException(
                $"--dialect: {dialect.Name} carries no handle type, which open_by_handle_at needs");
        }
    }

    private static void RequireDirectory(string what, string path)
    {
        if (File.Exists(path))
            throw new BadInputException($"{what}: {path} is not a directory");
        if (!Directory.Exists(path))
            throw new BadInputException($"{what}: {path}: no such directory");
    }
}
