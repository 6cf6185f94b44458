#define _GNU_SOURCE
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static char failure[256];

static const char *failed(const char *what) {
    snprintf(failure, sizeof failure, "the helper process cannot be confined: %s: %s", what, strerror(errno));
    return failure;
}

// MARK: system calls

// The calls of a module that computes, reads files, and starts threads.
static const int pure[] = {
    SYS_read, SYS_pread64, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek,
    SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mincore, SYS_brk, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_futex, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_nanosleep, SYS_clock_nanosleep,
    SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid,
    SYS_getgid, SYS_getegid, SYS_getrandom, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_rseq, SYS_set_tid_address,
    SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getcwd, SYS_getdents64, SYS_fcntl, SYS_uname, SYS_sysinfo,
    SYS_prlimit64, SYS_getrusage, SYS_times, SYS_membarrier, SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl,
    SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_pipe2, SYS_dup, SYS_dup3,
    SYS_restart_syscall, SYS_fadvise64, SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_statfs,
    SYS_fstatfs, SYS_flock,
#ifdef SYS_open // the older calls, which newer machines lack
    SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_select, SYS_epoll_wait, SYS_pipe, SYS_dup2, SYS_time,
    SYS_arch_prctl, SYS_getrlimit, SYS_getpgrp,
#endif
};

// The further calls of one that connects to others.
static const int network[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg,
    SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_socketpair,
};

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#else
#define MACHINE 0
#endif

#define LOW(argument) (offsetof(struct seccomp_data, args) + (argument) * 8) // little-endian: the low half is first

static struct sock_filter program[400];
static unsigned short length;

static void add(uint16_t code, uint32_t value, uint8_t yes, uint8_t no) {
    program[length++] = (struct sock_filter){code, yes, no, value};
}
static void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }
static void answer(uint32_t value) { add(BPF_RET | BPF_K, value, 0, 0); }

static void allow(int call) {
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    answer(SECCOMP_RET_ALLOW);
}

// Allows a call whose argument has these bits as they should be; with other bits the call is trapped.
static void allow_where(int call, int argument, uint32_t bits, uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 5);
    load(LOW(argument));
    add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    answer(SECCOMP_RET_TRAP);
}

static void answer_with(int call, uint32_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    answer(SECCOMP_RET_ERRNO | error);
}

static const char *filter_calls(void) {
    if (start.profile == CFFI_PROFILE_NONE) return NULL;
    if (!MACHINE) {
        errno = ENOSYS;
        return failed("no filter of system calls is known for this machine; `module-helper-profile none` needs none");
    }
    load(offsetof(struct seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof pure / sizeof *pure; i++) allow(pure[i]);
    uint32_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    // Files are opened for reading alone: the module makes none and writes to none.
    allow_where(SYS_openat, 2, writes, O_RDONLY);
#ifdef SYS_open
    allow_where(SYS_open, 1, writes, O_RDONLY);
#endif
    allow_where(SYS_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
    allow_where(SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid());
    // The C library has a way without these, and asks terminals nothing here.
    answer_with(SYS_clone3, ENOSYS);
    answer_with(SYS_ioctl, ENOTTY);
    answer_with(SYS_prctl, EPERM);
    if (start.profile == CFFI_PROFILE_NETWORK) {
        for (size_t i = 0; i < sizeof network / sizeof *network; i++) allow(network[i]);
    }
    answer(SECCOMP_RET_TRAP);
    struct sock_fprog all = {length, program};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all) == 0 ? NULL : failed("seccomp(2)");
}

// MARK: the process

static const char *become_user(void) {
    if (geteuid() != 0 || start.user == 0) return NULL;
    if (setgroups(0, NULL) != 0 || setresgid(start.group, start.group, start.group) != 0 ||
        setresuid(start.user, start.user, start.user) != 0) {
        return failed("it cannot become the user of `module-helper-user`");
    }
    // Its own descriptors stay its own: the module's file is opened by one of them.
    return prctl(PR_SET_DUMPABLE, 1) == 0 ? NULL : failed("PR_SET_DUMPABLE");
}

static const char *limit_resources(void) {
    struct rlimit none = {0, 0}, data = {start.memory, start.memory}, files;
    if (setrlimit(RLIMIT_CORE, &none) != 0) return failed("RLIMIT_CORE");
    if (start.memory && setrlimit(RLIMIT_DATA, &data) != 0) return failed("RLIMIT_DATA");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > 1024) {
        files.rlim_cur = files.rlim_max = 1024;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0) return failed("RLIMIT_NOFILE");
    }
    return NULL;
}

const char *confine_process(void) {
    if (syscall(SYS_close_range, HELPER_FIRST_FREE, ~0U, 0) != 0) return failed("close_range(2)");
    const char *why = become_user();
    if (!why) why = limit_resources();
    if (why) return why;
    // After the user has changed, which forgets it; and for a host that has ended meanwhile.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("PR_SET_PDEATHSIG");
    if (getppid() != (pid_t)start.parent) raise(SIGKILL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
    return filter_calls();
}
