using FsCheck.Fluent;
using HandleCache.Model.Handles;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Model.Tests.Handles;

public sealed class SpillPoolTests
{
    [Theory]
    [InlineData(0, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    [InlineData(16, 16)]
    [InlineData(20, 32)]
    [InlineData(33, 64)]
    [InlineData(65, 96)]
    [InlineData(97, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 192)]
    [InlineData(256, 256)]
    public void A_buffer_is_of_the_smallest_kmalloc_size_that_fits(int length, int sizeBytes)
    {
        using var pool = SpillPool.Kmalloc();
        SpillReference reference = pool.Store(new byte[length]);

        for (int i = 0; i < pool.ClassCount; i++)
            Assert.Equal(pool.ClassSizeBytes(i) == sizeBytes ? 1 : 0, pool.ClassOutstanding(i));
        pool.Release(reference);
    }

    [Fact]
    public void A_returned_buffer_is_never_read_through_its_old_reference()
    {
        using var pool = SpillPool.Kmalloc();
        SpillReference old = pool.Store(HandleBytes.Of(1, 20));
        pool.Release(old);
        Assert.False(pool.TryRead(old, 20, out _));

        // The slot just freed is the next one taken.
        SpillReference reused = pool.Store(HandleBytes.Of(2, 20));
        Assert.Equal(old.Slot, reused.Slot);
        Assert.NotEqual(old, reused);
        Assert.False(pool.TryRead(old, 20, out _));
        Assert.Throws<InvalidOperationException>(() => pool.Read(old, 20).Length);
        Assert.Throws<InvalidOperationException>(() => pool.Release(old));
        Assert.Equal(HandleBytes.Of(2, 20), pool.Read(reused, 20).ToArray());
        pool.Release(reused);
    }

    [Fact]
    public void A_page_that_went_through_the_object_pool_does_not_revive_old_references()
    {
        using var pool = SpillPool.Dedicated(128);
        const int PerPage = 65536 / 128;
        var old = new SpillReference[PerPage * 3];
        for (int life = 0; life < 5; life++)
        {
            var now = new SpillReference[old.Length];
            for (int i = 0; i < now.Length; i++)
                now[i] = pool.Store(HandleBytes.Of((ulong)i, 100));
            Assert.DoesNotContain(old, reference => pool.TryRead(reference, 100, out _));
            foreach (SpillReference reference in now)
                pool.Release(reference);
            Assert.Empty(pool.Validate());
            old = now;
        }

        Assert.Equal(1, pool.ClassAt(0).PageCount);
    }

    [Fact]
    public void A_slot_whose_tags_are_used_up_is_never_taken_again()
    {
        using var pool = SpillPool.Dedicated(32);
        SpillReference first = pool.Store([1]);
        pool.Release(first);
        pool.ClassAt(0).FirstPage().AgeSlot(first.Slot, SpillReference.MaxTag - 3);

        SpillReference last = pool.Store([2]);
        Assert.Equal(first.Slot, last.Slot);
        Assert.Equal(SpillReference.MaxTag - 2, last.Tag);
        pool.Release(last);

        SpillReference next = pool.Store([3]);
        Assert.NotEqual(first.Slot, next.Slot);
        Assert.Empty(pool.Validate());
        pool.Release(next);
    }

    [Fact]
    public void Release_checks_class_page_slot_and_use()
    {
        using var pool = SpillPool.Kmalloc();
        SpillReference good = pool.Store([1, 2, 3]);
        SpillReference[] wrong =
        [
            default,
            new(1, good.Page, good.Slot, good.Tag),
            new(good.SizeClass, good.Page + 1, good.Slot, good.Tag),
            new(good.SizeClass, good.Page, good.Slot + 1, good.Tag),
            new(good.SizeClass, good.Page, good.Slot, good.Tag + 1),
            new(good.SizeClass, good.Page, good.Slot, good.Tag + 2),
            new(ulong.MaxValue),
        ];
        foreach (SpillReference reference in wrong)
            Assert.Throws<InvalidOperationException>(() => pool.Release(reference));
        pool.Release(good);
    }

    [Fact]
    public void Disposing_a_pool_with_a_buffer_outstanding_fails_and_counts_it()
    {
        var pool = SpillPool.Kmalloc();
        SpillReference left = pool.Store([1]);

        var error = Assert.Throws<InvalidOperationException>(pool.Dispose);
        Assert.Contains("1 spill buffers", error.Message, StringComparison.Ordinal);
        pool.Release(left);
        pool.Dispose();
    }

    [Fact]
    public void Buffers_come_and_go_as_a_dictionary_of_their_bytes_says()
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(most: 400), steps =>
            {
                var pool = SpillPool.Kmalloc();
                var model = new Dictionary<SpillReference, byte[]>();
                var dead = new List<SpillReference>();
                foreach (int step in steps)
                {
                    Step(pool, model, dead, step);
                    Assert.Empty(pool.Validate());
                }

                foreach ((SpillReference reference, byte[] bytes) in model)
                    Assert.Equal(bytes, pool.Read(reference, bytes.Length).ToArray());
                Assert.DoesNotContain(dead, reference => pool.TryRead(reference, 0, out _));
                Assert.Equal(model.Count, pool.Outstanding);
            }),
            tests: 60);
    }

    private static void Step(
        SpillPool pool, Dictionary<SpillReference, byte[]> model, List<SpillReference> dead,
        int step)
    {
        if (step % 5 < 3 || model.Count == 0)
        {
            byte[] bytes = HandleBytes.Of((ulong)step, step / 5 % 257);
            model.Add(pool.Store(bytes), bytes);
            return;
        }

        SpillReference gone = model.Keys.ElementAt(step / 5 % model.Count);
        pool.Release(gone);
        model.Remove(gone);
        dead.Add(gone);
    }
}
