using System.Globalization;
using HandleCache.Lab.Differential;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>No operation reaches another object than the one its handle names.</summary>
public class ObjectTests
{
    private const int StatxForceSync = AtFlags.StatxForceSync;
    private const uint BasicStats = StatxMask.BasicStats;

    /// <summary>
    /// The server gives nodeids again, but as it must: after the last FORGET, with a new
    /// generation.
    /// </summary>
    [Fact]
    public void The_handle_of_a_cached_inode_names_the_object_behind_its_nodeid() =>
        PropertyRun.CheckScripts(200, script =>
        {
            string? fault = null;
            ScriptRun.Of(Reusing(script), null, (side, call, _) =>
            {
                FuseInodeCache cache = side.Kernel.Inodes;
                foreach (InodeIndex at in ScriptRun.InodesOf(cache))
                {
                    InodeInfo inode = cache.Get(at);
                    ulong named = ScriptFileSystem.InoOf(inode.Handle.Bytes);
                    ulong reached = InoAt(side, inode.NodeId);
                    bool isHashed = (inode.Flags & InodeState.Unhashed) == 0;
                    if (isHashed && named != 0 && named != reached)
                    {
                        fault ??= $"after {call}: nodeid {inode.NodeId} reaches object "
                            + $"{reached}, its handle names {named}";
                    }
                }
            });
            return fault;
        });

    [Fact]
    public void A_mounts_handle_opens_its_object_or_is_stale() =>
        PropertyRun.CheckScripts(300, script =>
        {
            string? fault = null;
            Dictionary<int, ulong> named = [];
            ScriptRun.Of(Reusing(script), null, (side, call, result) =>
            {
                if (result.Errno != 0)
                    return;
                if (call.Kind == VfsCallKind.NameToHandle)
                    named[call.Slot] = InoAt(side, NodeIdOf(result.Data));
                if (call.Kind != VfsCallKind.OpenByHandle)
                    return;
                VfsResult stat = side.Run(new(VfsCallKind.FStat)
                {
                    Slot = (int)call.Mode,
                    Mode = BasicStats,
                    Flags = StatxForceSync,
                });
                if (stat.Errno == 0 && stat.Stat!.Ino != named[call.Slot])
                {
                    fault ??= $"{call} reached object {stat.Stat.Ino}, "
                        + $"the handle was made of {named[call.Slot]}";
                }
            });
            return fault;
        });

    /// <summary>
    /// The nodeid in a handle: two little-endian words, the upper one first (R14).
    /// </summary>
    private static ulong NodeIdOf(string handle)
    {
        byte[] bytes = Convert.FromHexString(handle);
        Assert.True(bytes.Length >= 12, handle.ToString(CultureInfo.InvariantCulture));
        return ((ulong)BitConverter.ToUInt32(bytes, 0) << 32) | BitConverter.ToUInt32(bytes, 4);
    }

    private static ulong InoAt(ModelSide side, ulong nodeId) =>
        ((ScriptFileSystem)side.Server).InoAt(nodeId);

    private static Script Reusing(Script script) => script with
    {
        Server = script.Server with
        {
            HostilePer1024 = 0,
            SendsHandles = true,
            ReusesNodeIds = true,
            WaitsForForget = true,
        },
    };
}
