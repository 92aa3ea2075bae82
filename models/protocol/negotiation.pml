/* Expected: no errors. With -DSERVER_BELIEVES_ITSELF: assertion violated.
 * Mirrors: HandleNegotiation and HandleOffer of src/HandleCache.Protocol/Dialects.
 * Bounds: two server lives, one INIT and two entries each; the maximum is 1..2, 3 is above it.
 * Command: spin -a negotiation.pml && gcc -w -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * A kernel offers handles, a server answers with its bit and any maximum, dies, and the next
 * server answers the same question again. Rules:
 *  - a server sends handles only where the kernel expects them, none longer than agreed;
 *  - what the first answer settled holds for the mount: a server that answers otherwise never
 *    gets a request;
 *  - a server that did not opt in sends and receives classic traffic only. */
#define MAXIMUM 2
#define LIVES 2

mtype = { fresh, offered, off, on, broken };

mtype state = fresh;      /* of the kernel */
byte agreed = 0;          /* longest handle; 0: none */
bool settled = false;
byte first_agreed = 0;

/* What both sides compute from bit and maximum (HandleOffer.Read). */
#define ACCEPTED(opted, max) ((opted && max > 0 && max <= MAXIMUM) -> max : 0)

/* What the server makes of its own answer. */
#ifdef SERVER_BELIEVES_ITSELF
#define BELIEVED(opted, max) (opted -> max : 0)
#else
#define BELIEVED(opted, max) ACCEPTED(opted, max)
#endif

active proctype mount()
{
    byte life = 0, max, entries, length;
    bool opted;
    byte belief;

    do
    :: life < LIVES && state != broken ->
        life++;
        state = offered;
        if
        :: opted = true
        :: opted = false
        fi;
        select (max : 0 .. (MAXIMUM + 1));
        belief = BELIEVED(opted, max);
        d_step {
            if
            :: !settled ->
                agreed = ACCEPTED(opted, max);
                first_agreed = agreed;
                settled = true;
                state = (agreed > 0 -> on : off)
            :: settled && agreed == ACCEPTED(opted, max) ->
                state = (agreed > 0 -> on : off)
            :: else -> state = broken
            fi
        }
        entries = 0;
        do
        :: state != broken && entries < 2 ->
            entries++;
            /* An entry: a server that believes in handles sends one of any length it may. */
            length = 0;
            if
            :: belief > 0 -> select (length : 1 .. belief)
            :: else
            fi;
            assert(length <= agreed);
            assert((length > 0) == (state == on))
        :: state == broken || entries == 2 -> break
        od;
        assert(state == broken || agreed == first_agreed)
    :: life == LIVES || state == broken -> break
    od
}
