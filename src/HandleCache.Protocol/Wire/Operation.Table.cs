using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// One row an opcode. A row names the struct of its fixed part and the fields in it, whose sizes
/// and offsets are those of the uapi header (ABI.md). Names are components of a path unless the
/// row says otherwise.
/// </summary>
public sealed partial record Operation
{
    /// <summary>
    /// What is assumed of an opcode that the protocol does not know, such as a dialect's own: the
    /// kernel waits for a reply, the nodeid is an inode's, and the reply returns nothing.
    /// </summary>
    public static readonly Operation Unknown = new();

    private static readonly Operation CuseInit =
        Row<cuse_init_in>(FuseOpcode.CUSE_INIT) with { NamesAnInode = false };

    private static readonly Operation[] Table = BuildTable();

    private static Operation[] BuildTable()
    {
        Operation[] table = new Operation[(int)FuseOpcode.FUSE_COPY_FILE_RANGE_64 + 1];
        Array.Fill(table, Unknown);
        foreach (Operation row in (Operation[])[.. OnNames(), .. OnFiles(), .. OfSession()])
            table[(int)row.Opcode] = row;
        return table;
    }

    private static Operation[] OnNames() =>
    [
        Row(FuseOpcode.FUSE_LOOKUP, names: 1) with { Entry = EntryReplyForm.Entry },
        Row<fuse_getattr_in>(FuseOpcode.FUSE_GETATTR) with
        {
            Fh = Field<fuse_getattr_in>(nameof(fuse_getattr_in.fh)),
            FhFlag = FuseConstants.FUSE_GETATTR_FH,
        },
        Row<fuse_setattr_in>(FuseOpcode.FUSE_SETATTR) with
        {
            Fh = Field<fuse_setattr_in>(nameof(fuse_setattr_in.fh)),
            FhFlag = (uint)FuseSetattrValid.FATTR_FH,
            Caller = Field<fuse_setattr_in>(nameof(fuse_setattr_in.lock_owner)),
        },
        Row<fuse_statx_in>(FuseOpcode.FUSE_STATX) with
        {
            Fh = Field<fuse_statx_in>(nameof(fuse_statx_in.fh)),
            FhFlag = FuseConstants.FUSE_GETATTR_FH,
        },
        Row(FuseOpcode.FUSE_READLINK),
        Row(FuseOpcode.FUSE_SYMLINK, names: 2, pathNames: 1) with { Entry = EntryReplyForm.Entry },
        Row<fuse_mknod_in>(FuseOpcode.FUSE_MKNOD, names: 1) with
        {
            Entry = EntryReplyForm.Entry,
            Caller = Field<fuse_mknod_in>(nameof(fuse_mknod_in.umask), sizeof(uint)),
        },
        Row<fuse_mkdir_in>(FuseOpcode.FUSE_MKDIR, names: 1) with
        {
            Entry = EntryReplyForm.Entry,
            Caller = Field<fuse_mkdir_in>(nameof(fuse_mkdir_in.umask), sizeof(uint)),
        },
        Row(FuseOpcode.FUSE_UNLINK, names: 1),
        Row(FuseOpcode.FUSE_RMDIR, names: 1),
        Row<fuse_rename_in>(FuseOpcode.FUSE_RENAME, names: 2) with
        {
            SecondNodeId = Field<fuse_rename_in>(nameof(fuse_rename_in.newdir)),
        },
        Row<fuse_rename2_in>(FuseOpcode.FUSE_RENAME2, names: 2) with
        {
            SecondNodeId = Field<fuse_rename2_in>(nameof(fuse_rename2_in.newdir)),
        },
        Row<fuse_link_in>(FuseOpcode.FUSE_LINK, names: 1) with
        {
            Entry = EntryReplyForm.Entry,
            SecondNodeId = Field<fuse_link_in>(nameof(fuse_link_in.oldnodeid)),
        },
        Creating(FuseOpcode.FUSE_CREATE, pathNames: 1),
        Creating(FuseOpcode.FUSE_TMPFILE, pathNames: 0),
        Row<fuse_access_in>(FuseOpcode.FUSE_ACCESS),
        Counted<fuse_setxattr_in>(
            FuseOpcode.FUSE_SETXATTR, nameof(fuse_setxattr_in.size), names: 1),
        Row<fuse_getxattr_in>(FuseOpcode.FUSE_GETXATTR, names: 1, pathNames: 0),
        Row<fuse_getxattr_in>(FuseOpcode.FUSE_LISTXATTR),
        Row(FuseOpcode.FUSE_REMOVEXATTR, names: 1, pathNames: 0),
    ];

