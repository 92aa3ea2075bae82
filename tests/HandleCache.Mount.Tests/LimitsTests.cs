using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// Where something runs out or breaks below: the errno is the source's, and nothing else suffers.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class LimitsTests : IDisposable
{
    private readonly MountScript _script = new();

    public void Dispose() => _script.Dispose();

    /// <summary>
    /// 200 is all there is, of which the runtime has some: what has no name yields first, and
    /// then says ESTALE.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    public void With_few_descriptors_named_files_go_on_and_those_without_a_name_yield(
        string options)
    {
        _script.Run($"options={options}\n" + """
            for i in $(seq 700); do echo $i >$src/$i; done
            # Not as root: he could raise the limit again.
            serve() { :; }
            ( ulimit -S -n 200; ulimit -H -n 200
              exec setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
                dotnet "$program" mount $src $mnt $options >out 2>err ) &
            server=$!
            for i in $(seq 300); do grep -q '^serving' err && break; sleep 0.05; done
            grep -q '^serving' err || die "$(cat err)"
            for i in $(seq 300); do exec {fd}<$mnt/$i; fds[i]=$fd; done
            for i in $(seq 300); do
              read -r line <&${fds[i]} || die "file $i cannot be read"
              [ "$line" = $i ] || die "file $i holds $line"
            done
            perl -e '
              for my $i (301 .. 500) {
                sysopen my $f, "$ARGV[0]/$i", 010000000 or die "O_PATH $i: $!"; push @f, $f; }
              unlink "$ARGV[0]/$_" or die "unlink $_: $!" for 301 .. 500;
              for my $f (@f) {
                my @s = stat $f; $! == 116 or die "stat: $!" unless @s;
                @s ? $held++ : $stale++; die "links: $s[3]" if @s && $s[3]; }
              print "$held held, $stale stale\n"; exit 1 unless $held && $stale;' $mnt \
              || die "what is held without a name"
            [ "$(ls $mnt | wc -l)" = 500 ] || die "names: $(ls $mnt | wc -l)"
            echo more >>$mnt/600; [ "$(tail -1 $src/600)" = more ] || die "600 was not written"
            for fd in "${fds[@]}"; do exec {fd}<&-; done
            stop TERM
            """);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    public void Two_hundred_clients_at_once_each_get_what_is_theirs(string options)
    {
        _script.Run($"options={options}\n" + """
            serve $options
            client() {
              mkdir $mnt/$1; cd $mnt/$1
              for f in 1 2 3; do echo $1.$f >$f; done
              mv 1 one; rm 2; [ "$(cat one 3 | tr '\n' ' ')" = "$1.1 $1.3 " ]
            }
            set +m
            for c in $(seq 200); do client $c & clients="${clients:-} $!"; done
            [ -z "$options" ] || kill -9 $(sed -n 's/.*is process //p' err | tail -1)
            for c in $clients; do wait $c || die "a client failed"; done
            set -m
            [ "$(find $src -type f | wc -l)" = 400 ] || die "files: $(find $src -type f | wc -l)"
            stop TERM
            """);
    }

    [Fact]
    public void A_directory_of_100_000_names_is_listed_whole()
    {
        _script.Run("""
            mount -t tmpfs none $src
            perl -e 'for (1 .. 100000) { open F, ">", "$ARGV[0]/n$_" or die $!; }' $src
            serve
            [ "$(ls -U $mnt | sort -u | wc -l)" = 100000 ] || die "names: $(ls -U $mnt | wc -l)"
            rm $mnt/n77777; : >$mnt/another
            ls -U $mnt | sort >names; ls -U $src | sort | cmp - names || die "another list"
            stop TERM
            """);
    }

    /// <summary>With a writeback cache it is said when data has to be there.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--writeback")]
    [InlineData("--keep")]
    public void A_full_disk_is_ENOSPC_and_what_was_there_stays(string options)
    {
        _script.Run($"options={options}\n" + """
            mount -t tmpfs -o size=1m none $src
            echo before >$src/f
            serve $options
            ! dd if=/dev/zero of=$mnt/big bs=64k count=40 conv=fsync 2>message || die "2.5 MiB fit"
            grep -q 'No space left on device' message || die "$(cat message)"
            [ "$(cat $mnt/f)" = before ] || die "f holds $(cat $mnt/f)"
            # There is room again when the kernel has said FORGET.
            rm $mnt/big
            until dd if=/dev/zero of=$mnt/small bs=64k count=4 conv=fsync 2>message; do
              grep -q 'No space left on device' message || die "after rm: $(cat message)"
              sleep 0.1
            done
            stop TERM
            """);
    }

    [Fact]
    public void A_source_that_becomes_read_only_is_EROFS_and_readable()
    {
        _script.Run("""
            mount -t tmpfs none $src
            echo one >$src/f
            serve
            [ "$(cat $mnt/f)" = one ]
            mount -o remount,ro $src
            ! (echo two >>$mnt/f) 2>message || die "written"
            grep -q 'Read-only file system' message || die "append: $(cat message)"
            ! mkdir $mnt/d 2>message || die "made"
            grep -q 'Read-only file system' message || die "mkdir: $(cat message)"
            [ "$(cat $mnt/f)" = one ] || die "not readable"
            mount -o remount,rw $src; echo two >>$mnt/f; [ "$(wc -l <$mnt/f)" = 2 ]
            stop TERM
            """);
    }

    /// <summary>The server has a mount of its own, which goes on.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--keep")]
    public void A_source_that_is_unmounted_underneath_is_served_on(string options)
    {
        _script.Run($"options={options}\n" + """
            mount -t tmpfs none $src
            echo one >$src/f
            serve $options
            exec 8<$mnt/f
            umount -l $src
            [ "$(cat <&8)" = one ] || die "the open file"
            [ "$(cat $mnt/f)" = one ] || die "by name"
            echo two >$mnt/g; [ "$(cat $mnt/g)" = two ] || die "made"
            exec 8<&-
            stop TERM
            """);
    }

    /// <summary>A loop device over a file that was cut short: blocks behind it are EIO.</summary>
    [Fact]
    public void A_block_that_cannot_be_read_is_EIO_and_other_files_are_read()
    {
        _script.Run("""
            command -v mkfs.ext4 >/dev/null || exit 0
            truncate -s 64M image; mkfs.ext4 -q -O ^has_journal image
            mount -o loop image $src 2>/dev/null || exit 0
            echo one >$src/near; dd if=/dev/urandom of=$src/far bs=1M count=32 2>/dev/null
            umount $src; mount -o loop,ro image $src; cat $src/near >/dev/null
            truncate -s 20M image
            serve
            ! cat $mnt/far >/dev/null 2>message || die "read whole"
            grep -q 'Input/output error' message || die "$(cat message)"
            [ "$(cat $mnt/near)" = one ] || die "near"
            stop TERM
            """);
    }
}
