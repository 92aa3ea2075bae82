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
}
