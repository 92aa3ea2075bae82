// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where file handles lie in struct fuse_inode.
 *
 * The slot lies behind the last member of struct fuse_inode. How large it is, and where a handle
 * lies, is decided at load by handle_strategy:
 *
 *   none                nothing is kept, every handle is taken
 *   inline:N            N bytes in the slot, longer ones in a buffer of kmalloc()
 *   inline:N+cache:M    longer ones in a buffer of a cache of their own
 *   inline-only:N       longer ones are refused
 *   static:N            the same
 *   pointer             a buffer of kmalloc() for each handle
 *   pointer-max:N       a buffer for N bytes, bought with the inode
 *
 * As in struct fanotify_fh, four bytes stand before the handle's, and the reference to a buffer
 * lies inside the inline bytes, at their first offset that is a multiple of 8. Here the four are
 * the type, all 32 bits of it; the length lies in a hole of struct fuse_inode (handle_length) and
 * is written last, so that a reader who sees it sees the rest. A handle never changes in the life
 * of its inode, but by the rule "overwritten-first": who copies one has fi->lock.
 */
#include "fuse_i.h"

#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define TYPE_BYTES	sizeof(u32)

enum storage { STORE_NONE, STORE_INLINE, STORE_CACHE, STORE_ONLY, STORE_POINTER, STORE_MAX };

static char *handle_strategy = "inline:12";
module_param(handle_strategy, charp, 0444);
MODULE_PARM_DESC(handle_strategy, "Where handles lie: none, inline:N, inline:N+cache:M, "
		 "inline-only:N, static:N, pointer, pointer-max:N");

/* Wrong on purpose, to show that a check would notice; nothing else may set one. */
static const char * const fault_names[] = {
	"none", "compare-lost", "buffer-leaked", "parent-omitted", "inline-one-less", "type-lost",
	"too-long-cut", "longest-refused", "plus-unread", "bytes-not-compared", "last-byte-lost",
	"revalidate-without-parent", "record-names-root", "epoch-ignored",
};

static char *handle_fault = "none";
module_param(handle_fault, charp, 0444);
MODULE_PARM_DESC(handle_fault, "A fault planted on purpose, or a rule of another design");

static enum storage storage;
static unsigned int inline_bytes;	/* of handle, in the slot */
static unsigned int spill_bytes;	/* of handle, in a buffer of one size */
static unsigned int capacity;		/* the longest handle that is kept */
static unsigned int slot_at;
enum hfuse_fault hfuse_fault;
static struct kmem_cache *spill_cache;
static atomic_long_t buffers;		/* external ones that are allocated */

#define LAST_MEMBER_END offsetofend(struct fuse_inode, HFUSE_LAST_MEMBER)

static void *slot_of(const struct inode *inode)
{
	return (void *)inode + slot_at;
}

static bool has_pointer(void)
{
	return storage == STORE_POINTER || storage == STORE_MAX;
}

static u8 *inline_of(const struct inode *inode)
{
	return slot_of(inode) + TYPE_BYTES;
}

/* The reference to an external buffer; only where the strategy has some. */
static void **reference_of(const struct inode *inode)
{
	return has_pointer() ? slot_of(inode) : PTR_ALIGN((void *)inline_of(inode), sizeof(void *));
}

bool hfuse_is_inline(unsigned int length)
{
	unsigned int most = inline_bytes - (hfuse_fault == FAULT_INLINE_ONE_LESS);

	return !has_pointer() && length <= most;
}

/* 0: the inode has none. */
unsigned int hfuse_length(const struct inode *inode)
{
	return smp_load_acquire(&container_of(inode, struct fuse_inode, inode)->handle_length);
}

/* Where type and bytes lie; good once hfuse_length() has seen one. */
static u32 *type_in(const struct inode *inode)
{
	return has_pointer() ? *reference_of(inode) : slot_of(inode);
}

static u8 *bytes_in(const struct inode *inode, unsigned int length)
{
	if (has_pointer())
		return *reference_of(inode) + TYPE_BYTES;
	return hfuse_is_inline(length) ? inline_of(inode) : *reference_of(inode);
}

bool hfuse_read(struct inode *inode, struct fuse_file_handle *to)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (!hfuse_length(inode))
		return false;
	spin_lock(&fi->lock);
	to->size = hfuse_length(inode);
	to->type = *type_in(inode);
	memcpy(to->handle, bytes_in(inode, to->size), to->size);
	spin_unlock(&fi->lock);
	return true;
}

