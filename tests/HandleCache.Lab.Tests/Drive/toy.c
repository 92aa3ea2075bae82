/*
 * A FUSE server of a tree in memory, which speaks the raw protocol on the descriptor that its last
 * argument names (/dev/fd/N; a directory: it mounts there itself). It keeps the kernel's rules, but for the one fault that its first
 * argument names (those of messages.h say unasked-for things). Objects live while they have a name or
 * the kernel holds lookups of their nodeid. SIGUSR1 changes names behind the kernel: each name that
 * begins with y becomes one more of the object whose name beside it begins with x instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OBJECTS = 4096, NAMES = 4096, NODES = 4096, NAME_BYTES = 256 };

struct object { int used; unsigned mode, nlink, node, size; };
struct name { int used; unsigned parent, object; char text[NAME_BYTES]; };
struct node { unsigned object; unsigned long count, generation; };

static struct object objects[OBJECTS];
static struct name names[NAMES];
static struct node nodes[NODES];
static unsigned long inos[OBJECTS], last_ino = 100;
/* Added to the nodeids of a life, so that no other life gives the same. */
static unsigned long base;
static int fd;
static const char *fault;
static char in[1 << 18], out[1 << 18];

static int is(const char *name) { return strcmp(fault, name) == 0; }

#include "messages.h"

static void reply(const struct fuse_in_header *h, int error, const void *body, size_t bytes)
{
	struct fuse_out_header *o = (void *)out;

	o->len = sizeof *o + (error ? 0 : bytes);
	o->error = error;
	o->unique = h->unique;
	if (!error && bytes)
		memmove(out + sizeof *o, body, bytes);
	if (write(fd, out, o->len) < 0)
		exit(1);
}

/* Lookups of an object that is gone and that nobody holds: its slots are free again. */
static void release(unsigned object)
{
	struct object *o = &objects[object];

	if (o->nlink == 0 && o->node == 0)
		o->used = 0;
}

static void drop(unsigned node)
{
	unsigned object = nodes[node].object;

	nodes[node].count = 0;
	nodes[node].object = 0;
	if (!is("same-generation"))
		nodes[node].generation++;
	objects[object].node = 0;
	release(object);
}

/* Where a nodeid's node is; 0 for one of another life. */
static unsigned long node_of(unsigned long nodeid)
{
	if (nodeid == 1)
		return 1;
	return nodeid >= base + 2 && nodeid - base < NODES ? nodeid - base : 0;
}

static void forget(unsigned long nodeid, unsigned long count)
{
	unsigned long node = node_of(nodeid);

	if (node <= 1 || !nodes[node].object)
		return;
	nodes[node].count -= count < nodes[node].count ? count : nodes[node].count;
	if (nodes[node].count <= (is("early") ? 1 : 0))
		drop(node);
}

static unsigned make(unsigned mode)
{
	for (unsigned i = 2; i < OBJECTS; i++)
		if (!objects[i].used) {
			objects[i] = (struct object){ 1, mode, S_ISDIR(mode) ? 2 : 1, 0, 0 };
			inos[i] = ++last_ino;
			return i;
		}
	exit(2);
}

static struct name *find(unsigned parent, const char *text)
{
	for (int i = 0; i < NAMES; i++)
		if (names[i].used && names[i].parent == parent && !strcmp(names[i].text, text))
			return &names[i];
	return NULL;
}

static int add(unsigned parent, const char *text, unsigned object)
{
	if (strlen(text) >= NAME_BYTES)
		return -ENAMETOOLONG;
	for (int i = 0; i < NAMES; i++)
		if (!names[i].used) {
			names[i].used = 1;
			names[i].parent = parent;
			names[i].object = object;
			strcpy(names[i].text, text);
			return 0;
		}
	return -ENOSPC;
}

static int is_empty(unsigned directory)
{
	for (int i = 0; i < NAMES; i++)
		if (names[i].used && names[i].parent == directory)
			return 0;
	return 1;
}

