// SPDX-License-Identifier: GPL-2.0-only
/*
 * What designs differ in, by parameters at load (models/designs says what each is):
 *
 *   handle_form=SIZE,TYPE,ARRAY,ALIGN  bytes of the size field (1, 2, 4) and of the type's (0, 2,
 *                                      4; 5: the first four of the counted bytes), of the array
 *                                      (0: as long as the handle), and of what it is padded to
 *   handle_carried=BY,AS               by no request, 1 LOOKUP, 2 all that return an entry; as 0
 *                                      an argument, 1 a record, 2 a record with the nodeid
 *   handle_init=BIT,MAXIMUM,NAMED      bit of INIT, longest handle, whether the server names its
 *                                      own maximum
 *   handle_opcode=N                    of LOOKUP_HANDLE
 *   handle_rules=NAME,...              rules other than those of the thread: enum hfuse_rule
 *
 * Inside the module a handle is always a struct fuse_file_handle.
 */
#include "fuse_i.h"

#include <linux/module.h>

#define FOLDED		5
#define FOLDED_BYTES	4U

static unsigned int form[4] = { 4, 4, HFUSE_MAX_HANDLE, 1 };
module_param_array_named(handle_form, form, uint, NULL, 0444);
MODULE_PARM_DESC(handle_form, "Bytes of size, type (5: folded), array, alignment");

static unsigned int carried[2] = { 1, 2 };
module_param_array_named(handle_carried, carried, uint, NULL, 0444);
MODULE_PARM_DESC(handle_carried, "Which requests bring a handle, and where in them");

static unsigned int init[3] = { 43, HFUSE_MAX_HANDLE, 1 };
module_param_array_named(handle_init, init, uint, NULL, 0444);
MODULE_PARM_DESC(handle_init, "Bit of INIT, longest handle, whether the server names its own");

static unsigned int opcode = 54;
module_param_named(handle_opcode, opcode, uint, 0444);
MODULE_PARM_DESC(handle_opcode, "Opcode of LOOKUP_HANDLE");

static char *rules[8];
static unsigned int rule_count;
module_param_array_named(handle_rules, rules, charp, &rule_count, 0444);
MODULE_PARM_DESC(handle_rules, "Rules other than those of the thread");

static const char * const rule_names[] = {
	"absent-stale", "absent-refused", "overwritten-first", "longest-refused-in-iget",
	"revalidated-without-parent", "entry-validity", "asks-anew",
};

static unsigned long rule_bits;

bool hfuse_rule(enum hfuse_rule rule)
{
	return rule_bits & BIT(rule);
}

/* Puts a rule on by its name; false for none of that name. */
bool hfuse_set_rule(const char *name)
{
	int found = match_string(rule_names, ARRAY_SIZE(rule_names), name);

	if (found < 0)
		return false;
	rule_bits |= BIT(found);
	return true;
}

int hfuse_form_init(void)
{
	unsigned int longest = form[2] ? form[2] : HFUSE_MAX_HANDLE;
	unsigned int i;

	rule_bits = 0;
	for (i = 0; i < rule_count; i++) {
		if (!hfuse_set_rule(rules[i]))
			return -EINVAL;
	}
	if ((form[0] != 1 && form[0] != 2 && form[0] != 4) || form[1] == 1 || form[1] == 3 ||
	    form[1] > FOLDED || form[2] > HFUSE_MAX_HANDLE || !is_power_of_2(form[3]) ||
	    form[3] > 8 || carried[0] > 2 || carried[1] > 2 || init[0] > 63 || !init[1] ||
	    init[1] > longest)
		return -EINVAL;
	/* A record of LOOKUP's alone: other operations may have extensions of their own. */
	return carried[0] == 2 && carried[1] != 0 ? -EINVAL : 0;
}

u64 hfuse_offer(void)
{
	return 1ULL << init[0];
}

u32 hfuse_opcode(void)
{
	return opcode;
}

bool hfuse_carried_by(u32 operation)
{
	return carried[0] == 2 || (carried[0] == 1 && operation == opcode);
}

unsigned int hfuse_carried_as(void)
{
	return carried[1];
}

void hfuse_agree(struct fuse_conn *fc, u64 flags, const struct fuse_init_out *out)
{
	/* fuse_init_out.max_handle_sz, which has no name in this kernel's header. */
	u16 named = *(const u16 *)((const char *)out + 42);

	fc->max_handle = 0;
	if (!(flags & hfuse_offer()))
		return;
	if (init[2] && named > 0 && named <= init[1])
		fc->max_handle = named;
	else if (!init[2] && named == 0)
		fc->max_handle = init[1];
}

static u32 get(const u8 *from, unsigned int bytes)
{
	u32 number = 0;

	memcpy(&number, from, bytes);
	return number;
}

static unsigned int head_bytes(void)
{
	return form[0] + (form[1] == FOLDED ? 0 : form[1]);
}

static unsigned int most_counted(void)
{
	return form[2] ? form[2] : HFUSE_MAX_HANDLE;
}

static unsigned int all_bytes(unsigned int counted)
{
	return ALIGN(head_bytes() + (form[2] ? form[2] : counted), form[3]);
}

unsigned int hfuse_wire_bytes(const u8 *from, size_t available)
{
	if (available < head_bytes())
		return 0;
	return all_bytes(min(get(from, form[0]), most_counted()));
}

bool hfuse_decode(const u8 *from, size_t available, struct fuse_file_handle *to)
{
	unsigned int counted, folded;

	if (available < head_bytes())
		return false;
	counted = get(from, form[0]);
	folded = form[1] == FOLDED && counted ? FOLDED_BYTES : 0;
	if (counted > most_counted() || (folded && counted <= folded) ||
	    all_bytes(counted) > available)
		return false;
	if (form[1] == FOLDED)
		to->type = folded ? get(from + form[0], FOLDED_BYTES) : 0;
	else
		to->type = get(from + form[0], form[1]);
	to->size = counted - folded;
	memcpy(to->handle, from + head_bytes() + folded, to->size);
	return true;
}

unsigned int hfuse_encoded_bytes(const struct fuse_file_handle *handle)
{
	return all_bytes(handle->size + (form[1] == FOLDED ? FOLDED_BYTES : 0));
}

void hfuse_encode(u8 *to, const struct fuse_file_handle *handle)
{
	unsigned int folded = form[1] == FOLDED ? FOLDED_BYTES : 0;
	u32 counted = handle->size + folded;

	memcpy(to, &counted, form[0]);
	memcpy(to + form[0], &handle->type, folded ? FOLDED_BYTES : form[1]);
	memcpy(to + head_bytes() + folded, handle->handle, handle->size);
}
