using HandleCache.Lab.Restart.Modelled;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>
/// v3 in the modelled world: CREATE as a compound, and servers that decline compounds.
/// </summary>
public sealed class CompoundFallbackTests
{
    /// <summary>
    /// With the handle: LOOKUP of the new name (ENOENT), CREATE. Without: LOOKUP (ESTALE), LOOKUP
    /// of the parent to revalidate (another nodeid, so the name goes, R6), LOOKUP of the parent,
    /// LOOKUP of the new name, CREATE.
    /// </summary>
    [Theory]
    [InlineData("v3", 2)]
    [InlineData("classic", 5)]
    public void Create_reaches_a_parent_of_the_life_before_by_its_handle_at_once(
        string name, int requests)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        using RestartWorld world = New(new() { Dialect = dialect });
        Do(world, "stat d");
        Do(world, "crash");
        Do(world, "restart");
        Assert.Equal(requests, Requests(world, "create d/new 1"));
        Do(world, "read 1");
        AssertSound(world);
    }

    [Fact]
    public void A_server_without_compounds_is_asked_once_and_serves_the_parts()
    {
        using RestartWorld world = New(new()
        {
            Dialect = Dialect.V3,
            CompoundErrno = Errno.ENOSYS,
        });
        // The compound, LOOKUP_HANDLE, STATX.
        Assert.Equal(3, Requests(world, "lookup d"));
        Assert.Equal(2, Requests(world, "lookup d/a"));
        // LOOKUP_HANDLE (ENOENT), MKOBJ_HANDLE, STATX, OPEN.
        Assert.Equal(4, Requests(world, "create d/new 1"));
        Do(world, "read 1");
        Do(world, "stat d/new");
        Do(world, "mkdir d/sub");
        AssertSound(world);
    }

    [Fact]
    public void A_server_that_declines_one_combination_gets_the_other_as_a_compound()
    {
        using RestartWorld world = New(new()
        {
            Dialect = V7(),
            CompoundErrno = Errno.EOPNOTSUPP,
            Declined = [FuseOpcode.FUSE_CREATE],
        });
        Assert.Equal(1, Requests(world, "lookup d"));
        Assert.Equal(5, Requests(world, "create d/new 1"));
        Assert.Equal(4, Requests(world, "create d/newer 2"));
        Assert.Equal(1, Requests(world, "lookup d/a"));
        AssertSound(world);
    }

    [Fact]
    public void EOPNOTSUPP_in_framing_v5_is_the_operations_own_error()
    {
        using RestartWorld world = New(new()
        {
            Dialect = Dialect.V3,
            CompoundErrno = Errno.EOPNOTSUPP,
            Declined = [FuseOpcode.FUSE_CREATE],
        });
        Do(world, "lookup d");
        Assert.Equal(Errno.EOPNOTSUPP, world.Do(WorldStep.Parse("create d/new 1")));
    }

    [Theory]
    [InlineData(Errno.None)]
    [InlineData(Errno.ENOSYS)]
    public void A_create_in_hand_at_the_death_is_answered_once_by_the_next_life(Errno compounds)
    {
        foreach (CrashMoment moment in Enum.GetValues<CrashMoment>())
        {
            using RestartWorld world = New(new()
            {
                Dialect = Dialect.V3,
                CompoundErrno = compounds,
            });
            Do(world, "stat d");
            world.KillAtNextRequest(moment);
            Do(world, "create d/new 1");
            Assert.False(world.IsArmed);
            Do(world, "read 1");
            Do(world, "close 1");
            Do(world, "shrink");
            Assert.Equal(Errno.None, world.Do(WorldStep.Parse("stat d/new")));
            AssertSound(world);
        }
    }

    private static RestartWorld New(WorldOptions options)
    {
        RestartWorld world = new(options);
        world.Plant("d/a", isDirectory: false);
        return world;
    }

    private static void Do(RestartWorld world, string step) =>
        Assert.Equal((step, Errno.None), (step, world.Do(WorldStep.Parse(step))));

    /// <summary>What the kernel sends for a step.</summary>
    private static long Requests(RestartWorld world, string step)
    {
        long before = world.Tally.Requests;
        Do(world, step);
        return world.Tally.Requests - before;
    }

    private static void AssertSound(RestartWorld world)
    {
        Assert.Equal(0, world.Tally.WrongObject);
        Assert.Equal(0, world.Tally.AnsweredTwice);
        Assert.Equal(0, world.Tally.Refused);
        Assert.Null(world.Unbalanced());
    }

    private static Dialect V7()
    {
        DialectOptions options = new() { Compound = CompoundFraming.V7 };
        Assert.True(DialectList.TryCreate("v3", options, out Dialect? dialect, out _));
        return dialect;
    }
}
