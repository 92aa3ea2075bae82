/*
 * The clients of mount-bench: one process a load, plain system calls, no library in between.
 *
 *   loads tree DIR FILES PER_DIR     makes FILES empty files in folders of PER_DIR
 *   loads fill FILE BYTES            writes FILE
 *   loads walk DIR...                lists and stats all below each DIR; entries
 *   loads empty MOUNTPOINT           has the kernel drop the unused inodes of a FUSE mount
 *
 * Those print one line, "WORK SECONDS": how many units of work were done, and how long that took.
 *
 *   loads duel LOAD THREADS SLICES MS ROOT...
 *
 * does the same load below each ROOT in turn, in SLICES slices of MS milliseconds, the order
 * turned each time, after a longer one below each that is for warming up. It prints one line a
 * slice, "ROOT WORK SECONDS", ROOT being its number from 0, warming up included. LOAD is
 *
 *   stat     stats flat/f0 .. flat/f99 round robin; stats
 *   list     lists tree/d0, no stat; entries
 *   churn    creates and closes 100 files in churn, then unlinks them, and again; files
 *   write    writes big in blocks of 1 MiB, over and over, where it is there already; bytes
 *   read     reads big in blocks of 1 MiB, over and over; bytes
 *   random   reads 4 KiB of big at random pages, each page once in a round; reads
 *   scatter  writes them, where they are there already; writes
 *
 * A slice of the last four opens the file, which drops its pages, and goes on where the last one
 * below that root ended.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, PAGE = 4096, MAX_THREADS = 64, MAX_ROOTS = 8, STAT_FILES = 100,
       WARM_UP_MS = 600 };

static void fail(const char *what)
{
    fprintf(stderr, "loads: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void report(unsigned long long work, double began)
{
    printf("%llu %.6f\n", work, now() - began);
}

static int open_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        fail(path);
    return fd;
}

static void make_tree(const char *path, int files, int per_dir)
{
    double began = now();
    int root = open_dir(path);
    int dir = -1;
    for (int i = 0; i < files; i++) {
        char name[32];
        if (i % per_dir == 0) {
            if (dir >= 0)
                close(dir);
            snprintf(name, sizeof name, "d%d", i / per_dir);
            if (mkdirat(root, name, 0755) < 0)
                fail(name);
            dir = openat(root, name, O_RDONLY | O_DIRECTORY);
        }
        snprintf(name, sizeof name, "f%d", i % per_dir);
        int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
        if (fd < 0)
            fail(name);
        close(fd);
    }
    report(files, began);
}

static unsigned long long walk(int dir)
{
    unsigned long long seen = 0;
    DIR *stream = fdopendir(dir);
    struct dirent *entry;
    if (!stream)
        fail("fdopendir");
    while ((entry = readdir(stream))) {
        struct stat st;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            fail(entry->d_name);
        seen++;
        if (S_ISDIR(st.st_mode)) {
            int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY);
            if (below < 0)
                fail(entry->d_name);
            seen += walk(below);
        }
    }
    closedir(stream);
    return seen;
}

static void fill(const char *path, unsigned long long bytes)
{
    char *block = aligned_alloc(PAGE, BLOCK);
    memset(block, 0x5a, BLOCK);
    double began = now();
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd < 0)
        fail(path);
    for (unsigned long long done = 0; done < bytes; done += BLOCK)
        if (write(fd, block, BLOCK) != BLOCK)
            fail("write");
    close(fd);
    free(block);
    report(bytes, began);
}

/* One thread of one slice. */
struct worker {
    pthread_t thread;
    int fd;
    uint64_t first;
    uint64_t size;
    double until;
    uint64_t work;
};

static void *stat_some(void *argument)
{
    struct worker *w = argument;
    unsigned at = w->first;
    do {
        for (int i = 0; i < 32; i++) {
            char name[32];
            struct stat st;
            snprintf(name, sizeof name, "f%u", at);
            if (fstatat(w->fd, name, &st, 0) < 0)
                fail(name);
            at = (at + 1) % STAT_FILES;
            w->work++;
        }
    } while (now() < w->until);
    return NULL;
}

/* A walk over all pages in an order without neighbours: page = i * odd step mod pages. */
static void *random_some(void *argument)
{
    struct worker *w = argument;
    char *page = aligned_alloc(PAGE, PAGE);
    uint64_t pages = w->size / PAGE;
    do {
        for (int i = 0; i < 16; i++) {
            uint64_t at = ((w->first + w->work) * 1103515245u + 12345u) % pages;
            if (pread(w->fd, page, PAGE, (off_t)at * PAGE) != PAGE)
                fail("pread");
            w->work++;
        }
    } while (now() < w->until);
    free(page);
    return NULL;
}

static void *scatter_some(void *argument)
{
    struct worker *w = argument;
    char *page = aligned_alloc(PAGE, PAGE);
    uint64_t pages = w->size / PAGE;
    memset(page, 0x5a, PAGE);
    do {
        for (int i = 0; i < 16; i++) {
            uint64_t at = ((w->first + w->work) * 1103515245u + 12345u) % pages;
            if (pwrite(w->fd, page, PAGE, (off_t)at * PAGE) != PAGE)
                fail("pwrite");
            w->work++;
        }
    } while (now() < w->until);
    free(page);
    return NULL;
}

