using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// Handles of a mount whose nodeids are the source's handles: good after FORGET, after another
/// mount and in another life, stale after a deletion, and never another file.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class StatelessTests : IDisposable
{
    /// <summary>
    /// take PATH prints a handle; read HANDLE prints what the file of it holds, or an errno.
    /// </summary>
    private const string Handles = """
        take() { perl -e '
          my $h = pack("Iia128", 128, 0, ""); my $m = pack("i", 0);
          syscall(303, -100, $ARGV[0], $h, $m, 0) and die "name_to_handle_at: $!";
          my ($n) = unpack("I", $h); print unpack("H*", substr($h, 0, 8 + $n));' "$1"; }
        read_handle() { perl -e '
          open my $d, "<", $ARGV[0] or die $!; my $h = pack("H*", $ARGV[1]);
          my $fd = syscall(304, fileno($d), $h, 0);
          if ($fd < 0) { print 0 + $!; exit } open my $f, "<&=", $fd; print <$f>;' $mnt "$1"; }
        evict() { for i in 1 2 3; do echo 2 >/proc/sys/vm/drop_caches; done; }
        source_on() {
          case $1 in
            tmpfs) mount -t tmpfs none $src;;
            *) command -v mkfs.$1 >/dev/null || exit 0
               truncate -s 400M image; mkfs.$1 -q image || exit 0
               mount -o loop image $src 2>/dev/null || exit 0;;
          esac
        }

        """;

    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    [Theory]
    [InlineData("tmpfs", "")]
    [InlineData("tmpfs", "--keep")]
    [InlineData("ext4", "")]
    [InlineData("xfs", "")]
    public void A_handle_stays_good_and_is_never_another_file_s(string source, string options)
    {
        _script.Run(Handles + $"source_on {source}; options={options}\n" + """
            mkdir $src/d; printf one >$src/d/one; printf two >$src/two; printf gone >$src/gone
            serve --stateless $options
            one=$(take $mnt/d/one); two=$(take $mnt/two); gone=$(take $mnt/gone)
            made=$(printf new >$mnt/made; take $mnt/made)
            rm $mnt/gone
            check() {
              [ "$(read_handle $one)" = one ] || die "$1: one: $(read_handle $one)"
              [ "$(read_handle $two)" = two ] || die "$1: two: $(read_handle $two)"
              [ "$(read_handle $made)" = new ] || die "$1: made: $(read_handle $made)"
              [ "$(read_handle $gone)" = 116 ] || die "$1: gone: $(read_handle $gone)"
              [ "$(ls -di $mnt/d | cut -d' ' -f1)" = "$(ls -di $src/d | cut -d' ' -f1)" ]
            }
            check first
            evict; check evicted
            mv $mnt/two $mnt/d/two; evict; check renamed
            if [ -n "$options" ]; then
              kill -9 $(sed -n 's/.*is process //p' err | tail -1)
              check "after a kill"; evict; check "evicted after a kill"
            fi
            stop TERM
            serve --stateless $options
            check "after another mount"

            # What reuses the inode is another object.
            for i in $(seq 50); do printf $i >$src/reused$i; done
            evict; check "beside new files"
            stop TERM
            """);
    }

    [Fact]
    public void Handles_of_a_table_are_stale_after_another_mount_and_never_another_file()
    {
        _script.Run(Handles + """
            for i in 1 2 3 4; do printf $i >$src/$i; done
            serve --export
            first=$(take $mnt/1); [ "$(read_handle $first)" = 1 ] || die "not good at all"
            stop TERM
            serve --export
            cat $mnt/3 $mnt/2 $mnt/4 >/dev/null
            [ "$(read_handle $first)" = 116 ] || die "after another mount: $(read_handle $first)"
            stop TERM
            """);
    }

    [Fact]
    public void A_directory_of_a_file_system_is_refused_since_handles_would_reach_beyond_it()
    {
        _script.Run("""
            rc=0
            dotnet "$program" mount $src $mnt --stateless 2>err || rc=$?
            [ $rc = 2 ] || die "ended with $rc"
            grep -q "not a whole file system" err || die "$(cat err)"
            """);
    }

    /// <summary>A handle that names an inode which the mount has never shown.</summary>
    [Fact]
    public void A_handle_that_was_made_up_is_stale_or_an_object_of_the_source()
    {
        _script.Run(Handles + """
            source_on tmpfs
            printf one >$src/one
            serve --stateless
            one=$(take $mnt/one)
            for i in 0 1 2 3 40 255; do
              guess=${one:0:16}$(printf %02x $i)${one:18}
              got=$(read_handle $guess)
              case $got in 116|5|one) ;; *) die "$guess: $got";; esac
            done
            stop TERM
            """);
    }
}
