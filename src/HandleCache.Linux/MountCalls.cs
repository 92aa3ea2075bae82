using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>A call of mount(2) that waits for an answer.</summary>
/// <param name="Id">The kernel's number of it.</param>
/// <param name="Type">The type of file system.</param>
/// <param name="Data">Its options, as text.</param>
public readonly record struct MountCall(ulong Id, string Type, string Data);

/// <summary>
/// Calls of mount(2) of another process, which it leaves to us: seccomp user notification
/// (Documentation/userspace-api/seccomp_filter.rst; Linux 5.9 for a descriptor given to it).
/// Not a sandbox: what is not answered goes on as it was called.
/// </summary>
public sealed unsafe class MountCalls : IDisposable
{
    private const long SetModeFilter = 1;
    private const long NewListener = 1 << 3;
    private const int NoNewPrivileges = 38;

    /// <summary>ioctls of uapi/linux/seccomp.h, with the sizes of their structs.</summary>
    private const uint NotifReceive = 0xC050_2100;
    private const uint NotifSend = 0xC018_2101;
    private const uint NotifAddFd = 0x4018_2103;
    private const int NotifBytes = 80;
    private const int ResponseBytes = 24;
    private const int AddFdBytes = 24;

    /// <summary>Of struct seccomp_notif: pid, and the arguments of the call, bytes.</summary>
    private const int PidAt = 8;
    private const int ArgumentsAt = 32;
    private const int TypeArgument = 2;
    private const int DataArgument = 4;

    private const uint FlagContinue = 1;
    private const uint FlagSetFd = 1;
    private const int MostText = 4096;

    /// <summary>fsopen: one number on every architecture since 5.2.</summary>
    private const uint FsOpen = 430;

    private readonly FileDescriptor _listener;

    /// <param name="listener">What <see cref="Install"/> gave, owned from here on.</param>
    public MountCalls(FileDescriptor listener) => _listener = listener;

    /// <summary>Readable with a call; hung up when no process is left that may make one.</summary>
    public FileDescriptor Descriptor => _listener;

    /// <summary>
    /// From here on mount(2) of the calling thread, and of the program that it becomes, waits for
    /// an answer; fsopen(2) is not there, so that who knows both uses mount(2). The listener.
    /// </summary>
    /// <exception cref="LinuxException">The kernel does not let it.</exception>
    public static FileDescriptor Install()
    {
        (uint arch, uint mount, long seccomp) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (0xC000_003Eu, 165u, 317L),
            Architecture.Arm64 => (0xC000_00B7u, 40u, 277L),
            _ => throw new LinuxException(Errno.ENOSYS, "seccomp on this architecture"),
        };

        // Classic BPF (uapi/linux/filter.h): code, jumps if true and false, operand.
        const ushort Load = 0x20;
        const ushort JumpEqual = 0x15;
        const ushort Return = 0x06;
        const uint NumberAt = 0;
        const uint ArchAt = 4;
        const uint Allow = 0x7FFF_0000;
        const uint Notify = 0x7FC0_0000;
        const uint Fail = 0x0005_0000;
        Span<(ushort Code, byte True, byte False, uint Operand)> program =
        [
            (Load, 0, 0, ArchAt),
            (JumpEqual, 0, 5, arch),
            (Load, 0, 0, NumberAt),
            (JumpEqual, 2, 0, mount),
            (JumpEqual, 0, 2, FsOpen),
            (Return, 0, 0, Fail | (uint)Errno.ENOSYS),
            (Return, 0, 0, Notify),
            (Return, 0, 0, Allow),
        ];
        byte* filter = stackalloc byte[program.Length * sizeof(ulong)];
        for (int i = 0; i < program.Length; i++)
        {
            (ushort code, byte whenTrue, byte whenFalse, uint operand) = program[i];
            ulong packed = code | ((ulong)whenTrue << 16) | ((ulong)whenFalse << 24)
                | ((ulong)operand << 32);
            ((ulong*)filter)[i] = packed;
        }

