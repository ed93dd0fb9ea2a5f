/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.c - the system calls that a node keeps: its sockets, its state directory, memory and time. */
#include <config.h>

#include "node/confine.h"

#ifdef HAVE_NODE_SECCOMP

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* Whatever a program of the C library calls for itself, streams that were accepted, files in the state directory
   (which the unit makes the only place that can be written), and the end. */
static bool
add_rules (scmp_filter_ctx filter)
{
  static const int allowed[] = {
    SCMP_SYS (accept4),      SCMP_SYS (brk),           SCMP_SYS (clock_gettime), SCMP_SYS (clock_nanosleep),
    SCMP_SYS (close),        SCMP_SYS (epoll_ctl),     SCMP_SYS (epoll_pwait),   SCMP_SYS (epoll_pwait2),
    SCMP_SYS (epoll_wait),   SCMP_SYS (exit),          SCMP_SYS (exit_group),    SCMP_SYS (fcntl),
    SCMP_SYS (fdatasync),    SCMP_SYS (fstat),         SCMP_SYS (fsync),         SCMP_SYS (futex),
    SCMP_SYS (getdents64),   SCMP_SYS (getpeername),   SCMP_SYS (getpid),        SCMP_SYS (getrandom),
    SCMP_SYS (getsockname),  SCMP_SYS (getsockopt),    SCMP_SYS (gettid),        SCMP_SYS (gettimeofday),
    SCMP_SYS (lseek),        SCMP_SYS (madvise),       SCMP_SYS (mkdir),         SCMP_SYS (mkdirat),
    SCMP_SYS (mlock),        SCMP_SYS (munlock),       SCMP_SYS (mremap),        SCMP_SYS (munmap),
    SCMP_SYS (newfstatat),   SCMP_SYS (open),          SCMP_SYS (openat),        SCMP_SYS (poll),
    SCMP_SYS (ppoll),        SCMP_SYS (read),          SCMP_SYS (readv),         SCMP_SYS (recvfrom),
    SCMP_SYS (recvmmsg),     SCMP_SYS (recvmsg),       SCMP_SYS (rename),        SCMP_SYS (renameat),
    SCMP_SYS (renameat2),    SCMP_SYS (restart_syscall), SCMP_SYS (rt_sigaction), SCMP_SYS (rt_sigprocmask),
    SCMP_SYS (rt_sigreturn), SCMP_SYS (sched_yield),   SCMP_SYS (sendmmsg),      SCMP_SYS (sendmsg),
    SCMP_SYS (sendto),       SCMP_SYS (setsockopt),    SCMP_SYS (shutdown),      SCMP_SYS (stat),
    SCMP_SYS (statx),        SCMP_SYS (tgkill),        SCMP_SYS (unlink),        SCMP_SYS (unlinkat),
    SCMP_SYS (write),        SCMP_SYS (writev),
  };
  const struct scmp_arg_cmp no_code = SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  const struct scmp_arg_cmp netlink = SCMP_A0 (SCMP_CMP_EQ, AF_NETLINK); /* which addresses this host has */
  bool ok = true;

  for (size_t i = 0; ok && i < COUNT (allowed); i++)
    ok = !seccomp_rule_add (filter, SCMP_ACT_ALLOW, allowed[i], 0);
  return ok && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1, no_code)
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1, no_code)
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (socket), 1, netlink)
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (bind), 0);
}

bool
cf_node_confine (void)
{
  scmp_filter_ctx filter;
  bool ok;

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return false;
  filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  ok = filter && add_rules (filter) && !seccomp_load (filter);
  if (filter)
    seccomp_release (filter);
  return ok;
}

#else

bool
cf_node_confine (void)
{
  return false;
}

#endif