static void *new_buffer(unsigned int length)
{
	void *buffer;

	if (storage == STORE_CACHE)
		buffer = kmem_cache_alloc(spill_cache, GFP_KERNEL);
	else
		buffer = kmalloc(has_pointer() ? TYPE_BYTES + length : length, GFP_KERNEL_ACCOUNT);
	if (buffer)
		atomic_long_inc(&buffers);
	return buffer;
}

static void free_buffer(void *buffer)
{
	if (!buffer || hfuse_fault == FAULT_BUFFER_LEAKED)
		return;
	atomic_long_dec(&buffers);
	if (storage == STORE_CACHE)
		kmem_cache_free(spill_cache, buffer);
	else
		kfree(buffer);
}

/* What an inode needs from its start on; the slot of a new one says that there is no handle. */
int hfuse_alloc_slot(struct inode *inode)
{
	if (storage == STORE_NONE)
		return 0;
	memset(slot_of(inode), 0, hfuse_object_size() - slot_at);
	if (storage == STORE_MAX) {
		*reference_of(inode) = new_buffer(spill_bytes);
		if (!*reference_of(inode))
			return -ENOMEM;
	}
	return 0;
}

/* Called when no reader is left: through RCU, with the inode. */
void hfuse_free_slot(struct inode *inode)
{
	unsigned int length = hfuse_length(inode);

	if (has_pointer() || (length && !hfuse_is_inline(length)))
		free_buffer(*reference_of(inode));
}

static bool is_none(const struct fuse_file_handle *handle)
{
	return !handle || handle->size == 0;
}

static u32 type_of(const struct fuse_file_handle *handle)
{
	return hfuse_fault == FAULT_TYPE_LOST ? 0 : handle->type;
}

bool hfuse_fits(const struct fuse_conn *fc, u64 nodeid, const struct fuse_file_handle *handle)
{
	unsigned int less = hfuse_rule(RULE_LONGEST_REFUSED);

	if (!fc->max_handle)
		return true;
	if (is_none(handle))
		return nodeid == FUSE_ROOT_ID || !hfuse_rule(RULE_ABSENT_REFUSED);
	return handle->size <= fc->max_handle - less &&
		(storage == STORE_NONE || handle->size <= capacity - less);
}

/*
 * Keeps a handle in an inode that has none; fi->lock is held where others can see the inode. The
 * buffer, where one is needed, is the inode's from here on.
 */
static void keep(struct inode *inode, const struct fuse_file_handle *handle, void *buffer)
{
	unsigned int length = handle->size;
	u8 *bytes;

	if (buffer)
		*reference_of(inode) = buffer;
	bytes = bytes_in(inode, length);
	*type_in(inode) = type_of(handle);
	memcpy(bytes, handle->handle, length);
	if (hfuse_fault == FAULT_LAST_BYTE_LOST)
		bytes[length - 1] = 0;
	/* Pairs with hfuse_length(). */
	smp_store_release(&get_fuse_inode(inode)->handle_length, length);
}

static bool needs_buffer(const struct inode *inode, unsigned int length)
{
	return has_pointer() ? !*reference_of(inode) : !hfuse_is_inline(length);
}

bool hfuse_set_new(struct inode *inode, const struct fuse_file_handle *handle)
{
	void *buffer = NULL;

	if (storage == STORE_NONE || is_none(handle))
		return true;
	if (needs_buffer(inode, handle->size)) {
		buffer = new_buffer(handle->size);
		if (!buffer) {
			/* Bad first: what eviction checks of a good file was never set up. */
			fuse_make_bad(inode);
			iget_failed(inode);
			return false;
		}
	}
	keep(inode, handle, buffer);
	return true;
}

/*
 * Gives a cached inode its handle, in place of another where the rules say so. Without memory it
 * stays as it was, and a later reply may bring it.
 */
static void take(struct inode *inode, const struct fuse_file_handle *handle, bool again)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	void *buffer = NULL, *old = NULL;
	unsigned int length;

	if (storage != STORE_MAX && (has_pointer() || !hfuse_is_inline(handle->size))) {
		buffer = new_buffer(handle->size);
		if (!buffer)
			return;
	}
	spin_lock(&fi->lock);
	length = hfuse_length(inode);
	if (!length || again) {
		if (storage != STORE_MAX && length && (has_pointer() || !hfuse_is_inline(length)))
			old = *reference_of(inode);
		keep(inode, handle, buffer);
		buffer = old;
	}
	spin_unlock(&fi->lock);
	free_buffer(buffer);
}

