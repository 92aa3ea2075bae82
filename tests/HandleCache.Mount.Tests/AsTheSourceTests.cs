using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>What users of a mount see as the source itself would show it.</summary>
[Collection("mounts, one at a time")]
public sealed class AsTheSourceTests : IDisposable
{
    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public void A_removed_working_directory_is_empty()
    {
        _script.Run("""
            serve --timeout 0
            mkdir $mnt/gone; cd $mnt/gone; rmdir $mnt/gone

            # More than the server caches descriptors of.
            for i in $(seq 300); do echo $i >$mnt/f$i; done
            chmod 600 $mnt/f*
            names=$(ls -A) || die "cannot be listed"
            [ -z "$names" ] || die "not empty: $names"
            [ "$(stat -c %h .)" = 0 ] || die "links: $(stat -c %h .)"
            cd $root
            stop TERM
            """);
    }

    [Fact]
    public void What_the_kernel_has_yet_to_write_is_data()
    {
        _script.Run("""
            serve --writeback
            data=$(perl -e 'open F, "+>", $ARGV[0]; sysseek F, 4096, 0; syswrite F, "x";
              print sysseek(F, 0, 3) // "$!"' $mnt/log)  # SEEK_DATA
            [ "$data" = "0 but true" ] || die "data at: $data"
            stop TERM
            """);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    public void Clients_hold_more_files_open_than_the_server_may_have_descriptors(string options)
    {
        _script.Run($"options={options}\n" + """
            ulimit -n 300
            serve $options
            open() {
              for i in $(seq 150); do exec {fd}<>$mnt/$1.$i; fds[i]=$fd; done
              touch $root/opened.$1
              until [ -e $root/go ]; do sleep 0.05; done
              for i in $(seq 150); do echo $1.$i >&${fds[i]}; done
            }
            for c in 1 2 3 4 5; do open $c & clients="${clients:-} $!"; done
            for i in $(seq 1000); do
              [ "$(ls $root | grep -c opened)" = 5 ] && break
              sleep 0.05
            done
            [ "$(ls $mnt | wc -l)" = 750 ] || die "of 750 files: $(ls $mnt | wc -l)"
            [ -z "$options" ] || kill -9 $(sed -n 's/.*is process //p' err | tail -1)
            touch go $mnt/other
            for client in $clients; do wait $client || die "a client failed"; done
            for c in 1 2 3 4 5; do for i in $(seq 150); do
              [ "$(<$src/$c.$i)" = $c.$i ] || die "$c.$i holds $(<$src/$c.$i)"
            done; done
            stop TERM
            """);
    }

    /// <summary>lsattr(1), chattr(1) and, for the project, struct fsxattr.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    [InlineData("--writeback")]
    public void Flags_of_files_are_those_of_the_source_and_other_ioctls_are_refused(string options)
    {
        _script.Run($"options={options}\n" + """
            command -v lsattr >/dev/null || exit 0
            echo one >$src/f; mkdir $src/d
            lsattr -d $src/f >/dev/null 2>&1 || exit 0  # A source without flags.
            serve $options
            trap 'chattr -R -i -a $src' EXIT
            same() {
              for f in f d; do
                a=$(lsattr -pd $src/$f | sed "s,$src,,"); b=$(lsattr -pd $mnt/$f | sed "s,$mnt,,")
                [ "$a" = "$b" ] || die "$1: $f has '$b', in the source '$a'"
              done
            }
            same before
            chattr +d $mnt/f; chattr +d $mnt/d; same nodump
            chattr +i $mnt/f; same immutable
            lsattr $src/f | grep -q i || die "not immutable in the source"
            ! (echo two >>$mnt/f) 2>/dev/null || die "an immutable file was written"
            ! rm -f $mnt/f 2>/dev/null || die "an immutable file was removed"
            chattr -i $mnt/f; same mutable
            echo two >>$mnt/f
            setpriv --reuid 1234 --clear-groups chattr +i $mnt/f 2>/dev/null \
              && die "not the owner's, nor his right"
            perl -e 'open F, "<", $ARGV[0]; my $b = "x" x 64;
              exit(ioctl(F, 0x80047601, $b) ? 1 : $! == 25 ? 0 : 2)' $mnt/f \
              || die "FS_IOC_GETVERSION: $?"
            stop TERM
            """);
    }
}
