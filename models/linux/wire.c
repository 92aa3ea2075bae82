// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles on the wire: the parent's handle in LOOKUP_HANDLE, the room that a reply has for the
 * handle behind its entry, and the epoch of names.
 */
#include "fuse_i.h"

#include <linux/slab.h>

#ifndef HFUSE_EPOCH_BUILT_IN
int hfuse_inc_epoch(struct fuse_conn *fc)
{
	if (hfuse_fault != FAULT_EPOCH_IGNORED)
		atomic_inc(&fc->epoch);
	return 0;
}
#endif

u64 hfuse_epoch(struct super_block *sb)
{
	return atomic_read(&get_fuse_conn_super(sb)->epoch);
}

/* One more argument, ahead of the extensions that the operation may have. */
static void add_argument(struct fuse_args *args, void *value, unsigned int bytes, bool is_ext)
{
	unsigned int at = args->in_numargs;

	if (WARN_ON(at >= ARRAY_SIZE(args->in_args) || (is_ext && args->is_ext))) {
		kfree(value);
		return;
	}
	args->in_numargs++;
	if (is_ext) {
		args->is_ext = true;
		args->ext_idx = at;
	} else if (args->is_ext) {
		args->in_args[at] = args->in_args[args->ext_idx];
		swap(at, args->ext_idx);
	}
	args->in_args[at].size = bytes;
	args->in_args[at].value = value;
	args->handle_record = value;
}

/* The handle behind the request's nodeid: that of an inode, or one that was exported. */
static bool handle_behind(const struct fuse_args *args, struct fuse_file_handle *handle)
{
	if (args->handle_of)
		return hfuse_read(args->handle_of, handle);
	if (!args->handle_given || !args->handle_given->size)
		return false;
	*handle = *args->handle_given;
	return true;
}

/* It goes in the design's form or in its record. */
static void add_handle(struct fuse_args *args)
{
	const u64 root = FUSE_ROOT_ID;
	struct fuse_file_handle handle;
	struct fuse_ext_header *head;
	unsigned int bytes;
	u32 *body;

	if (!handle_behind(args, &handle) || hfuse_fault == FAULT_PARENT_OMITTED)
		return;
	if (args->handle_again && (hfuse_fault == FAULT_REVALIDATE_WITHOUT_PARENT ||
				   hfuse_rule(RULE_AGAIN_WITHOUT_PARENT)))
		return;
	if (hfuse_carried_as() == 0) {
		u8 *plain;

		bytes = hfuse_encoded_bytes(&handle);
		plain = kzalloc(bytes, GFP_KERNEL | __GFP_NOFAIL);
		hfuse_encode(plain, &handle);
		add_argument(args, plain, bytes, false);
		return;
	}
	bytes = FUSE_REC_ALIGN(sizeof(*head) + (hfuse_carried_as() == 1
		? hfuse_encoded_bytes(&handle) : 16 + handle.size));
	head = kzalloc(bytes, GFP_KERNEL | __GFP_NOFAIL);
	head->size = bytes;
	head->type = FUSE_EXT_HANDLE;
	if (hfuse_carried_as() == 1) {
		hfuse_encode((u8 *)(head + 1), &handle);
	} else {
		memcpy(head + 1, hfuse_fault == FAULT_RECORD_NAMES_ROOT ? &root : &args->nodeid,
		       sizeof(root));
		body = (u32 *)(head + 1) + 2;
		body[0] = handle.type;
		body[1] = handle.size;
		memcpy(body + 2, handle.handle, handle.size);
	}
	add_argument(args, head, bytes, true);
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
	if (args->opcode == FUSE_LOOKUP)
		args->opcode = hfuse_opcode();
	if (hfuse_carried_by(args->opcode))
		add_handle(args);
}

void hfuse_request_done(struct fuse_args *args)
{
	kfree(args->handle_record);
	args->handle_record = NULL;
}

/* The entry's length follows from what else the reply has; all else is seen when it is read. */
void hfuse_reply_length(struct fuse_args *args, unsigned int nbytes)
{
	unsigned int rest;

	if (!args->has_handle)
		return;
	rest = sizeof(struct fuse_out_header) +
		(args->out_numargs > 1 ? args->out_args[1].size : 0);
	if (nbytes >= rest + HFUSE_ENTRY_BYTES &&
	    nbytes <= rest + sizeof(struct hfuse_entry_out))
		args->out_args[0].size = nbytes - rest;
}

static bool too_long(const struct fuse_conn *fc, const struct fuse_file_handle *handle)
{
	return handle->size > fc->max_handle - (hfuse_fault == FAULT_LONGEST_REFUSED);
}

int hfuse_reply_taken(struct fuse_conn *fc, const struct fuse_args *args, int err)
{
	struct hfuse_entry_out *entry = args->out_args[0].value;
	u8 wire[sizeof(struct fuse_file_handle)];
	unsigned int bytes;

	if (err || !args->has_handle)
		return err;
	if (hfuse_rule(RULE_ENTRY_VALIDITY)) {
		entry->attr_valid = entry->entry_valid;
		entry->attr_valid_nsec = entry->entry_valid_nsec;
	}
	bytes = args->out_args[0].size - HFUSE_ENTRY_BYTES;
	memcpy(wire, &entry->handle, bytes);
	memset(&entry->handle, 0, sizeof(entry->handle));
	if (!bytes)
		return 0;
	if (hfuse_wire_bytes(wire, bytes) != bytes || !hfuse_decode(wire, bytes, &entry->handle))
		return -EINVAL;
	if (!too_long(fc, &entry->handle))
		return 0;
	if (hfuse_fault != FAULT_TOO_LONG_CUT)
		return -EINVAL;
	entry->handle.size = fc->max_handle;
	return 0;
}

static const u8 *plus_handle(const struct fuse_direntplus *plus)
{
	return (const u8 *)plus + HFUSE_ENTRY_BYTES;
}

/* Of an entry that has begun; where less is left than its handle's head, all that is left. */
size_t hfuse_plus_head(struct fuse_conn *fc, const struct fuse_direntplus *plus, size_t available)
{
	unsigned int bytes;

	if (!fc->max_handle)
		return HFUSE_ENTRY_BYTES;
	if (available < HFUSE_ENTRY_BYTES)
		return available;
	bytes = hfuse_wire_bytes(plus_handle(plus), available - HFUSE_ENTRY_BYTES);
	return bytes ? HFUSE_ENTRY_BYTES + bytes : available;
}

struct fuse_dirent *hfuse_plus_dirent(struct fuse_conn *fc, struct fuse_direntplus *plus)
{
	return (void *)plus + hfuse_plus_head(fc, plus, SIZE_MAX);
}

const struct fuse_file_handle *hfuse_plus_handle(struct fuse_conn *fc,
						 struct fuse_direntplus *plus,
						 struct fuse_file_handle *to)
{
	if (!fc->max_handle || hfuse_fault == FAULT_PLUS_UNREAD ||
	    !hfuse_decode(plus_handle(plus), SIZE_MAX, to))
		return NULL;
	return to;
}

bool hfuse_plus_too_long(struct fuse_conn *fc, struct fuse_direntplus *plus)
{
	struct fuse_file_handle handle;

	return fc->max_handle && hfuse_fault != FAULT_PLUS_UNREAD &&
		(!hfuse_decode(plus_handle(plus), SIZE_MAX, &handle) || too_long(fc, &handle));
}
