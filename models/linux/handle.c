// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles in struct fuse_inode.
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
 * of its inode.
 */
#include "fuse_i.h"

#include <linux/debugfs.h>
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
	"revalidate-without-parent", "record-names-root",
};

enum fault {
	FAULT_NONE, FAULT_COMPARE_LOST, FAULT_BUFFER_LEAKED, FAULT_PARENT_OMITTED,
	FAULT_INLINE_ONE_LESS, FAULT_TYPE_LOST, FAULT_TOO_LONG_CUT, FAULT_LONGEST_REFUSED,
	FAULT_PLUS_UNREAD, FAULT_BYTES_NOT_COMPARED, FAULT_LAST_BYTE_LOST,
	FAULT_REVALIDATE_WITHOUT_PARENT, FAULT_RECORD_NAMES_ROOT,
};

static char *handle_fault = "none";
module_param(handle_fault, charp, 0444);
MODULE_PARM_DESC(handle_fault, "A fault planted on purpose");

static enum storage storage;
static unsigned int inline_bytes;	/* of handle, in the slot */
static unsigned int spill_bytes;	/* of handle, in a buffer of one size */
static unsigned int capacity;		/* the longest handle that is kept */
static unsigned int slot_at;
static enum fault fault;
static struct kmem_cache *spill_cache;
static struct dentry *debug_folder;
static atomic_long_t buffers;		/* external ones that are allocated */

#define LAST_MEMBER_END offsetofend(struct fuse_inode, fb)

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

static bool lies_inline(unsigned int length)
{
	unsigned int most = inline_bytes - (fault == FAULT_INLINE_ONE_LESS);

	return !has_pointer() && length <= most;
}

/* 0: the inode has none. */
static unsigned int length_of(const struct inode *inode)
{
	return smp_load_acquire(&container_of(inode, struct fuse_inode, inode)->handle_length);
}

/* Where type and bytes lie; good once length_of() has seen one. */
static u32 *type_at(const struct inode *inode)
{
	return has_pointer() ? *reference_of(inode) : slot_of(inode);
}

static u8 *bytes_at(const struct inode *inode, unsigned int length)
{
	if (has_pointer())
		return *reference_of(inode) + TYPE_BYTES;
	return lies_inline(length) ? inline_of(inode) : *reference_of(inode);
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
	if (!buffer || fault == FAULT_BUFFER_LEAKED)
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
	unsigned int length = length_of(inode);

	if (has_pointer() || (length && !lies_inline(length)))
		free_buffer(*reference_of(inode));
}

static bool is_none(const struct fuse_file_handle *handle)
{
	return !handle || handle->size == 0;
}

static u32 type_of(const struct fuse_file_handle *handle)
{
	return fault == FAULT_TYPE_LOST ? 0 : handle->type;
}

bool hfuse_fits(const struct fuse_file_handle *handle)
{
	return storage == STORE_NONE || is_none(handle) || handle->size <= capacity;
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
	bytes = bytes_at(inode, length);
	*type_at(inode) = type_of(handle);
	memcpy(bytes, handle->handle, length);
	if (fault == FAULT_LAST_BYTE_LOST)
		bytes[length - 1] = 0;
	/* Pairs with length_of(). */
	smp_store_release(&get_fuse_inode(inode)->handle_length, length);
}

static bool needs_buffer(const struct inode *inode, unsigned int length)
{
	return has_pointer() ? !*reference_of(inode) : !lies_inline(length);
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

bool hfuse_same(struct inode *inode, const struct fuse_file_handle *handle)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	void *buffer = NULL;

	if (storage == STORE_NONE || is_none(handle) || fault == FAULT_COMPARE_LOST)
		return true;
	if (!length_of(inode)) {
		/* No memory: it stays without, and a later reply may bring it. */
		if (needs_buffer(inode, handle->size)) {
			buffer = new_buffer(handle->size);
			if (!buffer)
				return true;
		}
		spin_lock(&fi->lock);
		if (!length_of(inode)) {
			keep(inode, handle, buffer);
			buffer = NULL;
		}
		spin_unlock(&fi->lock);
		free_buffer(buffer);
	}
	return length_of(inode) == handle->size && *type_at(inode) == type_of(handle) &&
		(fault == FAULT_BYTES_NOT_COMPARED ||
		 !memcmp(bytes_at(inode, handle->size), handle->handle, handle->size));
}

