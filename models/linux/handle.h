/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File handles in struct fuse_inode: what the hooks call. They include it ahead of all that names
 * "struct fuse_entry_out", so that every one of fs/fuse is the one below, and define for it:
 *
 *   HFUSE_LAST_MEMBER	  that of struct fuse_inode, behind which the slot lies
 *   HFUSE_EPOCH_BUILT_IN the kernel has FUSE_NOTIFY_INC_EPOCH (6.16) and an epoch in each dentry's
 *			  d_fsdata; where it is not defined, the module has them
 */
#ifndef HFUSE_HANDLE_H
#define HFUSE_HANDLE_H

#include <linux/export.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include <linux/types.h>

/* A second FUSE beside the built-in one: it must export none of its names. */
#undef EXPORT_SYMBOL
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)

/* Type of an extension record that brings a handle. */
#define FUSE_EXT_HANDLE		33

#ifndef HFUSE_EPOCH_BUILT_IN
/*
 * As in 6.16 (7.44): every name that was looked up before is looked up again, and LOOKUP_HANDLE
 * brings the parent's handle. What a server says that took the connection over from a dead one.
 */
#define FUSE_NOTIFY_INC_EPOCH	8
#endif

#define HFUSE_MAX_HANDLE	128

/* A handle as the module has it, whatever its form on the wire; size 0 is none. */
struct fuse_file_handle {
	u32	size;
	u32	type;
	u8	handle[HFUSE_MAX_HANDLE];
};

/*
 * The uapi's entry, member for member, and room for the handle that was agreed on in INIT: first
 * as it came, then as the module has it.
 */
struct hfuse_entry_out {
	u64	nodeid;
	u64	generation;
	u64	entry_valid;
	u64	attr_valid;
	u32	entry_valid_nsec;
	u32	attr_valid_nsec;
	struct fuse_attr attr;
	struct fuse_file_handle handle;
};

#define HFUSE_ENTRY_BYTES	offsetof(struct hfuse_entry_out, handle)

static_assert(sizeof(struct fuse_entry_out) == HFUSE_ENTRY_BYTES);
static_assert(offsetof(struct fuse_entry_out, attr) == offsetof(struct hfuse_entry_out, attr));

#define fuse_entry_out hfuse_entry_out

struct fuse_args;
struct fuse_conn;
struct seq_file;
struct super_block;

/* Load and unload; the cache of inodes is as large as the strategy needs. */
int hfuse_init(void);
void hfuse_exit(void);
unsigned int hfuse_object_size(void);

/* What designs differ in; all of it by parameters, and fixed from load on. */
enum hfuse_rule {
	RULE_ABSENT_STALE, RULE_ABSENT_REFUSED, RULE_OVERWRITTEN_FIRST, RULE_LONGEST_REFUSED,
	RULE_AGAIN_WITHOUT_PARENT, RULE_ENTRY_VALIDITY, RULE_ASKS_ANEW,
};

int hfuse_form_init(void);
bool hfuse_rule(enum hfuse_rule rule);
bool hfuse_set_rule(const char *name);
u64 hfuse_offer(void);
u32 hfuse_opcode(void);
bool hfuse_carried_by(u32 operation);
unsigned int hfuse_carried_as(void);

/*
 * A handle's bytes on the wire: those of one that begins there (0: less than its head is there),
 * of one that is to be written, reading it (false: malformed), and writing it into zeros.
 */
unsigned int hfuse_wire_bytes(const u8 *from, size_t available);
bool hfuse_decode(const u8 *from, size_t available, struct fuse_file_handle *to);
unsigned int hfuse_encoded_bytes(const struct fuse_file_handle *handle);
void hfuse_encode(u8 *to, const struct fuse_file_handle *handle);

/* INIT: offered always; what the server takes. */
void hfuse_agree(struct fuse_conn *fc, u64 flags, const struct fuse_init_out *out);

/* The epoch of names, that of a connection which never saw FUSE_NOTIFY_INC_EPOCH, and a name's. */
u64 hfuse_epoch(struct super_block *sb);
#ifdef HFUSE_EPOCH_BUILT_IN
#define HFUSE_FIRST_EPOCH	1
u64 hfuse_name_epoch(const struct dentry *dentry);
#else
#define HFUSE_FIRST_EPOCH	0
int hfuse_inc_epoch(struct fuse_conn *fc);

