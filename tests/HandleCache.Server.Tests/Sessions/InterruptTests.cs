using System.Diagnostics;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>FUSE_INTERRUPT reaches the request it names, and no other.</summary>
public sealed class InterruptTests
{
    [Fact]
    public void A_request_in_a_workers_hands_learns_of_its_interrupt()
    {
        using WaitingFileSystem fs = new();
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 2 });
        ulong unique = kernel.Send(FuseOpcode.FUSE_READ, 1, new byte[40]);
        Assert.True(fs.Started.Wait(
            InMemoryKernel.Patience, TestContext.Current.CancellationToken));

        Interrupt(kernel, unique + 1000);
        Assert.Equal(Errno.None, kernel.Ask(FuseOpcode.FUSE_STATFS, 1).Errno);
        Interrupt(kernel, unique);

        Answer answer = kernel.Receive();
        Assert.Equal(unique, answer.Unique);
        Assert.Equal(Errno.EINTR, answer.Errno);
    }

    [Fact]
    public void An_interrupt_that_overtakes_its_request_is_kept_for_it()
    {
        using WaitingFileSystem fs = new();
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 1 });
        ulong next = kernel.Ask(FuseOpcode.FUSE_STATFS, 1).Unique + 4;
        Interrupt(kernel, next);

        Assert.Equal(next, kernel.Send(FuseOpcode.FUSE_READ, 1, new byte[40]));
        Assert.Equal(Errno.EINTR, kernel.Receive().Errno);
    }

    [Fact]
    public void The_worker_of_an_interrupted_request_serves_the_next_one_undisturbed()
    {
        using WaitingFileSystem fs = new();
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 1 });
        ulong next = kernel.Ask(FuseOpcode.FUSE_STATFS, 1).Unique + 4;
        Interrupt(kernel, next);
        Assert.Equal(Errno.EINTR, kernel.Ask(FuseOpcode.FUSE_READ, 1, new byte[40]).Errno);

        fs.Finish.Set();
        Assert.Equal(Errno.None, kernel.Ask(FuseOpcode.FUSE_READ, 1, new byte[40]).Errno);
    }

    [Fact]
    public void A_request_is_not_interrupted_by_the_interrupt_of_another()
    {
        using WaitingFileSystem fs = new();
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 2 });
        ulong first = kernel.Send(FuseOpcode.FUSE_READ, 1, new byte[40]);
        Assert.True(fs.Started.Wait(
            InMemoryKernel.Patience, TestContext.Current.CancellationToken));
        Interrupt(kernel, first + 2);
        Interrupt(kernel, first - 2);

        fs.Finish.Set();
        Assert.Equal(Errno.None, kernel.Receive().Errno);
    }

    private static void Interrupt(InMemoryKernel kernel, ulong unique) => kernel.Send(
        FuseOpcode.FUSE_INTERRUPT, 0,
        InMemoryKernel.Of(new fuse_interrupt_in { unique = unique }));

    /// <summary>READ takes until it is interrupted or let go.</summary>
    private sealed class WaitingFileSystem : FileSystem, IDisposable
    {
        public ManualResetEventSlim Started { get; } = new();

        public ManualResetEventSlim Finish { get; } = new();

        public override Errno Read(
            in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
        {
            Started.Set();
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < InMemoryKernel.Patience)
            {
                if (context.IsInterrupted)
                    return Errno.EINTR;
                if (Finish.Wait(1))
                    return Errno.None;
            }

            return Errno.ETIMEDOUT;
        }

        public override Errno StatFs(in RequestContext context, ref ReplyBuilder reply)
        {
            reply.Write(default(fuse_statfs_out));
            return Errno.None;
        }

        public void Dispose()
        {
            Started.Dispose();
            Finish.Dispose();
        }
    }
}