static void *list_some(void *argument)
{
    struct worker *w = argument;
    do {
        DIR *stream = fdopendir(openat(w->fd, ".", O_RDONLY | O_DIRECTORY));
        if (!stream)
            fail("fdopendir");
        while (readdir(stream))
            w->work++;
        closedir(stream);
    } while (now() < w->until);
    return NULL;
}

static void *churn_some(void *argument)
{
    struct worker *w = argument;
    char name[32];
    do {
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "n%d", i);
            int fd = openat(w->fd, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
            if (fd < 0)
                fail(name);
            close(fd);
        }
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "n%d", i);
            if (unlinkat(w->fd, name, 0) < 0)
                fail(name);
        }
        w->work += 100;
    } while (now() < w->until);
    return NULL;
}

static char block[BLOCK] __attribute__((aligned(PAGE)));

static void *write_some(void *argument)
{
    struct worker *w = argument;
    do {
        uint64_t at = (w->first + w->work) % w->size;
        if (pwrite(w->fd, block, BLOCK, (off_t)at) != BLOCK)
            fail("pwrite");
        w->work += BLOCK;
    } while (now() < w->until);
    return NULL;
}

static void *read_sequence(void *argument)
{
    struct worker *w = argument;
    do {
        uint64_t at = (w->first + w->work) % w->size;
        if (pread(w->fd, block, BLOCK, (off_t)at) != BLOCK)
            fail("pread");
        w->work += BLOCK;
    } while (now() < w->until);
    return NULL;
}

struct load {
    const char *name;
    const char *path;
    int flags;
    void *(*body)(void *);
};

static const struct load all_loads[] = {
    { "stat", "flat", O_RDONLY | O_DIRECTORY, stat_some },
    { "list", "tree/d0", O_RDONLY | O_DIRECTORY, list_some },
    { "churn", "churn", O_RDONLY | O_DIRECTORY, churn_some },
    { "write", "big", O_WRONLY, write_some },
    { "read", "big", O_RDONLY, read_sequence },
    { "random", "big", O_RDONLY, random_some },
    { "scatter", "big", O_WRONLY, scatter_some },
};

/* One slice below one root; gone_on is what the slices before it have done there. */
static void slice(const struct load *load, int threads, double seconds, int root,
                  const char *root_path, uint64_t *gone_on)
{
    struct worker workers[MAX_THREADS] = {0};
    struct stat st;
    char path[4096];
    uint64_t work = 0;
    snprintf(path, sizeof path, "%s/%s", root_path, load->path);
    int fd = open(path, load->flags);
    if (fd < 0 || fstat(fd, &st) < 0)
        fail(path);
    if (load->body == random_some)
        posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    double began = now();
    for (int i = 0; i < threads; i++) {
        struct worker *w = &workers[i];
        uint64_t range = load->body == stat_some ? STAT_FILES : st.st_size / PAGE;
        w->fd = fd;
        w->size = st.st_size;
        w->first = *gone_on + range / threads * i;
        if (load->body == stat_some)
            w->first %= STAT_FILES;
        w->until = began + seconds;
    }
    for (int i = 1; i < threads; i++)
        if (pthread_create(&workers[i].thread, NULL, load->body, &workers[i]) != 0)
            fail("pthread_create");
    load->body(&workers[0]);
    for (int i = 1; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    double took = now() - began;
    close(fd);
    for (int i = 0; i < threads; i++)
        work += workers[i].work;
    *gone_on += work;
    printf("%d %llu %.6f\n", root, (unsigned long long)work, took);
}

static int duel(const char *name, int threads, int slices, int ms, int roots, char **paths)
{
    uint64_t gone_on[MAX_ROOTS] = {0};
    const struct load *load = NULL;
    for (size_t i = 0; i < sizeof all_loads / sizeof *all_loads; i++)
        if (!strcmp(all_loads[i].name, name))
            load = &all_loads[i];
    if (!load || threads < 1 || threads > MAX_THREADS || roots > MAX_ROOTS)
        return 2;
    memset(block, 0x5a, BLOCK);
    for (int s = 0; s <= slices; s++)
        for (int i = 0; i < roots; i++) {
            int root = s % 2 ? roots - 1 - i : i;
            double seconds = (s == 0 ? WARM_UP_MS : ms) / 1e3;
            slice(load, threads, seconds, root, paths[root], &gone_on[root]);
        }
    return 0;
}

int main(int argc, char **argv)
{
    const char *load = argc > 2 ? argv[1] : "";
    if (!strcmp(load, "tree") && argc == 5)
        make_tree(argv[2], atoi(argv[3]), atoi(argv[4]));
    else if (!strcmp(load, "fill") && argc == 4)
        fill(argv[2], strtoull(argv[3], NULL, 10));
    else if (!strcmp(load, "walk")) {
        double began = now();
        unsigned long long seen = 0;
        for (int i = 2; i < argc; i++)
            seen += walk(open_dir(argv[i]));
        report(seen, began);
    } else if (!strcmp(load, "empty") && argc == 3) {
        /* Remounting shrinks the dentry cache of the file system (reconfigure_super()). */
        if (mount(NULL, argv[2], NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL) < 0)
            fail(argv[2]);
        report(0, now());
    } else if (!strcmp(load, "duel") && argc >= 7)
        return duel(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), argc - 6, argv + 6);
    else {
        fprintf(stderr, "usage: loads tree|fill|walk|empty|duel ...\n");
        return 2;
    }
    return 0;
}