static inline u64 hfuse_name_epoch(const struct dentry *dentry)
{
	return dentry->d_time;
}
#endif

/* A request of fc, once INIT is settled, and the end of it. */
void hfuse_request(struct fuse_conn *fc, struct fuse_args *args);
void hfuse_request_done(struct fuse_args *args);

/*
 * The reply: an entry may be today's, shorter one; a handle longer than agreed is refused. What is
 * taken is read into the module's form.
 */
void hfuse_reply_length(struct fuse_args *args, unsigned int nbytes);
int hfuse_reply_taken(struct fuse_conn *fc, const struct fuse_args *args, int err);

/* READDIRPLUS: the handle lies between the entry and the name. */
size_t hfuse_plus_head(struct fuse_conn *fc, const struct fuse_direntplus *plus, size_t available);
struct fuse_dirent *hfuse_plus_dirent(struct fuse_conn *fc, struct fuse_direntplus *plus);
const struct fuse_file_handle *hfuse_plus_handle(struct fuse_conn *fc,
						 struct fuse_direntplus *plus,
						 struct fuse_file_handle *to);
bool hfuse_plus_too_long(struct fuse_conn *fc, struct fuse_direntplus *plus);

/* Wrong on purpose, to show that a check would notice: by the module's parameter handle_fault. */
enum hfuse_fault {
	FAULT_NONE, FAULT_COMPARE_LOST, FAULT_BUFFER_LEAKED, FAULT_PARENT_OMITTED,
	FAULT_INLINE_ONE_LESS, FAULT_TYPE_LOST, FAULT_TOO_LONG_CUT, FAULT_LONGEST_REFUSED,
	FAULT_PLUS_UNREAD, FAULT_BYTES_NOT_COMPARED, FAULT_LAST_BYTE_LOST,
	FAULT_REVALIDATE_WITHOUT_PARENT, FAULT_RECORD_NAMES_ROOT, FAULT_EPOCH_IGNORED,
};

extern enum hfuse_fault hfuse_fault;

/* The slot of an inode: its handle's length (0: none), and where the rest lies if there is one. */
unsigned int hfuse_length(const struct inode *inode);
bool hfuse_read(struct inode *inode, struct fuse_file_handle *to);
bool hfuse_is_inline(unsigned int length);

int hfuse_alloc_slot(struct inode *inode);
void hfuse_free_slot(struct inode *inode);

/* Whether an entry may become an inode at all; longer than what is kept is refused. */
bool hfuse_fits(const struct fuse_conn *fc, u64 nodeid, const struct fuse_file_handle *handle);

/* Gives a new, locked inode its handle; false without memory, and the inode is gone. */
bool hfuse_set_new(struct inode *inode, const struct fuse_file_handle *handle);

/*
 * Whether a cached inode may be the object of a reply with this handle: the same, or, unless the
 * rules say otherwise, none on one side. One that has none takes it.
 */
bool hfuse_same(struct inode *inode, const struct fuse_file_handle *handle);

/*
 * What is exported: whether with the handle, that of an inode (as export_operations.encode_fh), and
 * what is in one that comes back (false: none of this form; with parent, that of the parent).
 */
int hfuse_export_init(void);
bool hfuse_exports_handle(const struct fuse_conn *fc);
int hfuse_encode_fh(struct inode *inode, u32 *fh, int *max_len, struct inode *parent);
bool hfuse_decode_fh(const u32 *fh, int words, int type, bool parent, u64 *nodeid, u32 *generation,
		     struct fuse_file_handle *handle);

/* Whether a cached inode is to be asked for again, and whether it is that of the handle. */
bool hfuse_asks_anew(struct inode *inode);
bool hfuse_is_exported(struct inode *inode, const struct fuse_file_handle *handle);
bool hfuse_is_known_by(struct inode *inode, const struct fuse_file_handle *handle);

/* What debugfs shows. */
void hfuse_list_init(void);
void hfuse_list_exit(void);
void hfuse_summarize(struct seq_file *m);

#endif
