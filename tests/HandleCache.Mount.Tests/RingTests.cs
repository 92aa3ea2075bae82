using HandleCache.Linux;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>FUSE over io_uring, where this kernel has it switched on.</summary>
[Collection("mounts, one at a time")]
public sealed class RingTests : IDisposable
{
    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void Over_io_uring_the_mount_is_the_source_and_the_model_agrees()
    {
        RequireRing();
        _script.Run("""
            mkdir -p $src/tree/a/b
            for i in $(seq 40); do head -c $((i * 9973)) /dev/urandom > $src/tree/a/f$i; done
            serve --channel ring --model --timeout 0.01
            cp -a $mnt/tree $root/out-of; diff -r $src/tree $root/out-of
            cp -a $src/tree $mnt/into; diff -r $src/tree $src/into
            head -c 9000000 /dev/urandom > want; cp want $mnt/large; cmp want $src/large
            cmp want $mnt/large
            jobs=
            for job in 1 2 3 4; do
              (for i in $(seq 200); do stat $mnt/tree/a/f$((i % 40 + 1)) > /dev/null; done) &
              jobs="$jobs $!"
            done
            for job in $jobs; do wait $job; done
            rm -r $mnt/into; [ ! -e $src/into ] || die "not removed"
            stop INT
            [ $rc = 0 ] || die "ended with $rc"
            """);
        Assert.Contains("live-nodeids", _script.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Unmounting_ends_the_threads_that_wait_in_their_rings()
    {
        RequireRing();
        _script.Run("""
            echo text > $src/file
            serve --channel ring
            cat $mnt/file > /dev/null; umount $mnt
            rc=0; wait $server || rc=$?; [ $rc = 0 ] || die "ended with $rc"
            """);
    }

    [Fact]
    public void Where_io_uring_is_switched_off_the_command_says_how_to_switch_it_on()
    {
        const string Switch = "/sys/module/fuse/parameters/enable_uring";
        if (!File.Exists(Switch))
            Assert.Skip("this kernel has no FUSE over io_uring to switch off");
        // In the script's own mount namespace: the kernel's switch stays as it is.
        _script.Run($$"""
            echo N > off; mount --bind off {{Switch}}
            rc=0; dotnet "$program" mount $src $mnt --channel ring 2> said || rc=$?
            [ $rc = 3 ] || die "ended with $rc"
            grep -q io_uring said || die "it said: $(cat said)"
            """);
    }

    private static void RequireRing()
    {
        if (FuseConnection.WhyNotOverIoUring() is { } reason)
            Assert.Skip(reason);
    }
}