    private static Operation[] OnFiles() =>
    [
        Row<fuse_open_in>(FuseOpcode.FUSE_OPEN) with { ReturnsOpenFile = true },
        Row<fuse_open_in>(FuseOpcode.FUSE_OPENDIR) with { ReturnsOpenFile = true },
        Reading(FuseOpcode.FUSE_READ),
        Reading(FuseOpcode.FUSE_READDIR),
        Reading(FuseOpcode.FUSE_READDIRPLUS) with { Entry = EntryReplyForm.Records },
        Counted<fuse_write_in>(FuseOpcode.FUSE_WRITE, nameof(fuse_write_in.size)) with
        {
            Fh = Field<fuse_write_in>(nameof(fuse_write_in.fh)),
            Caller = Field<fuse_write_in>(nameof(fuse_write_in.lock_owner)),
        },
        Row<fuse_flush_in>(FuseOpcode.FUSE_FLUSH) with
        {
            Fh = Field<fuse_flush_in>(nameof(fuse_flush_in.fh)),
            Caller = Field<fuse_flush_in>(nameof(fuse_flush_in.lock_owner)),
        },
        Releasing(FuseOpcode.FUSE_RELEASE),
        Releasing(FuseOpcode.FUSE_RELEASEDIR),
        WithFh<fuse_fsync_in>(FuseOpcode.FUSE_FSYNC, nameof(fuse_fsync_in.fh)),
        WithFh<fuse_fsync_in>(FuseOpcode.FUSE_FSYNCDIR, nameof(fuse_fsync_in.fh)),
        Locking(FuseOpcode.FUSE_GETLK),
        Locking(FuseOpcode.FUSE_SETLK),
        Locking(FuseOpcode.FUSE_SETLKW),
        Row<fuse_bmap_in>(FuseOpcode.FUSE_BMAP),
        Counted<fuse_ioctl_in>(FuseOpcode.FUSE_IOCTL, nameof(fuse_ioctl_in.in_size)) with
        {
            Fh = Field<fuse_ioctl_in>(nameof(fuse_ioctl_in.fh)),
        },
        WithFh<fuse_poll_in>(FuseOpcode.FUSE_POLL, nameof(fuse_poll_in.fh)),
        WithFh<fuse_fallocate_in>(FuseOpcode.FUSE_FALLOCATE, nameof(fuse_fallocate_in.fh)),
        WithFh<fuse_lseek_in>(FuseOpcode.FUSE_LSEEK, nameof(fuse_lseek_in.fh)),
        Copying(FuseOpcode.FUSE_COPY_FILE_RANGE),
        Copying(FuseOpcode.FUSE_COPY_FILE_RANGE_64),
        WithFh<fuse_setupmapping_in>(
            FuseOpcode.FUSE_SETUPMAPPING, nameof(fuse_setupmapping_in.fh)),
        Counted<fuse_removemapping_in>(
            FuseOpcode.FUSE_REMOVEMAPPING, nameof(fuse_removemapping_in.count),
            itemBytes: Unsafe.SizeOf<fuse_removemapping_one>()),
    ];

