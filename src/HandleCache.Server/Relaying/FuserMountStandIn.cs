using System.Globalization;
using System.Text;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Relaying;

/// <summary>
/// For servers that want to mount by themselves: they are started in a mount namespace of their
/// own, without CAP_SYS_ADMIN, so that mount(2) fails and they ask fusermount, as for any user
/// that is not root (fuse_mount_sys(), libfuse: EPERM). Over fusermount and its kin this
/// program lies there, which sends them the socket where the other sends /dev/fuse
/// (_FUSE_COMMFD). Needs root, and unshare, setpriv and mount of util-linux.
/// </summary>
public sealed class FuserMountStandIn : MountStandIn
{
    /// <summary>The hidden command that stands in for fusermount.</summary>
    public const string CommandName = "fusermount-stand-in";

    /// <summary>
    /// go-fuse opens this below its mount point before it serves (pollHack()). Not there before:
    /// libfuse 2 mounts on an empty directory alone.
    /// </summary>
    private const string PolledName = ".go-fuse-epoll-hack";

    private const string AskedVariable = "_FUSE_COMMFD";

    /// <summary>
    /// $1 the folder of the stand-ins, then the server. A bind mount over what PATH and libfuse's
    /// built-in path name; where there is no fusermount, PATH finds the stand-in.
    /// </summary>
    private const string Script = """
        folder=$1; shift
        for name in fusermount fusermount3 mergerfs-fusermount; do
          for at in /bin /usr/bin /usr/local/bin; do
            [ -e "$at/$name" ] && mount --bind "$folder/$name" "$at/$name"
          done
        done
        PATH=$folder:$PATH
        exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$@"
        """;

    /// <summary>As the script has them.</summary>
    private static readonly string[] Names =
        ["fusermount", "fusermount3", "mergerfs-fusermount"];

    private readonly string _own;
    private readonly DirectoryInfo _folder =
        Directory.CreateTempSubdirectory("handlecache-fusermount-");

    /// <exception cref="IOException">This program does not know its own path.</exception>
    public FuserMountStandIn()
    {
        MountPoint = _folder.CreateSubdirectory("mnt").FullName;
        (string program, string? assembly) = OwnProgram.Find();
        _own = assembly is null ? $"'{program}'" : $"'{program}' '{assembly}'";
    }

    /// <summary>
    /// The command that starts a server so. The stand-in inherits the socket from the server, and
    /// its number stands in its script: go-fuse gives fusermount an empty environment.
    /// </summary>
    internal override IReadOnlyList<string> Wrap(
        IEnumerable<string> command, PacketSocket socket)
    {
        // An earlier server's.
        File.Delete(Path.Combine(MountPoint, PolledName));
        string script = string.Create(
            CultureInfo.InvariantCulture,
            $"#!/bin/sh\nexec {_own} {CommandName} {socket.Descriptor.Number} -- \"$@\"\n");
        foreach (string name in Names)
        {
            using FileDescriptor file = Files.Open(
                Path.Combine(_folder.FullName, name),
                OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate
                    | OpenFlags.CloseOnExec,
                FileModes.Octal700);
            Files.Write(file, Encoding.UTF8.GetBytes(script));
        }

        return
        [
            "unshare", "--mount", "--propagation", "private", "--", "sh", "-c", Script, "sh",
            _folder.FullName, .. command,
        ];
    }

    /// <summary>
    /// What the stand-in does: sends the socket to who asks for a mount, and nothing for an
    /// unmount. An error in words; null for none.
    /// </summary>
    /// <param name="socket">The number of the descriptor that is handed over.</param>
    /// <param name="arguments">As fusermount gets them.</param>
    public static string? Run(int socket, IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments.Any(word => word is "-u" or "--unmount" or "-V" or "--version"))
            return null;
        bool isAsked = int.TryParse(
            Environment.GetEnvironmentVariable(AskedVariable), NumberStyles.None,
            CultureInfo.InvariantCulture, out int asked);
        if (!isAsked)
            return $"{AskedVariable} is not set: who mounts does not speak fusermount's protocol";
        using PacketSocket caller = PacketSocket.Adopt(FileDescriptor.Own(asked));
        using FileDescriptor handed = FileDescriptor.Own(socket);
        if (arguments.LastOrDefault(Directory.Exists) is { } mountPoint)
            File.WriteAllBytes(Path.Combine(mountPoint, PolledName), []);
        SysResult sent = caller.Send([0], descriptors: [handed]);
        return sent.Failed ? $"the server takes no descriptor: {sent.Errno}" : null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _folder.Delete(recursive: true);
    }
}