static void unname(struct name *name)
{
	unsigned object = name->object;
	struct object *o = &objects[object];

	name->used = 0;
	o->nlink = S_ISDIR(o->mode) ? 0 : o->nlink - 1;
	if (is("again") && o->nlink == 0 && o->node)
		drop(o->node);
	release(object);
}

static struct fuse_attr attr_of(unsigned object)
{
	struct object *o = &objects[object];

	return (struct fuse_attr){ .ino = inos[object], .mode = o->mode, .nlink = o->nlink,
		.size = o->size, .blksize = 4096 };
}

/* Counts a lookup. */
static struct fuse_entry_out entry_of(unsigned object)
{
	struct fuse_entry_out entry = { .entry_valid = 1, .attr_valid = 1 };
	struct object *o = &objects[object];

	/* A server that drops too early is to be caught by that alone: it gives no nodeid again. */
	for (unsigned i = 2; !o->node && i < NODES; i++)
		if (!nodes[i].object && !(is("early") && nodes[i].generation)) {
			o->node = i;
			nodes[i].object = object;
		}
	if (object != 1)
		nodes[o->node].count++;
	entry.nodeid = object == 1 ? 1 : o->node + base;
	entry.generation = nodes[o->node].generation;
	entry.attr = attr_of(object);
	return entry;
}

static void reply_entry(const struct fuse_in_header *h, unsigned object, int opens)
{
	struct { struct fuse_entry_out entry; struct fuse_open_out open; char more[8]; } both = {
		entry_of(object), { 0 }, { 0 } };
	size_t bytes = opens ? sizeof both - (is("newer") ? 0 : 8) : sizeof both.entry;

	reply(h, 0, &both, is("short-entry") && h->opcode == FUSE_MKDIR ? bytes - 8 : bytes);
}

static void create(const struct fuse_in_header *h, unsigned parent, const char *text,
	unsigned mode, int opens)
{
	if (find(parent, text)) {
		reply(h, -EEXIST, NULL, 0);
		return;
	}
	unsigned object = make(mode);
	int error = add(parent, text, object);

	objects[object].used = !error;
	error ? reply(h, error, NULL, 0) : reply_entry(h, object, opens);
}

static void list(const struct fuse_in_header *h, unsigned directory, const struct fuse_read_in *r)
{
	static char body[1 << 17];
	size_t bytes = 0;
	int plus = h->opcode == FUSE_READDIRPLUS;
	size_t head = plus ? offsetof(struct fuse_direntplus, dirent.name)
		: offsetof(struct fuse_dirent, name);

	/* An endless listing begins again, and its offsets go on. */
	for (int i = is("endless") ? r->offset % NAMES : r->offset; i < NAMES; i++) {
		if (!names[i].used || names[i].parent != directory)
			continue;
		size_t length = strlen(names[i].text), all = (head + length + 7) & ~7ul;

		if (bytes + all > r->size)
			break;
		char *at = body + bytes;
		struct fuse_dirent *d = (void *)(plus ? at + sizeof(struct fuse_entry_out) : at);

		memset(at, 0, all);
		if (plus) {
			struct fuse_entry_out entry = entry_of(names[i].object);

			entry.generation += is("plus-generation");
			memcpy(at, &entry, sizeof entry);
		}
		*d = (struct fuse_dirent){ inos[names[i].object],
			is("endless") ? (r->offset / NAMES + 1) * NAMES : i + 1, length,
			objects[names[i].object].mode >> 12 };
		memcpy(d->name, names[i].text, length);
		bytes += all;
	}
	reply(h, 0, body, bytes);
}