void hfuse_agree(struct fuse_conn *fc, u64 flags, const struct fuse_init_out *out)
{
	/* fuse_init_out.max_handle_sz, which has no name in this kernel's header. */
	u16 most = *(const u16 *)((const char *)out + 42);

	fc->max_handle = 0;
	if ((flags & FUSE_HAS_LOOKUP_HANDLE) && most > 0 && most <= HFUSE_MAX_HANDLE)
		fc->max_handle = most;
}

/* The record that names the inode behind the request's nodeid. */
static void add_handle(struct fuse_args *args, struct inode *inode)
{
	unsigned int length = length_of(inode);
	const u64 root = FUSE_ROOT_ID;
	struct fuse_ext_header *head;
	unsigned int bytes;
	u32 *body;

	if (!length || fault == FAULT_PARENT_OMITTED ||
	    (fault == FAULT_REVALIDATE_WITHOUT_PARENT && args->handle_again))
		return;
	bytes = FUSE_REC_ALIGN(sizeof(*head) + 16 + length);
	head = kzalloc(bytes, GFP_KERNEL | __GFP_NOFAIL);
	head->size = bytes;
	head->type = FUSE_EXT_HANDLE;
	memcpy(head + 1, fault == FAULT_RECORD_NAMES_ROOT ? &root : &args->nodeid, sizeof(root));
	body = (u32 *)(head + 1) + 2;
	body[0] = *type_at(inode);
	body[1] = length;
	memcpy(body + 2, bytes_at(inode, length), length);
	WARN_ON(args->is_ext || args->in_numargs >= ARRAY_SIZE(args->in_args));
	args->is_ext = true;
	args->ext_idx = args->in_numargs++;
	args->in_args[args->ext_idx].size = bytes;
	args->in_args[args->ext_idx].value = head;
	args->handle_record = head;
}

void hfuse_request(struct fuse_conn *fc, struct fuse_args *args)
{
	switch (args->opcode) {
	case FUSE_LOOKUP:
	case FUSE_CREATE:
	case FUSE_TMPFILE:
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_SYMLINK:
	case FUSE_LINK:
		break;
	default:
		return;
	}
	if (!fc->max_handle) {
		args->out_args[0].size = HFUSE_ENTRY_BYTES;
		return;
	}
	args->has_handle = true;
	if (args->opcode == FUSE_LOOKUP) {
		args->opcode = FUSE_LOOKUP_HANDLE;
		if (args->handle_of)
			add_handle(args, args->handle_of);
	}
}

void hfuse_request_done(struct fuse_args *args)
{
	kfree(args->handle_record);
	args->handle_record = NULL;
}

void hfuse_reply_length(struct fuse_args *args, unsigned int nbytes)
{
	unsigned int most = sizeof(struct fuse_out_header) +
		fuse_len_args(args->out_numargs, args->out_args);

	if (args->has_handle && nbytes + sizeof(struct fuse_file_handle) == most)
		args->out_args[0].size = HFUSE_ENTRY_BYTES;
}

static bool too_long(const struct fuse_conn *fc, const struct fuse_file_handle *handle)
{
	return handle->size > fc->max_handle - (fault == FAULT_LONGEST_REFUSED);
}

int hfuse_reply_taken(struct fuse_conn *fc, const struct fuse_args *args, int err)
{
	struct hfuse_entry_out *entry = args->out_args[0].value;

	if (err || !args->has_handle || args->out_args[0].size == HFUSE_ENTRY_BYTES ||
	    !too_long(fc, &entry->handle))
		return err;
	if (fault == FAULT_TOO_LONG_CUT) {
		entry->handle.size = fc->max_handle;
		return 0;
	}
	return -EINVAL;
}

