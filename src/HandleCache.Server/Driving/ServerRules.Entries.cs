using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>What replies say of objects: entries and attributes.</summary>
internal abstract partial class ServerRules
{
    private void Entries(DriveRequest asked, in FuseReply reply)
    {
        Operation operation = Operation.Of(asked.Opcode);
        if (operation.Entry == EntryReplyForm.Records)
        {
            DirentReader records = new(reply.Body, Handles.Dialect);
            while (records.MoveNext())
            {
                bool isDot = records.Name.SequenceEqual("."u8)
                    || records.Name.SequenceEqual(".."u8);
                if (records.Entry.Entry.nodeid != 0 && !isDot)
                    Entry(asked, records.Entry, Encoding.Latin1.GetString(records.Name));
            }
        }

        if (!operation.ReturnsOneEntry)
            return;
        WireError fault = Handles.Dialect.ReadEntryReply(
            asked.Opcode, reply, out WireEntry entry, out int errno);
        Hold(DriveRule.ReplyShape);
        if (fault.IsError)
            throw Fault(DriveRule.ReplyShape, $"the entry is wrong: {fault}");
        if (errno != 0)
            return;
        bool isLookup = asked.Opcode == FuseOpcode.FUSE_LOOKUP;
        Hold(DriveRule.EntryValid);
        if (entry.Entry.nodeid == 0)
        {
            if (!isLookup)
                throw Fault(DriveRule.EntryValid, "nodeid 0 for what was made");
            return;
        }

        bool hasAttributes = Handles.Dialect.RequestsPer(asked.Opcode) == 1;
        if (hasAttributes)
            CheckMade(asked, entry.Entry.attr);
        if (entry.Entry.nodeid != FuseConstants.FUSE_ROOT_ID)
        {
            Entry(asked, entry, asked.Opcode == FuseOpcode.FUSE_LINK
                ? asked.Name
                : asked.Opcode == FuseOpcode.FUSE_TMPFILE ? "" : asked.Name);
        }
        else if (!asked.IsExportLookup)
        {
            throw Fault(DriveRule.EntryValid, "the root's nodeid for another name");
        }
    }

    /// <summary>Type and attributes of an entry, as the kernel must be able to take them.</summary>
    private void CheckMade(DriveRequest asked, in fuse_attr attr)
    {
        uint type = attr.mode & FileModes.TypeMask;
        uint wanted = asked.Opcode switch
        {
            FuseOpcode.FUSE_MKDIR => FileModes.Directory,
            FuseOpcode.FUSE_SYMLINK => FileModes.Symlink,
            FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE => FileModes.Regular,
            FuseOpcode.FUSE_MKNOD => asked.Word(0) & FileModes.TypeMask,
            _ => type,
        };
        if (!FileModes.IsFileType(attr.mode) || attr.size > long.MaxValue)
        {
            Report(DriveRule.EntryValid, $"impossible mode 0x{attr.mode:x} or size {attr.size}");
        }

        if (type != wanted)
            Report(DriveRule.EntryValid, $"type 0x{type:x}, asked for was 0x{wanted:x}");
    }

    /// <summary>One entry, which counts a lookup.</summary>
    private void Entry(DriveRequest asked, in WireEntry wire, string name)
    {
        fuse_entry_out entry = wire.Entry;
        ulong nodeId = entry.nodeid;
        NodeFacts now = new(
            (uint)entry.generation, entry.attr.mode & FileModes.TypeMask,
            DriveNodes.KnownIno(entry.attr.ino), _life);
        bool isHeld = HeldOf(nodeId) > 0;
        if (isHeld && Nodes.TryGet(nodeId, out NodeFacts before))
            CheckHeld(asked, nodeId, before, now);
        else
            CheckGivenAgain(asked, nodeId, now);
        if (!isHeld)
            Nodes.Begin(nodeId);
        Nodes.Set(nodeId, now);
        Given(asked, name, nodeId, now);
        Nodes.Name(asked.NodeId, name, nodeId);
        Counted(
            new TrafficEntry(
                asked.Opcode, nodeId, entry.generation, entry.attr.mode, CheckCount.Nowhere),
            wire.Handle);
    }

