using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>
/// What <see cref="TreePair"/> does to the shadow where the mount says ESTALE: two plain
/// directories, one of which plays the mount.
/// </summary>
public sealed class TreePairTests : IDisposable
{
    private readonly TempFolder _mount = new();
    private readonly TempFolder _shadow = new();
    private readonly FileDescriptor _mounted;
    private readonly FileDescriptor _shadowed;
    private readonly ClientResult _result = new();
    private readonly TreePair _pair;

    public TreePairTests()
    {
        _mounted = WorkloadServer.OpenRoot(_mount.Root);
        _shadowed = WorkloadServer.OpenRoot(_shadow.Root);
        _pair = new TreePair(_mounted, _shadowed, _result);
    }

    [Fact]
    public void What_the_mount_lost_and_did_not_do_is_an_error_and_not_done_to_the_shadow()
    {
        Errno errno = _pair.Both("mkdir d", root => MakeDirectory(root, refused: true), "d");

        Assert.Equal(Errno.ESTALE, errno);
        Assert.False(Directory.Exists(_shadow.In("d")));
        Assert.Equal(1, _result.Errors);
        _pair.CompareNames(".");
        Assert.Equal(1, _result.Errors);
        Assert.Equal(0, _result.WrongObject);
    }

    [Fact]
    public void What_the_mount_did_before_its_reply_was_lost_is_done_to_the_shadow_too()
    {
        Errno errno = _pair.Both("mkdir d", root =>
        {
            MakeDirectory(root, refused: false);
            return root == _mounted ? Errno.ESTALE : Errno.None;
        }, "d");

        Assert.Equal(Errno.None, errno);
        Assert.True(Directory.Exists(_shadow.In("d")));
        Assert.Equal(1, _result.Errors);
    }

    [Fact]
    public void Any_other_error_of_the_mount_leaves_the_shadow_ahead_and_another_object_is_seen()
    {
        File.WriteAllText(_mount.In("d"), "another");
        Errno errno = _pair.Both("mkdir d", root => MakeDirectory(root, refused: false), "d");

        Assert.Equal(Errno.None, errno);
        _pair.CompareStat("d");
        Assert.Equal(1, _result.Errors);
        Assert.Equal(1, _result.WrongObject);
    }

    [Fact]
    public void Errors_do_not_crowd_the_words_about_a_wrong_object_out()
    {
        for (int i = 0; i < 100; i++)
            _result.Error("lost");
        _result.Wrong("another file");

        Assert.Equal("another file", Assert.Single(_result.WrongMessages));
        Assert.True(_result.Messages.Count < 100);
        Assert.Equal(100, _result.Errors);
    }

    public void Dispose()
    {
        _mounted.Dispose();
        _shadowed.Dispose();
        _mount.Dispose();
        _shadow.Dispose();
    }

    private Errno MakeDirectory(FileDescriptor root, bool refused) =>
        refused && root == _mounted
            ? Errno.ESTALE
            : Names.MakeDirectory(root, BytePath.ToBytes("d"), FileModes.Octal755);
}