size_t hfuse_plus_head(struct fuse_conn *fc)
{
	return HFUSE_ENTRY_BYTES + (fc->max_handle ? sizeof(struct fuse_file_handle) : 0);
}

struct fuse_dirent *hfuse_plus_dirent(struct fuse_conn *fc, struct fuse_direntplus *plus)
{
	return (void *)plus + hfuse_plus_head(fc);
}

const struct fuse_file_handle *hfuse_plus_handle(struct fuse_conn *fc,
						 struct fuse_direntplus *plus)
{
	if (!fc->max_handle || fault == FAULT_PLUS_UNREAD)
		return NULL;
	return (void *)plus + HFUSE_ENTRY_BYTES;
}

bool hfuse_plus_too_long(struct fuse_conn *fc, struct fuse_direntplus *plus)
{
	const struct fuse_file_handle *handle = hfuse_plus_handle(fc, plus);

	return handle && too_long(fc, handle);
}

/* One line an inode: connection, nodeid, generation, lookups, place, type and bytes. */
static void show_inode(struct seq_file *m, struct fuse_conn *fc, const struct inode *inode)
{
	const struct fuse_inode *fi = container_of(inode, struct fuse_inode, inode);
	unsigned int length = length_of(inode);
	const char *place = "-";

	if (length)
		place = lies_inline(length) ? "inline" : "external";
	seq_printf(m, "%u %llu %u %llu %s%s %u ", fc->dev, fi->nodeid, inode->i_generation,
		   fi->nlookup, place, fuse_is_bad((struct inode *)inode) ? ",bad" : "",
		   length ? *type_at(inode) : 0);
	if (length)
		seq_printf(m, "%*phN%*phN\n", (int)min(length, 64U), bytes_at(inode, length),
			   (int)(length - min(length, 64U)), bytes_at(inode, length) + 64);
	else
		seq_puts(m, "-\n");
}

static int handles_show(struct seq_file *m, void *unused)
{
	struct fuse_conn *fc;
	struct fuse_mount *fm;
	struct inode *inode;

	mutex_lock(&fuse_mutex);
	list_for_each_entry(fc, &fuse_conn_list, entry) {
		down_read(&fc->killsb);
		list_for_each_entry(fm, &fc->mounts, fc_entry) {
			if (!fm->sb)
				continue;
			spin_lock(&fm->sb->s_inode_list_lock);
			list_for_each_entry(inode, &fm->sb->s_inodes, i_sb_list) {
				if (!(inode->i_state & (I_NEW | I_FREEING | I_WILL_FREE)))
					show_inode(m, fc, inode);
			}
			spin_unlock(&fm->sb->s_inode_list_lock);
		}
		up_read(&fc->killsb);
	}
	mutex_unlock(&fuse_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(handles);

static int summary_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "strategy %s\nfault %s\nslot %u\nobject %u\nbuffers %ld\n", handle_strategy,
		   fault_names[fault], slot_at, hfuse_object_size(), atomic_long_read(&buffers));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(summary);

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

	if (found < 0 || parse_strategy(handle_strategy)) {
		pr_err("no such strategy or fault: %s, %s\n", handle_strategy, handle_fault);
		return -EINVAL;
	}
	fault = found;
	if (storage == STORE_CACHE) {
		spill_cache = kmem_cache_create("hfuse_handle", spill_bytes, 0, SLAB_ACCOUNT, NULL);
		if (!spill_cache)
			return -ENOMEM;
	}
	debug_folder = debugfs_create_dir("hfuse", NULL);
	debugfs_create_file("handles", 0400, debug_folder, NULL, &handles_fops);
	debugfs_create_file("summary", 0400, debug_folder, NULL, &summary_fops);
	return 0;
}

/* After the last inode has gone, its RCU callbacks included. */
void hfuse_exit(void)
{
	debugfs_remove_recursive(debug_folder);
	kmem_cache_destroy(spill_cache);
}
