// SPDX-License-Identifier: GPL-2.0-only
/*
 * What name_to_handle_at() and the kernel's NFS server give out where a design has the inode's handle
 * in it (handle_export): {u64 nodeid; u32 generation; handle}, and behind it the same of the parent.
 * LOOKUP_HANDLE of "." then brings the handle, so that a server finds what it has never named. That of
 * an inode which is cached goes on as today, but for the rule "asks-anew": where no name of it was
 * looked up since FUSE_NOTIFY_INC_EPOCH, the server is asked, too; and whatever nodeid it has by now for
 * that handle is taken.
 */
#include "fuse_i.h"

#include <linux/exportfs.h>
#include <linux/module.h>

#ifndef for_each_alias
/* As in later kernels, where d_alias lies elsewhere. */
#define for_each_alias(dentry, inode) \
	hlist_for_each_entry(dentry, &(inode)->i_dentry, d_u.d_alias)
#endif

#define FILEID_WITHOUT_PARENT	0x91
#define FILEID_WITH_PARENT	0x92

#define NODE_BYTES		(sizeof(u64) + sizeof(u32))

static unsigned int export_form;
module_param_named(handle_export, export_form, uint, 0444);
MODULE_PARM_DESC(handle_export, "0: nodeid and generation; 1: the handle, too");

bool hfuse_exports_handle(const struct fuse_conn *fc)
{
	return export_form && fc->max_handle;
}

static unsigned int read_node(struct inode *inode, struct fuse_file_handle *handle)
{
	if (!hfuse_read(inode, handle))
		memset(handle, 0, sizeof(*handle));
	return NODE_BYTES + hfuse_encoded_bytes(handle);
}

static void write_node(u8 *to, struct inode *inode, const struct fuse_file_handle *handle)
{
	memcpy(to, &get_fuse_inode(inode)->nodeid, sizeof(u64));
	memcpy(to + sizeof(u64), &inode->i_generation, sizeof(u32));
	hfuse_encode(to + NODE_BYTES, handle);
}

int hfuse_encode_fh(struct inode *inode, u32 *fh, int *max_len, struct inode *parent)
{
	struct fuse_file_handle handle, above;
	unsigned int bytes = read_node(inode, &handle);
	unsigned int all = bytes + (parent ? read_node(parent, &above) : 0);
	int room = *max_len;

	*max_len = DIV_ROUND_UP(all, sizeof(u32));
	if (all > MAX_HANDLE_SZ || *max_len > room)
		return FILEID_INVALID;
	memset(fh, 0, *max_len * sizeof(u32));
	write_node((u8 *)fh, inode, &handle);
	if (!parent)
		return FILEID_WITHOUT_PARENT;
	write_node((u8 *)fh + bytes, parent, &above);
	return FILEID_WITH_PARENT;
}

/* Bytes of the node that begins there; 0 for none. */
static unsigned int decode_node(const u8 *from, unsigned int available, u64 *nodeid, u32 *generation,
				struct fuse_file_handle *handle)
{
	if (available < NODE_BYTES ||
	    !hfuse_decode(from + NODE_BYTES, available - NODE_BYTES, handle))
		return 0;
	memcpy(nodeid, from, sizeof(u64));
	memcpy(generation, from + sizeof(u64), sizeof(u32));
	return NODE_BYTES + hfuse_encoded_bytes(handle);
}

bool hfuse_decode_fh(const u32 *fh, int words, int type, bool parent, u64 *nodeid, u32 *generation,
		     struct fuse_file_handle *handle)
{
	unsigned int all = words * sizeof(u32);
	const u8 *from = (const u8 *)fh;
	struct fuse_file_handle other;
	unsigned int bytes;
	u32 other_generation;
	u64 other_nodeid;

	if (words < 0 || (type != FILEID_WITH_PARENT && (parent || type != FILEID_WITHOUT_PARENT)))
		return false;
	bytes = decode_node(from, all, nodeid, generation, handle);
	if (!bytes)
		return false;
	if (type == FILEID_WITHOUT_PARENT)
		return bytes == all;
	if (!parent)
		return decode_node(from + bytes, all - bytes, &other_nodeid, &other_generation,
				   &other) == all - bytes;
	return decode_node(from + bytes, all - bytes, nodeid, generation, handle) == all - bytes;
}

bool hfuse_is_exported(struct inode *inode, const struct fuse_file_handle *handle)
{
	struct fuse_file_handle kept;

	if (!hfuse_exports_handle(get_fuse_conn(inode)) || !handle->size ||
	    !hfuse_read(inode, &kept))
		return true;
	return kept.size == handle->size && kept.type == handle->type &&
		!memcmp(kept.handle, handle->handle, kept.size);
}

bool hfuse_is_known_by(struct inode *inode, const struct fuse_file_handle *handle)
{
	struct fuse_file_handle kept;

	return hfuse_exports_handle(get_fuse_conn(inode)) && hfuse_rule(RULE_ASKS_ANEW) &&
		handle->size && hfuse_read(inode, &kept) && hfuse_is_exported(inode, handle);
}

bool hfuse_asks_anew(struct inode *inode)
{
	u64 epoch = hfuse_epoch(inode->i_sb);
	struct dentry *alias;
	bool known = false;

	if (!hfuse_exports_handle(get_fuse_conn(inode)) || !hfuse_rule(RULE_ASKS_ANEW) ||
	    !get_fuse_conn(inode)->export_support || epoch == HFUSE_FIRST_EPOCH ||
	    get_node_id(inode) == FUSE_ROOT_ID)
		return false;
	spin_lock(&inode->i_lock);
	for_each_alias(alias, inode)
		known |= hfuse_name_epoch(alias) >= epoch;
	spin_unlock(&inode->i_lock);
	return !known;
}

int hfuse_export_init(void)
{
	struct fuse_file_handle one = { .size = 1 };

	/* Words alone can be given out. */
	return export_form > 1 || (export_form && hfuse_encoded_bytes(&one) % sizeof(u32))
		? -EINVAL : 0;
}