        // SAFETY: struct sock_fprog is a length and, 8 bytes on, the address of the program above.
        ulong* all = stackalloc ulong[2];
        all[0] = (ulong)program.Length;
        all[1] = (ulong)filter;
        Sys.Require(LibC.prctl(NoNewPrivileges, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
        long listener = LibC.syscall(seccomp, SetModeFilter, NewListener, all);
        Sys.Require(listener, "seccomp");
        return FileDescriptor.Own((int)listener);
    }

    /// <summary>The next call; false where the caller has gone meanwhile.</summary>
    public bool TryReceive(out MountCall call)
    {
        byte* notification = stackalloc byte[NotifBytes];
        new Span<byte>(notification, NotifBytes).Clear();
        call = default;

        // SAFETY: room for struct seccomp_notif, all zero as the kernel wants it.
        if (LibC.ioctl(_listener, NotifReceive, notification) < 0)
            return false;
        ReadOnlySpan<byte> all = new(notification, NotifBytes);
        int pid = BinaryPrimitives.ReadInt32LittleEndian(all[PidAt..]);
        using FileDescriptor? memory = Files.OpenAt(
            FileDescriptor.WorkingDirectory, CString.FromString($"/proc/{pid}/mem"),
            OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0, out _);
        if (memory is null)
            return false;
        call = new MountCall(
            BinaryPrimitives.ReadUInt64LittleEndian(all),
            Text(memory, all, TypeArgument), Text(memory, all, DataArgument));
        return true;
    }

    /// <summary>
    /// Puts a descriptor in the place of one that the caller has; ENOENT where he has gone.
    /// </summary>
    public Errno Replace(in MountCall call, FileDescriptor by, int number)
    {
        ArgumentNullException.ThrowIfNull(by);
        using DescriptorScope keep = new(by);
        byte* add = stackalloc byte[AddFdBytes];
        Span<byte> all = new(add, AddFdBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(all, call.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(all[8..], FlagSetFd);
        BinaryPrimitives.WriteInt32LittleEndian(all[12..], by.Number);
        BinaryPrimitives.WriteInt32LittleEndian(all[16..], number);
        BinaryPrimitives.WriteInt32LittleEndian(all[20..], 0);

        // SAFETY: struct seccomp_notif_addfd, filled above.
        return Sys.Status(LibC.ioctl(_listener, NotifAddFd, add));
    }

    /// <summary>The call gives its caller 0 or an errno; nothing is mounted.</summary>
    public Errno Answer(in MountCall call, Errno errno) => Respond(call, -(int)errno, 0);

    /// <summary>The call goes on to the kernel.</summary>
    public Errno Continue(in MountCall call) => Respond(call, 0, FlagContinue);

    public void Dispose() => _listener.Dispose();

    private Errno Respond(in MountCall call, int error, uint flags)
    {
        byte* response = stackalloc byte[ResponseBytes];
        Span<byte> all = new(response, ResponseBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(all, call.Id);
        BinaryPrimitives.WriteInt64LittleEndian(all[8..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(all[16..], error);
        BinaryPrimitives.WriteUInt32LittleEndian(all[20..], flags);

        // SAFETY: struct seccomp_notif_resp, filled above.
        return Sys.Status(LibC.ioctl(_listener, NotifSend, response));
    }

    /// <summary>A string in the caller's memory; "" for none.</summary>
    private static string Text(FileDescriptor memory, ReadOnlySpan<byte> all, int argument)
    {
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(
            all[(ArgumentsAt + (argument * sizeof(ulong)))..]);
        byte[] text = new byte[MostText];
        int length = 0;
        while (address != 0 && length < text.Length)
        {
            // Not beyond a page: what follows may not be there.
            int room = Math.Min(
                text.Length - length,
                Environment.SystemPageSize - (int)((address + (ulong)length)
                    % (ulong)Environment.SystemPageSize));
            SysResult read = Files.ReadAt(
                memory, text.AsSpan(length, room), (long)address + length);
            if (read.Failed || read.Value == 0)
                break;
            int end = text.AsSpan(length, (int)read.Value).IndexOf((byte)0);
            if (end >= 0)
                return Encoding.UTF8.GetString(text, 0, length + end);
            length += (int)read.Value;
        }

        return Encoding.UTF8.GetString(text, 0, length);
    }
}
