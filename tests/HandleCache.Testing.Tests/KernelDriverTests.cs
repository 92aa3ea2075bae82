using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>What becomes of replies, time, memory and the server.</summary>
public sealed class KernelDriverTests
{
    private const int ENOENT = 2;
    private const int ECONNABORTED = 103;

    [Theory]
    [InlineData(ReplyFault.Truncated, KernelDriver.EINVAL)]
    [InlineData(ReplyFault.Extended, KernelDriver.EINVAL)]
    [InlineData(ReplyFault.WrongLength, KernelDriver.EINVAL)]
    [InlineData(ReplyFault.WrongUnique, ENOENT)]
    [InlineData(ReplyFault.Twice, ENOENT)]
    [InlineData(ReplyFault.None, 0)]
    public void A_spoilt_reply_is_refused_as_fuse_dev_do_write_does(ReplyFault fault, int errno)
    {
        using KernelDriver driver = new();
        driver.Stat("f");
        AskedRequest lookup = driver.Read();
        driver.NextReply = fault;
        Assert.Equal(
            errno, driver.AnswerEntry(lookup, KernelDriver.Entry(2, KernelDriver.Regular)));
        Assert.Equal(ReplyFault.None, driver.NextReply);
    }

    [Fact]
    public void A_call_waits_for_a_reply_that_is_lost_until_the_request_comes_again()
    {
        using KernelDriver driver = new();
        KernelCall stat = driver.Stat("f");
        driver.NextReply = ReplyFault.Lost;
        driver.AnswerEntry(driver.Read(), KernelDriver.Entry(2, KernelDriver.Regular));
        Assert.False(stat.IsDone);
        Assert.Equal(0, driver.CrashAndRestart());
        AskedRequest again = driver.Read();
        Assert.NotEqual(0ul, again.Unique & FuseConstants.FUSE_UNIQUE_RESEND);
        driver.AnswerEntry(again, KernelDriver.Entry(2, KernelDriver.Regular));
        Assert.Equal(0, stat.Result.Errno);
    }

    [Fact]
    public void A_delayed_reply_is_taken_when_it_comes()
    {
        using KernelDriver driver = new();
        KernelCall stat = driver.Stat("f");
        driver.NextReply = ReplyFault.Delayed;
        driver.AnswerEntry(driver.Read(), KernelDriver.Entry(2, KernelDriver.Regular));
        Assert.False(stat.IsDone);
        Assert.Equal(1, driver.DelayedCount);
        Assert.Equal(0, driver.DeliverDelayed());
        Assert.Equal(0, stat.Result.Errno);
    }

    [Fact]
    public void Memory_that_is_dropped_is_forgotten_and_time_ends_validities()
    {
        using KernelDriver driver = new();
        driver.Stat("f");
        driver.AnswerEntry(driver.Read(), KernelDriver.Entry(2, KernelDriver.Regular, seconds: 1));
        Assert.True(driver.Stat("f").IsDone);
        driver.Advance(TimeSpan.FromSeconds(2));
        KernelCall stat = driver.Stat("f");
        Assert.False(stat.IsDone);
        driver.AnswerEntry(driver.Read(), KernelDriver.Entry(2, KernelDriver.Regular));
        driver.DropMemory();
        Assert.Equal(["2 2"], driver.ReadForgets());
    }

    [Fact]
    public void A_crash_for_good_ends_every_call()
    {
        using KernelDriver driver = new();
        KernelCall stat = driver.Stat("f");
        driver.Read();
        driver.CrashForGood();
        Assert.Equal(ECONNABORTED, stat.Result.Errno);
    }
}
