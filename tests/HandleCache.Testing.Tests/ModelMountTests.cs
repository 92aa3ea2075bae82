using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;
using HandleCache.Server.Sessions;
using HandleCache.Tests.Shared;
using Outsider;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>A server of this process on the modelled kernel, and the properties over it.</summary>
public sealed class ModelMountTests
{
    [Fact]
    public void Typed_calls_give_what_the_server_says()
    {
        using ModelMount mount = Mount(countsTwice: false);
        Assert.Equal(0, mount.CreateDirectory("d").Errno);
        Assert.Equal(0, mount.CreateFile("d/f").Errno);
        Assert.Equal(17, mount.CreateFile("d/f").Errno);
        Assert.Equal(0x81A4u, mount.Stat("d/f").Stat?.Mode);
        Assert.Equal(0, mount.Open("d", 0, OpenFlags.Directory).Errno);
        string listed = Assert.Single(mount.ReadDirectory(0).Names);
        Assert.StartsWith("f ", listed, StringComparison.Ordinal);
        Assert.Equal("1 3", string.Join(' ', mount.Lookups.Values.Order()));
        mount.Close(0);
        mount.CheckAll();
        Assert.Empty(mount.Lookups);
        Assert.Equal(0, mount.DeleteFile("d/f").Errno);
        Assert.Equal(0, mount.DeleteDirectory("d").Errno);
    }

    [Fact]
    public void What_the_kernel_believes_ends_with_its_validity()
    {
        using ModelMount mount = Mount(countsTwice: false);
        mount.CreateFile("f");
        mount.Stat("f");
        long asked = mount.Requests;
        mount.Stat("f");
        Assert.Equal(asked, mount.Requests);
        mount.Advance(TimeSpan.FromSeconds(2));
        mount.Stat("f");
        Assert.True(mount.Requests > asked, "the server is asked again");
    }

    [Fact]
    public void A_server_that_knows_no_nodeid_of_the_one_before_has_them_refused()
    {
        using ModelMount mount = new(new CountingFileSystem(countsTwice: false));
        mount.CreateDirectory("d");
        mount.Restart(new CountingFileSystem(countsTwice: false));
        mount.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, mount.Stat("d").Errno);
    }

    [Fact]
    public void A_server_that_throws_is_a_finding()
    {
        RuleBrokenException fault = Assert.Throws<RuleBrokenException>(() =>
        {
            using ModelMount mount = new(new ThrowingFileSystem());
            mount.Stat("f");
        });
        Assert.Equal("server-death", fault.Finding.Rule);
        Assert.Contains("thrown by GetAttr", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_does_not_answer_is_a_finding()
    {
        RuleBrokenException fault = Assert.Throws<RuleBrokenException>(() =>
        {
            using ModelMount mount = new(
                message => message[4] == 1 ? null : PlainServer.Answer(message));
            mount.Stat("hello");
        });
        Assert.Equal("no-reply", fault.Finding.Rule);
    }

    [Fact]
    public void A_sound_server_keeps_every_rule() => SeededProperty.Check(
        MountProperties.KeepsTheRules(() => Mount(countsTwice: false)), tests: 100);

    [Fact]
    public void The_cache_stays_valid_whatever_the_server_counts() => SeededProperty.Check(
        MountProperties.CacheStaysValid(() => Mount(countsTwice: true)), tests: 50);

    [Fact]
    public void A_double_count_is_found_in_100_tests_and_shrunk_to_3_calls_with_20_seeds()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            Exception found = Assert.ThrowsAny<Exception>(
                () => MountProperties.CountsBalance(() => Mount(countsTwice: true)).Check(
                    Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(seed, 1)));
            int at = found.Message.IndexOf("Shrunk:", StringComparison.Ordinal);
            string shrunk = found.Message[at..];
            Assert.Contains("  3. ReadDir(", shrunk, StringComparison.Ordinal);
            Assert.DoesNotContain("  4. ", shrunk, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Another_object_under_a_held_nodeid_is_found()
    {
        // The generation that PlainServer says is 0; from the second LOOKUP on it is another.
        int lookups = 0;
        using ModelMount mount = new(message =>
        {
            byte[]? reply = PlainServer.Answer(message);
            if (message[4] == 1 && reply is { Length: > 16 })
                reply[24] = (byte)(lookups++ > 0 ? 7 : 0);
            return reply;
        });
        mount.Stat("hello");
        mount.Advance(TimeSpan.FromSeconds(2));
        RuleBrokenException fault = Assert.Throws<RuleBrokenException>(() => mount.Stat("hello"));
        Assert.Equal("entry-identity", fault.Finding.Rule);
    }

    private static ModelMount Mount(bool countsTwice)
    {
        CountingFileSystem server = new(countsTwice);
        return new(server, new()
        {
            ServerCounts = server.CountOf,
            Session = new SessionOptions { ReadDirPlus = ReadDirPlusMode.On },
        });
    }

    private sealed class ThrowingFileSystem : FileSystem
    {
        public override Errno GetAttr(
            in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply) =>
            throw new NotSupportedException("thrown by GetAttr");
    }
}
