using FsCheck.Fluent;
using HandleCache.Model.Inodes;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>Rule R3 of RULES.md.</summary>
public sealed class ForgetQueueTests
{
    [Fact]
    public void Forgets_are_read_first_in_first_out_and_equal_nodeids_are_not_merged()
    {
        var queue = new ForgetQueue();
        queue.Enqueue(5, 1);
        queue.Enqueue(7, 2);
        queue.Enqueue(5, 3);
        var entries = new ForgetEntry[8];

        Assert.Equal(3, queue.Read(minor: 45, bufferBytes: 8192, entries));
        Assert.Equal([new(5, 1), new(7, 2), new(5, 3)], entries[..3]);
        Assert.Equal(0, queue.Count);
    }

    [Theory]
    [InlineData(1, 16, false)]
    [InlineData(2, 15, false)]
    [InlineData(2, 16, true)]
    [InlineData(3, 45, true)]
    public void BATCH_FORGET_needs_two_queued_and_minor_16(int queued, int minor, bool batch)
    {
        var queue = new ForgetQueue();
        for (int i = 0; i < queued; i++)
            queue.Enqueue(10, 1);

        Assert.Equal(batch, queue.NextIsBatch(minor));
        Assert.Equal(batch ? queued : 1, queue.Read(minor, 8192, new ForgetEntry[8]));
    }

    [Theory]
    [InlineData(8192, 509)]
    [InlineData(8208, 510)]
    [InlineData(8207, 509)]
    [InlineData(1048576 + 4096, 65789)]
    public void A_batch_has_at_most_the_buffer_less_48_over_16_entries(int bytes, int most)
    {
        var queue = new ForgetQueue();
        for (int i = 0; i < most + 5; i++)
            queue.Enqueue((ulong)i, 1);

        Assert.Equal(most, queue.Read(45, bytes, new ForgetEntry[most + 5]));
        Assert.Equal(5, queue.Count);
    }

    [Fact]
    public void A_read_buffer_below_8192_never_gets_as_far_as_the_queue() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new ForgetQueue().Read(45, 8191, new ForgetEntry[1]));

    [Fact]
    public void Interrupts_go_first_and_forgets_go_when_no_request_waits()
    {
        var queue = new ForgetQueue();
        Assert.Equal(ForgetTurn.Nothing, queue.NextTurn(false, false));
        Assert.Equal(ForgetTurn.Request, queue.NextTurn(false, true));
        queue.Enqueue(1, 1);
        Assert.Equal(ForgetTurn.Interrupt, queue.NextTurn(true, true));
        Assert.Equal(ForgetTurn.Forget, queue.NextTurn(false, false));
    }

    [Fact]
    public void Under_load_8_requests_come_first_and_then_16_forgets_for_every_8_requests()
    {
        var queue = new ForgetQueue();
        for (int i = 0; i < 1000; i++)
            queue.Enqueue((ulong)i, 1);
        string turns = "";
        for (int i = 0; i < 8 + (3 * 24); i++)
        {
            ForgetTurn turn = queue.NextTurn(false, true);
            turns += turn == ForgetTurn.Forget ? 'f' : 'r';
            if (turn == ForgetTurn.Forget)
                queue.Read(15, 8192, new ForgetEntry[1]);
        }

        const string Cycle = "ffffffffffffffffrrrrrrrr";
        Assert.Equal("rrrrrrrr" + Cycle + Cycle + Cycle, turns);
    }

    [Fact]
    public void A_disconnected_queue_frees_what_it_has_and_takes_no_more()
    {
        var queue = new ForgetQueue();
        queue.Enqueue(1, 1);
        queue.Disconnect();
        queue.Enqueue(2, 1);

        Assert.Equal(0, queue.Count);
        Assert.Equal(ForgetTurn.Nothing, queue.NextTurn(false, false));
        Assert.Empty(queue.Validate());
    }

    [Fact]
    public void The_queue_behaves_as_the_rule_written_out_on_a_plain_list()
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(most: 3000), steps =>
            {
                var queue = new ForgetQueue();
                var rule = new Rule();
                foreach (int step in steps)
                    Step(queue, rule, step);
                Assert.Empty(queue.Validate());
                Assert.Equal(rule.Queued.Count, queue.Count);
            }),
            tests: 100);
    }

    [Fact]
    public void The_validator_names_the_counter_that_lies()
    {
        var queue = new ForgetQueue();
        queue.Enqueue(1, 4);
        queue.CorruptCount();

        Assert.Equal([new ValidationError("forget-queue-entries", 1, 2)], queue.Validate());
    }

    private static void Step(ForgetQueue queue, Rule rule, int step)
    {
        if (step % 3 != 0)
        {
            queue.Enqueue((ulong)step, (ulong)(step % 1000));
            rule.Queued.Add(new((ulong)step, (ulong)(step % 1000)));
            return;
        }

        bool requests = step % 2 == 0;
        int minor = step % 7 == 0 ? 15 : 45;
        int bytes = 8192 + (step % 64);
        ForgetTurn turn = queue.NextTurn(false, requests);
        Assert.Equal(rule.NextTurn(requests), turn);
        if (turn != ForgetTurn.Forget)
            return;
        var entries = new ForgetEntry[600];
        int count = queue.Read(minor, bytes, entries);
        Assert.Equal(rule.Read(minor, bytes), entries[..count]);
    }

    /// <summary>R3 word for word, with a list that is cut at its head.</summary>
    private sealed class Rule
    {
        private int _forgetBatch;

        public List<ForgetEntry> Queued { get; } = [];

        public ForgetTurn NextTurn(bool requests)
        {
            if (Queued.Count > 0)
            {
                if (!requests)
                    return ForgetTurn.Forget;
                bool forget = _forgetBatch > 0;
                _forgetBatch--;
                if (forget)
                    return ForgetTurn.Forget;
                if (_forgetBatch <= -8)
                    _forgetBatch = 16;
            }

            return requests ? ForgetTurn.Request : ForgetTurn.Nothing;
        }

        public ForgetEntry[] Read(int minor, int bytes)
        {
            int count = minor < 16 || Queued.Count < 2
                ? 1
                : Math.Min(Queued.Count, (bytes - 48) / 16);
            ForgetEntry[] read = [.. Queued[..count]];
            Queued.RemoveRange(0, count);
            return read;
        }
    }
}
