using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>The load of a held mount on two plain trees, one of which plays the mount.</summary>
public sealed class HeldWorkerTests : IDisposable
{
    private readonly TempFolder _mount = new();
    private readonly TempFolder _shadow = new();
    private readonly FileDescriptor _mounted;
    private readonly FileDescriptor _shadowed;
    private readonly ClientResult _result = new();
    private readonly HeldWorker _worker;

    public HeldWorkerTests()
    {
        _mounted = WorkloadServer.OpenRoot(_mount.Root);
        _shadowed = WorkloadServer.OpenRoot(_shadow.Root);
        _worker = new HeldWorker(new TreePair(_mounted, _shadowed, _result), "t0", seed: 7);
    }

    [Fact]
    public void Two_trees_that_do_the_same_are_alike_and_nothing_is_lost()
    {
        Work(400);
        Assert.Equal(
            (0L, 0L, 0L, 0L),
            (_result.Errors, _result.WrongObject, _result.Stale, _result.Repeated));
        // A step that would make more than there is room for does nothing.
        Assert.InRange(_result.Operations, 200, 401);
        TreeComparison.Compare(new TreePair(_mounted, _shadowed, _result), "");
        Assert.True(_result.Compared > 0);
        Assert.Equal(0, _result.WrongObject + _result.Errors);
    }

    [Fact]
    public void Content_of_another_object_is_seen()
    {
        Work(40);
        foreach (string file in Directory.GetFiles(
            _mount.In("t0"), "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[0] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        Work(100);
        Assert.True(_result.WrongObject > 0);
    }

    public void Dispose()
    {
        _mounted.Dispose();
        _shadowed.Dispose();
        _mount.Dispose();
        _shadow.Dispose();
    }

    private void Work(int steps)
    {
        for (int i = 0; i < steps; i++)
            _worker.Step();
    }
}
