namespace HandleCache.Cli.Guide;

/// <content>The questions, in the order of the README.</content>
internal static partial class Guidebook
{
    /// <summary>Every visible command stands behind one question.</summary>
    public static readonly IReadOnlyList<Question> Questions =
    [
        new("What would a handle cost on my kernel?",
        [
            new("sweep",
                "Lists memory per inode of every storage strategy and inline length for a mix of "
                + "handles and a kernel, best first. The figures are derived from the SLUB model.",
                new("sweep --filesystem ext4 --kernel 6.18", "the best strategy there, and all"),
                new("sweep --handles mix.json --plot cost.svg",
                    "the same for what survey --save found, on this kernel, as a picture")),
            new("layout",
                "Shows struct fuse_inode of a kernel with the handle slot placed, in the style of "
                + "pahole, and what it costs.",
                new("layout --inline 12 --header fanotify", "a slot of 12 bytes on this kernel"),
                new("layout --matrix --kernel 6.12",
                    "with and without DAX, passthrough and memory cgroups, by CPUs")),
            new("slab",
                "Computes the SLUB geometry of an object step by step, or compares the prediction "
                + "for every cache of the running kernel with sysfs.",
                new("slab --object-size 848 --account", "slab, order and objects of one object"),
                new("slab --verify", "is the model right about this kernel? (root)")),
        ]),
        new("Which handles does my data have?",
        [
            new("survey",
                "Asks name_to_handle_at(2) for every file of a tree and counts types and lengths.",
                new("survey --xdev --save mix.json /srv", "one file system, as a mix for sweep"),
                new("survey --plot lengths.svg /home", "the lengths as a picture")),
        ]),
        new("What do the proposals differ in?",
        [
            new("compare",
                "Puts the dialects classic, thread, v2, v3 and fusex side by side: bytes on the "
                + "wire, requests, memory, and each known defect with and without it.",
                new("compare --filesystem ext4", "all five on this kernel"),
                new("compare --filesystem xfs --dialect v2 --dialect v3", "two of them")),
            new("design",
                "One page about one design, written as a commented file: its struct, memory on "
                + "each kernel, what it sends, what a restart recovers, and every rule it breaks "
                + "with the shortest history that shows it.",
                new("design --new mine.json", "a file to edit"),
                new("design mine.json --against thread,v2 --kernel 6.12,7.3 --filesystem ext4",
                    "what it costs, beside two others")),
            new("report",
                "Writes sweeps, the comparison and a survey into one HTML file without links.",
                new("report --html page.html", "three mixes on three kernels"),
                new("report --html page.html --filesystem xfs --kernel this --survey /srv",
                    "this kernel and a tree of it")),
        ]),
        new("What survives a restart?",
        [
            new("restart",
                "Kills the server while threads work on the mount, and compares every name and "
                + "byte with a shadow tree (root); or, with --model, crashes a modelled server at "
                + "every step of a history and prints the shortest that reaches a wrong object.",
                new("restart --kills 200 --seed 7", "on a real mount"),
                new("restart --model --dialect v2 --no-parent-handle", "in the model: no root")),
            new("mount",
                "Serves a directory until Ctrl-C or umount. With --keep a small process holds the "
                + "device, the modelled cache and the open files, so that a killed server is "
                + "started again and finds each nodeid by its handle.",
                new("mount /srv /mnt --keep", "a mount that survives its server"),
                new("mount /srv /mnt --model --record t.trace",
                    "check and record its traffic")),
        ]),
        new("Is my FUSE server right?",
        [
            new("drive",
                "The modelled kernel drives an unmodified server over a socket: no mount, no root. "
                + "A broken rule of the kernel is shown with a script of a few calls.",
                new("drive -- ./server -f", "200 random scripts"),
                new("drive --scripts 1000 --root /srv -- passthrough_ll -f -o source=/srv",
                    "compare results with the directory served, too")),
            new("watch",
                "Mounts an unmodified server behind a relay and checks its traffic with the "
                + "running kernel against the model (root).",
                new("watch /mnt -- passthrough_ll -f -o source=/srv", "until Ctrl-C"),
                new("watch /mnt --record t.trace -- ./server -f", "keep the traffic for replay")),
            new("replay",
                "Puts recorded traffic, or a trace of libCacheSim, through the model at memory "
                + "speed, with any storage strategy.",
                new("replay t.trace --strategy inline:12 static:128", "two strategies"),
                new("replay cluster.oracleGeneral.zst --inodes 1M --filesystem ext4",
                    "somebody's cache trace as inodes of ext4")),
        ]),
        new("Does the model hold?",
        [
            new("validate",
                "Mounts FUSE file systems in a private mount namespace, drives them from another "
                + "process, and checks every request of the running kernel against the model; then "
                + "random scripts on both kernels (root).",
                new("validate", "two minutes on this kernel"),
                new("validate --scripts 10000 --shard 1/4 --seed 1 --json",
                    "one quarter of a long run, for merge")),
            new("soak",
                "Loads two mounts with clients that are killed, watches one by the model, kills "
                + "the server of the other, and compares every count in the end (root); or feeds "
                + "every reader of other people's bytes damaged messages.",
                new("soak --minutes 10", "both mounts for ten minutes"),
                new("soak --messages 10000000", "damaged messages: no root")),
            new("kernels",
                "Boots Debian's kernels under QEMU with the single file inside, and prints a "
                + "matrix of kernels and checks.",
                new("kernels --kernel 6.12,7.3", "every check on two kernels"),
                new("kernels --shell --kernel 6.12", "a shell there")),
            new("prove",
                "Builds fs/fuse of Debian's 6.12 or 7.3 with handles in struct fuse_inode as a "
                + "second file system type, boots it, and prints predicted beside measured.",
                new("prove thread --strategy inline:12,pointer", "two strategies"),
                new("prove thread --scripts 1000 --seed 7", "more random scripts")),
            new("scale",
                "Walks a synthetic tree of millions of files through a mount and measures the "
                + "server (root).",
                new("scale", "10 million files: 12 GiB of kernel memory"),
                new("scale --files 100000", "a small one")),
        ]),
        new("How do I use the program?",
        [
            new("merge",
                "Puts the JSON documents of --shard runs together: counts are added, the first "
                + "divergence is kept, missing and doubled shards are named. Exit code 2 if they "
                + "are not parts of one run.",
                new("merge part-*.json", "what the whole run says"),
                new("merge --json part-*.json", "the document that the whole run prints")),
            new("completion",
                "Prints a completion script made from the options of this very program.",
                new("completion bash > /etc/bash_completion.d/handlecache", "for everybody"),
                new("completion fish > ~/.config/fish/completions/handlecache.fish", "for fish")),
            new("man",
                "Prints the manual page of the program or of a command, in the form of man(7).",
                new("man sweep | man -l -", "read one"),
                new("man --write /usr/local/share/man/man1", "install all")),
        ]),
    ];
}
