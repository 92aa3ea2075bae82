using System.Runtime.InteropServices;
using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Two stats of the root are under way at once, and the reply to the first comes last: R9 says
/// that it changes nothing any more.
/// </summary>
internal static class LateReply
{
    private const int AtStatxForceSync = 0x2000;
    private const int AtStatxDontSync = 0x4000;
    private const uint BasicStats = 0x7FF;

    /// <summary>The size the kernel believes in, after size 2 was told and then, late, size 1.</summary>
    public static ulong SizeAfterLateReply(ModelFaults faults)
    {
        using ModelKernel kernel = new(new() { Inodes = new() { Faults = faults } });
        KernelCall mount = kernel.Mount();
        Answer(kernel, Read(kernel), new fuse_init_out
        {
            major = 7,
            minor = 45,
            flags = InitWords.Split(FuseInitFlags.FUSE_PARALLEL_DIROPS).Low,
        });
        _ = mount.Result;
        VfsCall stat = new(VfsCallKind.Stat)
        {
            Path = ".",
            Flags = AtStatxForceSync,
            Mode = BasicStats,
        };
        KernelCall first = kernel.Start(stat);
        ulong firstUnique = Read(kernel);
        KernelCall second = kernel.Start(stat);
        ulong secondUnique = Read(kernel);
        Answer(kernel, secondUnique, Attributes(2));
        Answer(kernel, firstUnique, Attributes(1));
        if (!first.IsDone || !second.IsDone)
            throw new InvalidOperationException("both replies were given");
        return kernel.Start(stat with { Flags = AtStatxDontSync }).Result.Stat!.Size;
    }

    private static fuse_attr_out Attributes(ulong size) => new()
    {
        attr_valid = 1000,
        attr = new() { ino = 1, mode = 0x41ED, nlink = 2, size = size },
    };

    /// <summary>Reads the next request; its unique.</summary>
    private static ulong Read(ModelKernel kernel)
    {
        byte[] buffer = new byte[8192];
        return kernel.ReadRequest(buffer) > 0
            ? MemoryMarshal.Read<fuse_in_header>(buffer).unique
            : throw new InvalidOperationException("a request was expected");
    }

    private static void Answer<T>(ModelKernel kernel, ulong unique, T body)
        where T : unmanaged
    {
        byte[] message = new byte[16 + Marshal.SizeOf<T>()];
        MemoryMarshal.Write(message, new fuse_out_header
        {
            len = (uint)message.Length,
            unique = unique,
        });
        MemoryMarshal.Write(message.AsSpan(16), body);
        if (kernel.WriteReply(message) != 0)
            throw new InvalidOperationException("the reply was refused");
    }
}