static void rename_to(const struct fuse_in_header *h, unsigned parent, unsigned to,
	const char *old, unsigned flags)
{
	const char *text = old + strlen(old) + 1;
	struct name *from = find(parent, old), *target = find(to, text);

	if (flags & ~1u || strlen(text) >= NAME_BYTES) {
		reply(h, -EINVAL, NULL, 0);
	} else if (!from) {
		reply(h, -ENOENT, NULL, 0);
	} else if (target && flags) {
		reply(h, -EEXIST, NULL, 0);
	} else if (target && S_ISDIR(objects[target->object].mode) && !is_empty(target->object)) {
		reply(h, -ENOTEMPTY, NULL, 0);
	} else {
		if (target && target->object != from->object)
			unname(target);
		if (!target || target->object != from->object) {
			from->parent = to;
			strcpy(from->text, text);
		}
		if (!is("lost"))
			reply(h, 0, NULL, 0);
	}
}

static void serve(struct fuse_in_header *h, void *body)
{
	char *text = body;
	unsigned object = nodes[node_of(h->nodeid)].object;
	int is_release = h->opcode == FUSE_RELEASE || h->opcode == FUSE_RELEASEDIR;
	struct name *name;

	if (h->opcode == FUSE_FORGET) {
		forget(h->nodeid, ((struct fuse_forget_in *)body)->nlookup);
		return;
	}
	if (h->opcode == FUSE_BATCH_FORGET) {
		struct fuse_batch_forget_in *batch = body;
		struct fuse_forget_one *one = (void *)(batch + 1);
		unsigned long room = (h->len - sizeof *h) / sizeof *one;

		for (unsigned i = 0; i < batch->count && (is("trusting") || i < room); i++)
			forget(one[i].nodeid, one[i].nlookup);
		return;
	}
	if (disturb(h) || (is("other-process") && h->pid == 2 && h->opcode != FUSE_LOOKUP))
		return;
	if (h->opcode == FUSE_INIT) {
		struct fuse_init_out init = { .major = 7, .minor = is("newer") ? 47 : 31, .max_write = 4096,
			.flags = FUSE_EXPORT_SUPPORT | FUSE_DO_READDIRPLUS };

		reply(h, 0, &init, sizeof init);
		return;
	}
	if (!object && !is_release) {
		reply(h, -ESTALE, NULL, 0);
		return;
	}
	switch (h->opcode) {
	case FUSE_LOOKUP:
		name = find(object, text);
		if (!strcmp(text, "."))
			reply_entry(h, object, 0);
		else if (name)
			reply_entry(h, name->object, 0);
		else
			reply(h, is("positive") ? ENOENT : -ENOENT, NULL, 0);
		break;
	case FUSE_SETATTR: {
		struct fuse_setattr_in *set = body;
		struct object *o = &objects[object];

		if (set->valid & FATTR_MODE)
			o->mode = (o->mode & S_IFMT) | (set->mode & 07777);
		if (set->valid & FATTR_SIZE)
			o->size = set->size;
	}
	/* fall through */
	case FUSE_GETATTR: {
		struct { struct fuse_attr_out attr; char more[8]; } all = {
			{ .attr_valid = 1, .attr = attr_of(object) }, { 0 } };

		if (is("user-type") && h->uid != 0)
			all.attr.attr.mode ^= S_IFREG ^ S_IFDIR;
		if (is("no-entry") && object != 1 && objects[object].nlink == 0)
			reply(h, -ENOENT, NULL, 0);
		else
			reply(h, 0, &all, sizeof all.attr + (is("long-attr") ? 8 : 0));
		break;
	}
	case FUSE_MKDIR:
		create(h, object, text + sizeof(struct fuse_mkdir_in),
			S_IFDIR | (((struct fuse_mkdir_in *)body)->mode & 07777), 0);
		break;
	case FUSE_MKNOD:
		create(h, object, text + sizeof(struct fuse_mknod_in),
			((struct fuse_mknod_in *)body)->mode, 0);
		break;
	case FUSE_CREATE:
		create(h, object, text + sizeof(struct fuse_create_in),
			S_IFREG | (((struct fuse_create_in *)body)->mode & 07777), 1);
		break;
	case FUSE_LINK: {
		unsigned linked = nodes[node_of(((struct fuse_link_in *)body)->oldnodeid)].object;

		text += sizeof(struct fuse_link_in);
		if (!linked || objects[linked].nlink == 0) {
			reply(h, -ESTALE, NULL, 0);
		} else if (find(object, text)) {
			reply(h, -EEXIST, NULL, 0);
		} else {
			int error = add(object, text, linked);

			objects[linked].nlink += !error;
			error ? reply(h, error, NULL, 0) : reply_entry(h, linked, 0);
		}
		break;
	}
	case FUSE_UNLINK:
	case FUSE_RMDIR:
		name = find(object, text);
		if (!name) {
			reply(h, -ENOENT, NULL, 0);
		} else if (h->opcode == FUSE_RMDIR && !is_empty(name->object)) {
			reply(h, -ENOTEMPTY, NULL, 0);
		} else {
			if (is("dies") && h->opcode == FUSE_UNLINK)
				abort();
			unname(name);
			reply(h, 0, NULL, 0);
		}
		break;
	case FUSE_RENAME:
		rename_to(h, object, nodes[node_of(*(uint64_t *)body)].object, text + 8, 0);
		break;
	case FUSE_RENAME2:
		rename_to(h, object, nodes[node_of(*(uint64_t *)body)].object, text + 16,
			((struct fuse_rename2_in *)body)->flags);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR: {
		struct { struct fuse_open_out open; char more[8]; } all = { { 0 }, { 0 } };
		size_t bytes = is("newer") ? sizeof all : sizeof all.open;

		if (is("newer")) {
			say(10, 0);
			say(11, 0);
		}
		reply(h, 0, &all, bytes);
		if (is("twice") && h->opcode == FUSE_OPEN)
			reply(h, 0, &all, bytes);
		break;
	}
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		list(h, object, body);
		break;
	default:
		reply(h, is_release ? 0 : -ENOSYS, NULL, 0);
		break;
	}
}

