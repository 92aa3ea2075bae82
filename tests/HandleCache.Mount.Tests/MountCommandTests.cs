using Xunit;

namespace HandleCache.Mount.Tests;

[Collection("mounts, one at a time")]
public sealed class MountCommandTests : IDisposable
{
    private const string Tree = """
        mkdir -p $src/tree/a/b $src/tree/empty
        for i in $(seq 40); do head -c $((i * 997)) /dev/urandom > $src/tree/a/f$i; done
        ln $src/tree/a/f1 $src/tree/a/b/hard; ln -s ../f2 $src/tree/a/b/soft
        mkfifo $src/tree/a/pipe; chmod 640 $src/tree/a/f3; touch -d 2001-02-03 $src/tree/a/f4

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void Copies_archives_and_listings_of_the_mount_equal_those_of_the_source()
    {
        _script.Run(Tree + """
            serve --model
            (cd $src && find . -printf '%p %y %m %s %l %n %i %T@\n' | sort) > want
            (cd $mnt && find . -printf '%p %y %m %s %l %n %i %T@\n' | sort) > got
            cmp want got
            cp -a $mnt/tree $root/out-of; diff -r --no-dereference -x pipe $src/tree $root/out-of
            cp -a $src/tree $mnt/into; diff -r --no-dereference -x pipe $src/tree $src/into
            tar -C $src -cf want.tar --sort=name tree; tar -C $mnt -cf got.tar --sort=name tree
            cmp want.tar got.tar
            mkdir $mnt/x; tar -C $mnt/x -xf want.tar
            diff -r --no-dereference -x pipe $src/tree $src/x/tree
            stop INT
            [ $rc = 0 ] || die "ended with $rc"
            """);
        Assert.Contains("live-nodeids", _script.Output, StringComparison.Ordinal);
        Assert.Contains("\nrepeat: handlecache mount", _script.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Git_clones_a_repository_of_the_mount_onto_the_mount()
    {
        _script.Run(Tree + """
            git init -q $src/repo; cp -r $src/tree/a/f* $src/repo
            export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
            git -C $src/repo add -A; git -C $src/repo commit -qm one
            serve
            git clone -q --no-hardlinks $mnt/repo $mnt/clone
            [ -z "$(git -C $mnt/clone status --porcelain)" ] || die "the clone is not clean"
            git -C $mnt/clone fsck --strict
            diff -r -x .git $src/repo $src/clone
            stop TERM
            [ $rc = 0 ] || die "ended with $rc"
            """);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--writeback")]
    public void Large_data_written_through_the_mount_reads_back_the_same(string options)
    {
        _script.Run($"serve {options}\n" + """
            head -c 50000000 /dev/urandom > want
            dd if=want of=$mnt/big bs=1M conv=fsync status=none
            cmp want $mnt/big; cmp want $src/big
            dd if=$mnt/big of=back bs=64k status=none; cmp want back
            stop INT
            """);
    }

    [Fact]
    public void A_signal_unmounts_even_while_a_file_is_open()
    {
        _script.Run("""
            echo x > $src/f
            serve
            exec 9< $mnt/f
            stop TERM
            [ $rc = 0 ] || die "ended with $rc"
            """);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    public void Sigint_unmounts_also_where_the_shell_has_started_it_ignoring_that(string options)
    {
        _script.Run($"""
            set +m  # the shell ignores SIGINT for what runs in the background
            serve {options}
            stop INT
            [ $rc = 0 ] || die "ended with $rc"
            """);
    }

    [Fact]
    public void Umount_by_somebody_else_ends_the_command_and_leaves_what_lay_below()
    {
        _script.Run("""
            mount -t tmpfs none $mnt
            serve
            umount $mnt
            wait $server
            [ "$(stat -f -c %T $mnt)" = tmpfs ] || die "the mount below was taken away"
            """);
    }

    [Fact]
    public void The_way_to_unmount_after_kill_9_is_told_beforehand()
    {
        _script.Run("""
            serve
            kill -9 $server; wait $server || true
            $(sed -n 's/.*after kill -9: //p' err)
            ! mountpoint -q $mnt || die "the hint did not help"
            """);
    }

    [Theory]
    [InlineData("$src $root/none", 2, "no such directory")]
    [InlineData("$root/none $mnt", 2, "no such directory")]
    [InlineData("$src $src/file", 2, "not a directory")]
    [InlineData("/proc $mnt", 2, "ext4")]
    [InlineData("$src", 2, "MOUNTPOINT")]
    [InlineData("$src $mnt --timeout -1", 2, "--timeout")]
    public void Bad_input_ends_with_2_and_says_why(string arguments, int code, string reason)
    {
        string output = _script.Run($$"""
            touch $src/file; rc=0
            timeout 30 dotnet "$program" mount {{arguments}} 2>&1 || rc=$?
            [ $rc = {{code}} ] || die "ended with $rc"
            """);
        Assert.Contains(reason, output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
    }
}
