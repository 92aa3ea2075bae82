using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// Files that the kernel reads and writes by itself (FUSE_PASSTHROUGH). Whether it does is seen by
/// stopping the server: what needs no request of it goes on.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class BackingTests : IDisposable
{
    /// <summary>A caller without rights, for whom the folders must be open.</summary>
    private const string AsUser = """
        chmod 755 $root; chmod 777 src
        user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("--backing on")]
    [InlineData("--workers 1")]
    public void Data_need_no_server(string options)
    {
        RequireBacking();
        _script.Run($"options='{options}'\n" + """
            echo hello >src/f
            serve $options
            perl -e '
              my ($server, $file, $source) = @ARGV;
              open F, "+<", $file or die "open: $!\n";
              syswrite F, "h";  # The first asks for security.capability.
              sysseek F, 0, 0;
              kill "STOP", $server;
              $SIG{ALRM} = sub { kill "CONT", $server; die "the server was asked\n"; };
              alarm 30;
              sysread F, my $read, 5;
              sysseek F, 0, 0;
              syswrite F, "HELLO";
              open S, "<", $source; sysread S, my $there, 5;
              alarm 0;
              kill "CONT", $server;
              die "read $read\n" if $read ne "hello";
              die "written $there\n" if $there ne "HELLO";
            ' $server mnt/f src/f
            stop TERM
            """);
    }

    [Fact]
    public void Sizes_ends_and_mappings_are_right_at_once()
    {
        RequireBacking();
        _script.Run("""
            serve --backing on --timeout 60
            printf %s 12345678 >mnt/f
            exec 5<>mnt/f 6>>mnt/f
            printf end >&6
            [ "$(stat -c %s mnt/f)" = 11 ] || die "size $(stat -c %s mnt/f)"
            [ "$(stat -c %y mnt/f)" = "$(stat -c %y src/f)" ] || die "another time"
            truncate -s 4 mnt/f
            printf x >&6
            [ "$(cat mnt/f)" = 1234x ] || die "holds $(cat mnt/f)"
            python3 - mnt/f src/f <<'P'
            import mmap, os, sys
            f = os.open(sys.argv[1], os.O_RDWR)
            mapped = mmap.mmap(f, 5)
            mapped[0:2] = b"MM"
            there = open(sys.argv[2], "rb").read()
            assert there == b"MM34x", there
            os.pwrite(f, b"W", 2)
            assert mapped[0:3] == b"MMW", mapped[0:3]
            os.unlink(sys.argv[1])
            assert os.pwrite(f, b"Z", 3) == 1 and os.pread(f, 5, 0) == b"MMWZx"
            assert os.fstat(f).st_nlink == 0
            P
            stop TERM
            """);
    }

    /// <summary>Root has the file open first: its credentials are not those of others.</summary>
    [Fact]
    public void Blocks_reserved_for_root_are_not_given_to_others()
    {
        RequireBacking();
        _script.Run(AsUser + """
            truncate -s 32M image; mkfs.ext4 -q -m 30 image; mount -o loop image src
            touch src/f; chmod 666 src/f
            serve --backing on
            exec 5<>mnt/f
            user dd if=/dev/zero of=mnt/f bs=64k conv=notrunc 2>&1 | grep -q 'No space' ||
              die "no end"
            [ "$(stat -f -c %a src)" -lt 1000 ] || die "left for all: $(stat -f -c %a src)"
            [ "$(stat -f -c %f src)" -gt 5000 ] || die "left for root: $(stat -f -c %f src)"
            exec 5>&-
            stop TERM
            umount src
            """);
    }

    [Fact]
    public void Set_id_bits_go_with_a_write_of_another_and_stay_with_one_of_root()
    {
        RequireBacking();
        _script.Run(AsUser + """
            for f in others roots late; do echo x >src/$f; chmod 777 src/$f; done
            serve --backing on --timeout 0
            chmod 6777 mnt/others mnt/roots
            user bash -c 'echo y >>mnt/others'
            [ "$(stat -c %a src/others)" = 777 ] || die "kept: $(stat -c %a src/others)"
            echo y >>mnt/roots
            [ "$(stat -c %a src/roots)" = 6777 ] || die "root's: $(stat -c %a src/roots)"

            # It gets the bits while it is open, by root first.
            exec 5<>mnt/late
            mkfifo go; chmod 666 go
            user bash -c 'exec 6>>mnt/late; read -r line <go; echo y >&6' & writer=$!
            exec 7>go
            chmod 6777 mnt/late
            echo now >&7; wait $writer
            [ "$(stat -c %a src/late)" = 777 ] || die "kept: $(stat -c %a src/late)"
            [ "$(stat -c %a mnt/late)" = 777 ] || die "still seen: $(stat -c %a mnt/late)"
            exec 5>&- 7>&-
            stop TERM
            """);
    }

    /// <summary>While an inode is open in one mode, an open file of the other is EIO.</summary>
    [Fact]
    public void Openings_of_every_kind_go_together()
    {
        RequireBacking();
        _script.Run("""
            echo x >src/plain; chmod 4755 src/plain; echo x >src/backed
            serve --backing on --timeout 0
            exec 5<mnt/plain; chmod 755 mnt/plain  # From now on it could be backed.
            exec 6<mnt/backed; chmod 4755 mnt/backed  # And this one was.
            for f in plain backed; do
              echo $f >>mnt/$f
              exec 7<>mnt/$f
              dd if=mnt/$f of=out iflag=direct bs=4096 2>dd || die "$(cat dd)"
              [ "$(cat mnt/$f)" = "x
            $f" ] || die "$f holds $(cat mnt/$f)"
              : >mnt/$f
              exec 7>&-
            done
            exec 5<&- 6<&-
            echo y >mnt/plain; [ "$(cat src/plain)" = y ] || die "afterwards"
            stop TERM
            """);
    }

    [Fact]
    public void A_source_on_other_file_systems_is_served_plainly_and_refused_with_on()
    {
        RequireBacking();
        _script.Run("""
            mkdir all; mount -t tmpfs none all; mkdir all/low all/up all/work; echo x >all/low/f
            mount -t overlay -o \
              nfs_export=on,index=on,lowerdir=all/low,upperdir=all/up,workdir=all/work none src
            serve
            echo y >>mnt/f; [ "$(wc -l <src/f)" = 2 ] || die "not written"
            stop TERM
            rc=0; dotnet $program mount src mnt --backing on >out 2>err || rc=$?
            [ $rc = 3 ] || die "ended with $rc"
            grep -q overlay err || die "$(cat err)"
            umount src all
            """);
    }

    [Theory]
    [InlineData("--writeback")]
    [InlineData("--keep")]
    [InlineData("--model")]
    public void What_must_see_the_data_goes_without(string option)
    {
        _script.Run($"option={option}\n" + """
            rc=0; dotnet $program mount src mnt --backing on $option >out 2>err || rc=$?
            [ $rc = 2 ] || die "ended with $rc"
            grep -qe "--backing on goes without $option" err || die "$(cat err)"
            serve $option
            echo x >mnt/f; [ "$(cat mnt/f)" = x ] || die "holds $(cat mnt/f)"
            stop TERM
            """);
    }

    /// <summary>As fs/fuse/iomode.c of 6.9 has it.</summary>
    [Fact]
    public void An_id_outlives_its_server_and_no_other_goes_beside_it()
    {
        RequireBacking();
        _script.Run("""
            dotnet $program restart --kills 1 --on $root --json >out 2>err || die "$(cat out err)"
            python3 - <<'P'
            import json
            rows = json.load(open("out"))["backing"]["rows"]
            measured = {row["name"]: row["measured"] for row in rows}
            assert measured == {
                "read, write: open from before": "works, no request",
                "open beside it, answered plainly": "EIO",
                "open beside it, with a new id": "EIO",
                "open beside it, with the old id": "works, no request",
                "all closed, then plainly": "works, by requests",
                "all closed, with a new id": "works, no request",
                "all closed, with the old id": "works, no request",
            }, measured
            P
            """);
    }

    private static void RequireBacking() =>
        Assert.SkipUnless(
            Environment.OSVersion.Version >= new Version(6, 9), "backing files are Linux 6.9's");
}