static volatile sig_atomic_t is_told;

static void tell(int signal)
{
	is_told = signal;
}

static void change_behind(void)
{
	for (int i = 0; i < NAMES; i++) {
		char text[NAME_BYTES];
		struct name *first;

		if (!names[i].used || names[i].text[0] != 'y')
			continue;
		strcpy(text, names[i].text);
		text[0] = 'x';
		first = find(names[i].parent, text);
		if (first && first->object != names[i].object) {
			unname(&names[i]);
			names[i].used = 1;
			names[i].object = first->object;
			objects[first->object].nlink++;
		}
	}
}

/* Where the last argument is a directory: as ntfs-3g does it. */
static int mount_on(const char *directory)
{
	char data[64];
	int device = open("/dev/fuse", O_RDWR);

	if (device < 0)
		exit(5);
	snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (mount("toy", directory, "fuse", 0, data))
		exit(6);
	return device;
}

int main(int argc, char **argv)
{
	const char *at = argv[argc - 1];
	struct sigaction interrupting = { .sa_handler = tell };
	ssize_t bytes;

	fault = argv[1];
	/* A file for a third argument: starts once, and makes it. */
	if (is("no-server") || (argc > 3 && open(argv[2], O_CREAT | O_EXCL | O_WRONLY, 0600) < 0))
		return 3;
	fd = strncmp(at, "/dev/fd/", 8) ? mount_on(at) : atoi(at + 8);
	objects[1] = (struct object){ 1, S_IFDIR | 0755, 2, 1, 0 };
	inos[1] = 1;
	nodes[1].object = 1;
	base = is("restart") ? 0 : (unsigned long)getpid() << 16;
	last_ino += (unsigned long)getpid() << 20;
	sigaction(SIGUSR1, &interrupting, NULL);
	while ((bytes = read(fd, in, sizeof in - 1)) > 0 || (bytes < 0 && errno == EINTR)) {
		struct fuse_in_header *h = (void *)in;

		if (is_told) {
			is_told = 0;
			change_behind();
		}
		if (bytes < 0)
			continue;

		in[bytes] = 0;
		if (bytes >= (ssize_t)sizeof *h && h->len == bytes)
			serve(h, h + 1);
	}
	return 0;
}