    private static Operation[] OfSession() =>
    [
        Row<fuse_forget_in>(FuseOpcode.FUSE_FORGET) with
        {
            IsForget = true, HasReply = false, NamesAnInode = false,
        },
        Counted<fuse_batch_forget_in>(
            FuseOpcode.FUSE_BATCH_FORGET, nameof(fuse_batch_forget_in.count),
            itemBytes: Unsafe.SizeOf<fuse_forget_one>()) with
        {
            IsForget = true, HasReply = false, NamesAnInode = false,
        },
        Free<fuse_init_in>(FuseOpcode.FUSE_INIT) with { NamesAnInode = false },
        Row(FuseOpcode.FUSE_DESTROY) with { NamesAnInode = false },
        Row<fuse_interrupt_in>(FuseOpcode.FUSE_INTERRUPT) with
        {
            HasReply = false, NamesAnInode = false,
        },
        Free<fuse_notify_retrieve_in>(FuseOpcode.FUSE_NOTIFY_REPLY) with
        {
            HasReply = false, NamesAnInode = false,
        },
        Row(FuseOpcode.FUSE_STATFS),
        Row<fuse_syncfs_in>(FuseOpcode.FUSE_SYNCFS),
    ];

    private static Operation Creating(FuseOpcode opcode, int pathNames) =>
        Row<fuse_create_in>(opcode, names: 1, pathNames) with
        {
            Entry = EntryReplyForm.EntryAndOpen,
            ReturnsOpenFile = true,
            Caller = Field<fuse_create_in>(nameof(fuse_create_in.umask), sizeof(uint)),
        };

    private static Operation Reading(FuseOpcode opcode) =>
        WithFh<fuse_read_in>(opcode, nameof(fuse_read_in.fh)) with
        {
            Caller = Field<fuse_read_in>(nameof(fuse_read_in.lock_owner)),
        };

    private static Operation Releasing(FuseOpcode opcode) =>
        WithFh<fuse_release_in>(opcode, nameof(fuse_release_in.fh)) with
        {
            Caller = Field<fuse_release_in>(nameof(fuse_release_in.lock_owner)),
        };

    private static Operation Locking(FuseOpcode opcode) =>
        WithFh<fuse_lk_in>(opcode, nameof(fuse_lk_in.fh)) with
        {
            Caller = Field<fuse_lk_in>(nameof(fuse_lk_in.owner)),
        };

    private static Operation Copying(FuseOpcode opcode) =>
        WithFh<fuse_copy_file_range_in>(opcode, nameof(fuse_copy_file_range_in.fh_in)) with
        {
            SecondNodeId =
                Field<fuse_copy_file_range_in>(nameof(fuse_copy_file_range_in.nodeid_out)),
            SecondFh = Field<fuse_copy_file_range_in>(nameof(fuse_copy_file_range_in.fh_out)),
        };

    private static Operation WithFh<[DynamicallyAccessedMembers(Fields)] T>(
        FuseOpcode opcode, string fh)
        where T : unmanaged => Row<T>(opcode) with { Fh = Field<T>(fh) };

    /// <summary>Data or items behind the names, counted by a 32-bit field.</summary>
    private static Operation Counted<[DynamicallyAccessedMembers(Fields)] T>(
        FuseOpcode opcode, string count, int names = 0, int itemBytes = 1)
        where T : unmanaged
    {
        Operation row = Row<T>(opcode, names, pathNames: 0);
        return row with
        {
            Request = row.Request with
            {
                Tail = RequestTail.Counted,
                Count = Field<T>(count, sizeof(uint)),
                ItemBytes = itemBytes,
            },
        };
    }

    private static Operation Free<T>(FuseOpcode opcode)
        where T : unmanaged
    {
        Operation row = Row<T>(opcode);
        return row with { Request = row.Request with { Tail = RequestTail.Free } };
    }

    private static Operation Row<T>(FuseOpcode opcode, int names = 0, int? pathNames = null)
        where T : unmanaged => Row(opcode, names, pathNames, Unsafe.SizeOf<T>());

    private static Operation Row(
        FuseOpcode opcode, int names = 0, int? pathNames = null, int fixedBytes = 0) => new()
        {
            Opcode = opcode,
            Request = new(
                fixedBytes, names, pathNames ?? names, RequestTail.None, default, 0),
        };

    private const DynamicallyAccessedMemberTypes Fields =
        DynamicallyAccessedMemberTypes.PublicFields
        | DynamicallyAccessedMemberTypes.NonPublicFields;

    private static RequestField Field<[DynamicallyAccessedMembers(Fields)] T>(
        string name, int bytes = sizeof(ulong))
        where T : unmanaged => new((int)Marshal.OffsetOf<T>(name), bytes);
}