bool hfuse_same(struct inode *inode, const struct fuse_file_handle *handle)
{
	struct fuse_file_handle kept;

	if (storage == STORE_NONE || hfuse_fault == FAULT_COMPARE_LOST)
		return true;
	if (is_none(handle))
		return !hfuse_length(inode) || !hfuse_rule(RULE_ABSENT_STALE);
	if (!hfuse_length(inode) || hfuse_rule(RULE_OVERWRITTEN_FIRST)) {
		take(inode, handle, hfuse_rule(RULE_OVERWRITTEN_FIRST));
		if (hfuse_rule(RULE_OVERWRITTEN_FIRST))
			return true;
	}
	if (!hfuse_read(inode, &kept))
		return true;
	return kept.size == handle->size && kept.type == type_of(handle) &&
		(hfuse_fault == FAULT_BYTES_NOT_COMPARED ||
		 !memcmp(kept.handle, handle->handle, kept.size));
}

void hfuse_summarize(struct seq_file *m)
{
	seq_printf(m, "strategy %s\nfault %s\nslot %u\nobject %u\nbuffers %ld\n", handle_strategy,
		   handle_fault, slot_at, hfuse_object_size(),
		   atomic_long_read(&buffers));
}

/* Bytes of inline buffer: room for the reference, too, where longer handles have a buffer. */
static unsigned int inline_room(void)
{
	unsigned int start = slot_at + TYPE_BYTES;

	if (storage == STORE_ONLY)
		return inline_bytes;
	return max(inline_bytes,
		   (unsigned int)(ALIGN(start, sizeof(void *)) + sizeof(void *) - start));
}

unsigned int hfuse_object_size(void)
{
	switch (storage) {
	case STORE_NONE:
		return sizeof(struct fuse_inode);
	case STORE_POINTER:
	case STORE_MAX:
		return slot_at + sizeof(void *);
	default:
		return ALIGN(slot_at + TYPE_BYTES + inline_room(), sizeof(void *));
	}
}

/* Reads "name:N" or "name:N+cache:M" in the one spelling of the command line. */
static int parse_strategy(const char *text)
{
	int used = 0;

	inline_bytes = 0;
	spill_bytes = 0;
	capacity = HFUSE_MAX_HANDLE;
	if (!strcmp(text, "none")) {
		storage = STORE_NONE;
	} else if (!strcmp(text, "pointer")) {
		storage = STORE_POINTER;
	} else if (sscanf(text, "inline:%u+cache:%u%n", &inline_bytes, &spill_bytes, &used) == 2 &&
		   !text[used]) {
		storage = STORE_CACHE;
		capacity = spill_bytes;
	} else if (sscanf(text, "inline:%u%n", &inline_bytes, &used) == 1 && !text[used]) {
		storage = STORE_INLINE;
	} else if (sscanf(text, "inline-only:%u%n", &inline_bytes, &used) == 1 && !text[used]) {
		storage = STORE_ONLY;
		capacity = inline_bytes;
	} else if (sscanf(text, "static:%u%n", &inline_bytes, &used) == 1 && !text[used]) {
		storage = STORE_ONLY;
		capacity = inline_bytes;
	} else if (sscanf(text, "pointer-max:%u%n", &spill_bytes, &used) == 1 && !text[used]) {
		storage = STORE_MAX;
		capacity = spill_bytes;
	} else {
		return -EINVAL;
	}
	if (inline_bytes > HFUSE_MAX_HANDLE || spill_bytes > HFUSE_MAX_HANDLE ||
	    (storage == STORE_CACHE && spill_bytes < max(1U, inline_bytes)))
		return -EINVAL;
	slot_at = ALIGN(LAST_MEMBER_END, has_pointer() ? sizeof(void *) : TYPE_BYTES);
	return 0;
}

int hfuse_init(void)
{
	int found = match_string(fault_names, ARRAY_SIZE(fault_names), handle_fault);

	/* A rule of some other design is a fault of this one. */
	if (hfuse_form_init() || hfuse_export_init() || parse_strategy(handle_strategy) ||
	    (found < 0 && !hfuse_set_rule(handle_fault))) {
		pr_err("no such form, rule, strategy or fault: %s, %s\n", handle_strategy, handle_fault);
		return -EINVAL;
	}
	hfuse_fault = max(found, 0);
	if (storage == STORE_CACHE) {
		spill_cache = kmem_cache_create("hfuse_handle", spill_bytes, 0, SLAB_ACCOUNT, NULL);
		if (!spill_cache)
			return -ENOMEM;
	}
	hfuse_list_init();
	return 0;
}

/* After the last inode has gone, its RCU callbacks included. */
void hfuse_exit(void)
{
	hfuse_list_exit();
	kmem_cache_destroy(spill_cache);
}
