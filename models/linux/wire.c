// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles on the wire: what INIT agrees on, the record that brings the parent's handle with
 * LOOKUP_HANDLE, and the room that a reply has for the handle behind its entry.
 */
#include "fuse_i.h"

#include <linux/slab.h>

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
	unsigned int length = hfuse_length(inode);
	const u64 root = FUSE_ROOT_ID;
	struct fuse_ext_header *head;
	unsigned int bytes;
	u32 *body;

	if (!length || hfuse_fault == FAULT_PARENT_OMITTED ||
	    (hfuse_fault == FAULT_REVALIDATE_WITHOUT_PARENT && args->handle_again))
		return;
	bytes = FUSE_REC_ALIGN(sizeof(*head) + 16 + length);
	head = kzalloc(bytes, GFP_KERNEL | __GFP_NOFAIL);
	head->size = bytes;
	head->type = FUSE_EXT_HANDLE;
	memcpy(head + 1, hfuse_fault == FAULT_RECORD_NAMES_ROOT ? &root : &args->nodeid, sizeof(root));
	body = (u32 *)(head + 1) + 2;
	body[0] = *hfuse_type(inode);
	body[1] = length;
	memcpy(body + 2, hfuse_bytes(inode, length), length);
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
	return handle->size > fc->max_handle - (hfuse_fault == FAULT_LONGEST_REFUSED);
}

int hfuse_reply_taken(struct fuse_conn *fc, const struct fuse_args *args, int err)
{
	struct hfuse_entry_out *entry = args->out_args[0].value;

	if (err || !args->has_handle || args->out_args[0].size == HFUSE_ENTRY_BYTES ||
	    !too_long(fc, &entry->handle))
		return err;
	if (hfuse_fault == FAULT_TOO_LONG_CUT) {
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
	if (!fc->max_handle || hfuse_fault == FAULT_PLUS_UNREAD)
		return NULL;
	return (void *)plus + HFUSE_ENTRY_BYTES;
}

bool hfuse_plus_too_long(struct fuse_conn *fc, struct fuse_direntplus *plus)
{
	const struct fuse_file_handle *handle = hfuse_plus_handle(fc, plus);

	return handle && too_long(fc, handle);
}

