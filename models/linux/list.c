// SPDX-License-Identifier: GPL-2.0-only
/* What tests look at: every inode with its handle, and how many buffers there are. */
#include "fuse_i.h"

#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define inode_state_read_once(inode)	READ_ONCE((inode)->i_state)
#endif

static struct dentry *debug_folder;

/* One line an inode: connection, nodeid, generation, lookups, place, type and bytes. */
static void show_inode(struct seq_file *m, struct fuse_conn *fc, struct inode *inode)
{
	const struct fuse_inode *fi = get_fuse_inode(inode);
	struct fuse_file_handle handle = {};
	const char *place = "-";
	unsigned int length;

	hfuse_read(inode, &handle);
	length = handle.size;
	if (length)
		place = hfuse_is_inline(length) ? "inline" : "external";
	seq_printf(m, "%u %llu %u %llu %s%s %u ", fc->dev, fi->nodeid, inode->i_generation,
		   fi->nlookup, place, fuse_is_bad(inode) ? ",bad" : "",
		   handle.type);
	if (length)
		seq_printf(m, "%*phN%*phN\n", (int)min(length, 64U), handle.handle,
			   (int)(length - min(length, 64U)), handle.handle + 64);
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
				if (!(inode_state_read_once(inode) &
				      (I_NEW | I_FREEING | I_WILL_FREE)))
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
	hfuse_summarize(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(summary);

void hfuse_list_init(void)
{
	debug_folder = debugfs_create_dir("hfuse", NULL);
	debugfs_create_file("handles", 0400, debug_folder, NULL, &handles_fops);
	debugfs_create_file("summary", 0400, debug_folder, NULL, &summary_fops);
}

void hfuse_list_exit(void)
{
	debugfs_remove_recursive(debug_folder);
}
