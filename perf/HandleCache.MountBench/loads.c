/*
 * The clients of mount-bench: one process a load, plain system calls, no library in between.
 * Each prints one line, "WORK SECONDS": how many units of work it did, and how long they took.
 *
 *   loads tree DIR FILES PER_DIR     makes FILES empty files in folders of PER_DIR
 *   loads stat DIR FILES THREADS MS  stats DIR/f0 .. DIR/f(FILES-1) round robin; stats
 *   loads walk DIR...                lists and stats all below each DIR; entries
 *   loads empty MOUNTPOINT           has the kernel drop the unused inodes of a FUSE mount
 *   loads list DIR TIMES             lists DIR, no stat; entries
 *   loads churn DIR FILES            creates and closes FILES files, then unlinks them; files
 *   loads write FILE BYTES           writes FILE in blocks of 1 MiB; bytes
 *   loads read FILE                  reads FILE in blocks of 1 MiB; bytes
 *   loads random FILE READS THREADS  reads 4 KiB at random pages, each page once; reads
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

enum { BLOCK = 1 << 20, PAGE = 4096, MAX_THREADS = 64 };

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

struct worker {
    pthread_t thread;
    int fd;
    unsigned first;
    unsigned count;
    unsigned step;
    double until;
    unsigned long long work;
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
            at = (at + 1) % w->count;
            w->work++;
        }
    } while (now() < w->until);
    return NULL;
}

/* A walk over all pages in an order without neighbours: page = i * odd step mod pages. */
static void *read_some(void *argument)
{
    struct worker *w = argument;
    char *page = aligned_alloc(PAGE, PAGE);
    for (unsigned i = 0; i < w->count; i++) {
        uint64_t at = ((uint64_t)(w->first + i) * 1103515245u + 12345u) % w->step;
        if (pread(w->fd, page, PAGE, (off_t)at * PAGE) != PAGE)
            fail("pread");
        w->work++;
    }
    free(page);
    return NULL;
}

static void run_threads(struct worker *workers, int threads, void *(*body)(void *), double began)
{
    unsigned long long work = 0;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&workers[i].thread, NULL, body, &workers[i]) != 0)
            fail("pthread_create");
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        work += workers[i].work;
    }
    report(work, began);
}

static void stat_storm(const char *path, int files, int threads, int ms)
{
    struct worker workers[MAX_THREADS] = {0};
    int dir = open_dir(path);
    double began = now();
    for (int i = 0; i < threads; i++) {
        workers[i].fd = dir;
        workers[i].count = files;
        workers[i].first = i * (files / threads);
        workers[i].until = began + ms / 1e3;
    }
    run_threads(workers, threads, stat_some, began);
}

static void random_reads(const char *path, int reads, int threads)
{
    struct worker workers[MAX_THREADS] = {0};
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) < 0)
        fail(path);
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    double began = now();
    for (int i = 0; i < threads; i++) {
        workers[i].fd = fd;
        workers[i].count = reads / threads;
        workers[i].first = i * (reads / threads);
        workers[i].step = st.st_size / PAGE;
    }
    run_threads(workers, threads, read_some, began);
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

static void list(const char *path, int times)
{
    unsigned long long seen = 0;
    double began = now();
    for (int i = 0; i < times; i++) {
        DIR *stream = fdopendir(open_dir(path));
        if (!stream)
            fail(path);
        while (readdir(stream))
            seen++;
        closedir(stream);
    }
    report(seen, began);
}

static void churn(const char *path, int files)
{
    int dir = open_dir(path);
    char name[32];
    double began = now();
    for (int i = 0; i < files; i++) {
        snprintf(name, sizeof name, "n%d", i);
        int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
        if (fd < 0)
            fail(name);
        close(fd);
    }
    for (int i = 0; i < files; i++) {
        snprintf(name, sizeof name, "n%d", i);
        if (unlinkat(dir, name, 0) < 0)
            fail(name);
    }
    report(files, began);
}

static void write_file(const char *path, unsigned long long bytes)
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
    if (close(fd) < 0)
        fail("close");
    report(bytes, began);
}

static void read_file(const char *path)
{
    char *block = aligned_alloc(PAGE, BLOCK);
    unsigned long long bytes = 0;
    ssize_t got;
    double began = now();
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail(path);
    while ((got = read(fd, block, BLOCK)) > 0)
        bytes += got;
    if (got < 0)
        fail("read");
    close(fd);
    report(bytes, began);
}

int main(int argc, char **argv)
{
    const char *load = argc > 2 ? argv[1] : "";
    if (!strcmp(load, "tree") && argc == 5)
        make_tree(argv[2], atoi(argv[3]), atoi(argv[4]));
    else if (!strcmp(load, "stat") && argc == 6)
        stat_storm(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
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
    } else if (!strcmp(load, "list") && argc == 4)
        list(argv[2], atoi(argv[3]));
    else if (!strcmp(load, "churn") && argc == 4)
        churn(argv[2], atoi(argv[3]));
    else if (!strcmp(load, "write") && argc == 4)
        write_file(argv[2], strtoull(argv[3], NULL, 10));
    else if (!strcmp(load, "read") && argc == 3)
        read_file(argv[2]);
    else if (!strcmp(load, "random") && argc == 5)
        random_reads(argv[2], atoi(argv[3]), atoi(argv[4]));
    else {
        fprintf(stderr, "usage: loads tree|stat|walk|empty|list|churn|write|read|random ...\n");
        return 2;
    }
    return 0;
}
