/* Expected: no errors. With -DNO_PARENT_HANDLE: assertion violated (the wrong object); with
 * -DRESEND_ANSWERED: assertion violated (a request answered twice); with -DFORGETS_RESENT:
 * assertion violated (more lookups forgotten than were given).
 * Mirrors: RestartWorld of src/HandleCache.Lab/Restart/Modelled; fuse_dev_do_read(),
 * fuse_resend() and fuse_iget() of fs/fuse, v6.18; a server whose nodeids are inode numbers.
 * Bounds: a directory d (inode 2) and its file a (inode 3); one crash; inode numbers used again
 * once; OPS system calls; forgets FIFO of FQ.
 * Command: spin -a restart.pml && gcc -w -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 *
 * The kernel looks up d, looks up a in d, asks for a's attributes, and evicts both, in any order.
 * The server may be killed at every step; requests that it had read come again, forgets that it
 * had read do not. At any time somebody may remove d and make a new d with another a: inode
 * numbers are used again, generations are not. A handle is inode number and generation.
 *  - never the wrong object: a request about a cached inode is carried out on the object that
 *    the inode was made for, or refused;
 *  - counts balance: lookups given, by this server or by a dead one, are those that the kernel
 *    holds and those that forgets and replies on their way bring;
 *  - every request is answered once. */
#ifndef OPS
#define OPS 5
#endif
#define FQ 3
#define CRASHES 1

#define ROOT 0
#define D 1
#define A 2

mtype = { lookup_d, lookup_a, getattr_a };

/* The file system: which generation of d and a there is. */
byte fs_gen = 1;
byte replaced = 0;

/* The kernel: generation (its handle) and nlookup of the cached inodes; 0: not cached. */
byte k_gen[3];
byte k_count[3];
byte ops = 0;

/* The one request under way: where it is, and what it asks. */
mtype asked;
byte handle;              /* of the inode it is about; 0: none was sent */
byte asked_gen;           /* of that inode as the kernel knows it; never sent */
bool pending = false;     /* in the queue */
bool waiting = false;     /* the caller waits for its answer */

chan forgets = [FQ] of { byte, byte };
byte queued[3];           /* lookups in that queue */

chan replies = [1] of { mtype, byte };   /* generation of what was reached; 0: ESTALE */
byte on_the_way[3];       /* lookups in replies that were written and not taken */

/* The server: what its table binds nodeids to, and what it counted. */
bool alive = true;
byte crashes = 0;
byte s_gen[3];
byte s_count[3];
byte given_before[3];     /* of lives before: nobody but this model knows it */
byte hand_node, hand_count;  /* a forget that was read and not carried out */
bool has_request = false; /* a request that was read and not answered */

#define GIVEN(n) (s_count[n] + given_before[n])
#define HELD(n) (k_count[n] + queued[n] + on_the_way[n] + (hand_node == n -> hand_count : 0))
#define BALANCED(n) (GIVEN(n) == HELD(n))

inline ask(what, about)
{
    ops++;
    asked = what;
    asked_gen = (about == ROOT -> 0 : k_gen[about]);
    handle = asked_gen;
#ifdef NO_PARENT_HANDLE
    if
    :: what == lookup_a -> handle = 0
    :: else
    fi;
#endif
    pending = true;
    waiting = true
}

inline evict(n)
{
    printf("STEP evict %d\n", n);
    forgets ! n, k_count[n];
    queued[n] = queued[n] + k_count[n];
    k_count[n] = 0;
    k_gen[n] = 0
}

/* fuse_iget(): another generation makes the cached inode stale, and nobody else holds it. */
inline iget(n, gen)
{
    if
    :: k_gen[n] != 0 && k_gen[n] != gen -> evict(n)
    :: else
    fi;
    k_gen[n] = gen;
    k_count[n]++
}

