/*
 * Faults of the toy server in messages that nobody asked for, and in what it says to INTERRUPT.
 * Included by toy.c.
 */
#include <poll.h>

/* A message of its own, without a body. */
static void say(int error, unsigned long unique)
{
	struct fuse_out_header o = { sizeof o, error, unique };

	if (write(fd, &o, sizeof o) < 0)
		exit(1);
}

/* Notifications, and no reply ever. */
static void chat(void)
{
	struct { struct fuse_out_header head; struct fuse_notify_inval_inode_out body; } all = {
		{ sizeof all, FUSE_NOTIFY_INVAL_INODE, 0 }, { .ino = 1, .off = -1 } };

	for (;;)
		if (write(fd, &all, sizeof all) < 0)
			exit(1);
}

/*
 * Waits a while for an INTERRUPT of a request, and says EAGAIN to it so many times; whether one
 * came. For ever where the number is negative.
 */
static int interrupted(const struct fuse_in_header *h, int times)
{
	static char more[1 << 16];
	struct fuse_in_header *next = (void *)more;
	struct pollfd ready = { fd, POLLIN, 0 };
	unsigned long unique = h->unique;
	int wait = 20;

	for (int i = 0; i != times; i++) {
		if (poll(&ready, 1, wait) <= 0)
			return 0;
		if (read(fd, more, sizeof more) <= 0)
			exit(0);
		if (next->opcode != FUSE_INTERRUPT || *(uint64_t *)(next + 1) != unique)
			exit(4);
		say(-EAGAIN, next->unique);
		wait = -1;
	}
	return 1;
}

/* Whether a fault has dealt with a message. */
static int disturb(const struct fuse_in_header *h)
{
	if (h->opcode == FUSE_INTERRUPT) {
		if (is("interrupt-busy"))
			say(-EBUSY, h->unique);
		if (is("interrupt-stranger"))
			say(-EAGAIN, h->unique + 1000);
		if (is("interrupt-late"))
			say(-EAGAIN, h->unique);
		return 1;
	}
	if (is("chatty") && h->opcode == FUSE_UNLINK)
		chat();
	if (is("stranger") && h->opcode == FUSE_UNLINK)
		say(0, h->unique + 1000);
	if (is("interrupt-again") && h->opcode == FUSE_CREATE)
		return interrupted(h, -1);
	if (is("interrupt-taken") && h->opcode == FUSE_CREATE && interrupted(h, 3)) {
		say(-EINTR, h->unique);
		return 1;
	}
	return 0;
}
