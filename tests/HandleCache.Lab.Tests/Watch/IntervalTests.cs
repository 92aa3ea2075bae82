using HandleCache.Lab.Watch;
using Xunit;

namespace HandleCache.Lab.Tests.Watch;

public class IntervalTests
{
    [Fact]
    public void It_is_done_again_and_again_and_not_after_its_end()
    {
        int done = 0;
        Interval interval = new(
            TimeSpan.FromMilliseconds(1), () => Interlocked.Increment(ref done), "test");
        Assert.True(SpinWait.SpinUntil(() => interval.Rounds > 2, TimeSpan.FromSeconds(60)));
        interval.Dispose();
        Assert.Equal(done, interval.Rounds);
    }

    [Fact]
    public void It_is_not_done_before_its_time()
    {
        int done = 0;
        using (new Interval(TimeSpan.FromDays(1), () => done++, "test"))
        {
        }

        Assert.Equal(0, done);
    }
}