active proctype kernel()
{
    mtype what;
    byte gen;

    do
    :: atomic { !waiting && ops < OPS -> printf("STEP lookup d\n"); ask(lookup_d, ROOT) }
    :: atomic { !waiting && ops < OPS && k_gen[D] != 0 ->
        printf("STEP lookup d/a\n"); ask(lookup_a, D) }
    :: atomic { !waiting && ops < OPS && k_gen[A] != 0 ->
        printf("STEP stat d/a\n"); ask(getattr_a, A) }
    :: atomic { !waiting && k_gen[A] != 0 && len(forgets) < FQ -> evict(A) }
    :: atomic { !waiting && k_gen[D] != 0 && k_gen[A] == 0 && len(forgets) < FQ -> evict(D) }
    :: atomic { len(replies) > 0 && len(forgets) < FQ ->
        replies ? what, gen;
        /* Answered once: the caller still waits, and for this. */
        assert(waiting && what == asked);
        waiting = false;
        if
        :: gen != 0 && what == lookup_d ->
            on_the_way[D]--; iget(D, gen)
        :: gen != 0 && what == lookup_a ->
            /* Never the wrong object: a of the d that was asked about. */
            assert(gen == asked_gen);
            on_the_way[A]--; iget(A, gen)
        :: gen != 0 && what == getattr_a ->
            assert(gen == asked_gen)
        :: gen == 0
        fi;
        what = 0; gen = 0 }
    :: atomic { !waiting && ops == OPS && !pending && len(replies) == 0 && hand_node == 0 &&
        len(forgets) == 0 -> break }
    od
}

inline serve()
{
    /* What the nodeid stands for: by the handle where there is one; else by the table; else the
     * inode number is taken at its word. */
    if
    :: asked == lookup_d -> found = fs_gen
    :: asked != lookup_d && handle != 0 -> found = (handle == fs_gen -> handle : 0)
    :: asked != lookup_d && handle == 0 && s_gen[D] != 0 ->
        found = (s_gen[D] == fs_gen -> fs_gen : 0)
    :: asked != lookup_d && handle == 0 && s_gen[D] == 0 -> found = fs_gen
    fi;
    if
    :: found != 0 && asked == lookup_d ->
        s_gen[D] = found; s_count[D]++; on_the_way[D]++
    :: found != 0 && asked == lookup_a ->
        s_gen[A] = found; s_count[A]++; on_the_way[A]++
    :: else
    fi;
    has_request = false;
    replies ! asked, found;
    found = 0
}

/* A forget takes from what this life counted, and from what a dead one had. */
inline forget()
{
    assert(GIVEN(hand_node) >= hand_count);
    if
    :: s_count[hand_node] >= hand_count -> s_count[hand_node] = s_count[hand_node] - hand_count
    :: else ->
        given_before[hand_node] =
            given_before[hand_node] - (hand_count - s_count[hand_node]);
        s_count[hand_node] = 0
    fi;
    if
    :: s_count[hand_node] == 0 -> s_gen[hand_node] = 0
    :: else
    fi;
    hand_node = 0;
    hand_count = 0
}

active proctype server()
{
    byte found;

end:
    do
    :: atomic { alive && pending && !has_request && hand_node == 0 ->
        pending = false; has_request = true }
    :: atomic { alive && has_request && len(replies) == 0 -> serve() }
    :: atomic { alive && len(forgets) > 0 && !has_request && hand_node == 0 ->
        forgets ? hand_node, hand_count;
        queued[hand_node] = queued[hand_node] - hand_count }
    :: atomic { alive && hand_node != 0 -> forget() }
    od
}

/* kill -9, and a new server with an empty table. */
active proctype keeper()
{
    byte n;

end:
    do
    :: atomic { alive && crashes < CRASHES ->
        printf("STEP crash\n");
        crashes++;
        alive = false;
        for (n : D .. A) {
            given_before[n] = given_before[n] + s_count[n];
            s_count[n] = 0;
            s_gen[n] = 0
        };
        if
        :: hand_node != 0 ->
            /* A forget that was read is not sent again: with the table, its lookups are gone. */
            given_before[hand_node] = given_before[hand_node] - hand_count;
#ifdef FORGETS_RESENT
            if
            :: len(forgets) < FQ ->
                forgets ! hand_node, hand_count;
                queued[hand_node] = queued[hand_node] + hand_count
            :: else
            fi;
#endif
            hand_node = 0;
            hand_count = 0
        :: else
        fi;
        n = 0 }
    :: atomic { !alive ->
        printf("STEP restart\n");
        alive = true;
        if
        :: has_request -> pending = true; has_request = false
#ifdef RESEND_ANSWERED
        :: !has_request && len(replies) > 0 -> pending = true
#endif
        :: else
        fi }
    od
}

active proctype somebody()
{
    if
    :: atomic { replaced == 0 ->
        printf("STEP replace d\n"); replaced = 1; fs_gen = 2 }
    :: true
    fi
}

/* Looked at in every state that can be seen from outside. */
active proctype observer()
{
end:
    atomic { !(BALANCED(D) && BALANCED(A)) -> assert(false) }
}