    private void CheckHeld(DriveRequest asked, ulong nodeId, NodeFacts before, NodeFacts now)
    {
        string path = Nodes.PathOf(nodeId);
        if (before.Life < _life)
        {
            Hold(DriveRule.RestartObject);
            if (before.Generation != now.Generation || before.Type != now.Type
                || Differ(before.Ino, now.Ino))
            {
                Report(
                    DriveRule.RestartObject,
                    $"{asked.Opcode} gives nodeid {nodeId} for inode {now.Ino}, generation "
                    + $"{now.Generation}, type 0x{now.Type:x}; the kernel holds it since before "
                    + $"the restart for {path}, inode {before.Ino}, generation "
                    + $"{before.Generation}, type 0x{before.Type:x}, and a FORGET does not say "
                    + "which of them it takes back");
            }

            return;
        }

        Hold(DriveRule.EntryIdentity);
        if (before.Generation != now.Generation || before.Type != now.Type)
        {
            Report(
                DriveRule.EntryIdentity,
                $"{asked.Opcode} gives nodeid {nodeId} generation {now.Generation} and type "
                + $"0x{now.Type:x}; the kernel holds it ({path}) with generation "
                + $"{before.Generation} and type 0x{before.Type:x}");
        }

        CheckIno(asked, nodeId, before, now.Ino);
    }

    private void CheckIno(DriveRequest asked, ulong nodeId, NodeFacts before, ulong ino)
    {
        Hold(DriveRule.InodeNumber);
        if (Differ(before.Ino, ino))
        {
            Report(
                DriveRule.InodeNumber,
                $"{asked.Opcode} gives nodeid {nodeId} with inode number {ino}; the kernel holds "
                + $"it ({Nodes.PathOf(nodeId)}) with {before.Ino}, the same generation "
                + $"{before.Generation}");
        }
    }

    private void CheckGivenAgain(DriveRequest asked, ulong nodeId, NodeFacts now)
    {
        Hold(DriveRule.GenerationReuse);
        if (!Nodes.TryGetGiven(nodeId, now.Generation, out NodeFacts before)
            || before.Life < _life
            || (before.Type == now.Type && !Differ(before.Ino, now.Ino)))
            return;
        if (!Exports)
        {
            GivenAgain++;
            return;
        }

        Report(
            DriveRule.GenerationReuse,
            $"{asked.Opcode} gives nodeid {nodeId} with generation {now.Generation} for inode "
            + $"{now.Ino}, type 0x{now.Type:x}; both were given for inode {before.Ino}, type "
            + $"0x{before.Type:x}, and a file handle with them is of that");
    }

    /// <summary>Attributes of GETATTR, SETATTR and STATX: of the same object.</summary>
    private void Attributes(DriveRequest asked, ReadOnlySpan<byte> body)
    {
        uint mode;
        ulong ino;
        if (asked.Opcode is FuseOpcode.FUSE_GETATTR or FuseOpcode.FUSE_SETATTR
            && MemoryMarshal.TryRead(body, out fuse_attr_out reply))
        {
            (mode, ino) = (reply.attr.mode, reply.attr.ino);
        }
        else if (asked.Opcode == FuseOpcode.FUSE_STATX
            && MemoryMarshal.TryRead(body, out fuse_statx_out statx))
        {
            (mode, ino) = (statx.stat.mode, statx.stat.ino);
        }
        else
        {
            return;
        }

        uint type = mode & FileModes.TypeMask;
        ino = DriveNodes.KnownIno(ino);
        bool isRoot = asked.NodeId == FuseConstants.FUSE_ROOT_ID;
        NodeFacts before = isRoot ? new(0, FileModes.Directory, 0, _life) : default;
        if (!isRoot && !Nodes.TryGet(asked.NodeId, out before))
            return;
        if (before.Life < _life)
        {
            Hold(DriveRule.RestartObject);
            if (type != before.Type || Differ(before.Ino, ino))
            {
                Report(
                    DriveRule.RestartObject,
                    $"nodeid {asked.NodeId} is of before the restart "
                    + $"({Nodes.PathOf(asked.NodeId)}, inode {before.Ino}, type "
                    + $"0x{before.Type:x}); the new server takes it for inode {ino}, type "
                    + $"0x{type:x}");
            }

            return;
        }

        Hold(DriveRule.AttrType);
        if (type != before.Type)
        {
            Report(
                DriveRule.AttrType,
                $"nodeid {asked.NodeId} has type 0x{type:x}, it was given with 0x{before.Type:x}");
        }

        CheckIno(asked, asked.NodeId, before, ino);
    }

    private static bool Differ(ulong one, ulong other) => one != 0 && other != 0 && one != other;
}
