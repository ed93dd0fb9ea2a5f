/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.c - what is left to confab-portmap: sockets, of which socket.c says where they lead, memory and time. */
#include <config.h>

#include "portmap/confine.h"

#ifdef HAVE_NODE_SECCOMP

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

static bool
set_limits (void)
{
  static const struct {
    int what;
    rlim_t most;
  } limits[] = {
    { RLIMIT_CORE, 0 },
    { RLIMIT_AS, CF_CONFINED_MEMORY },
    { RLIMIT_FSIZE, 0 },
    { RLIMIT_NPROC, 0 },
    { RLIMIT_NOFILE, CF_CONFINED_FILES },
  };

  for (size_t i = 0; i < COUNT (limits); i++) {
    const struct rlimit limit = { limits[i].most, limits[i].most };

    if (setrlimit ((__rlimit_resource_t) limits[i].what, &limit))
      return false;
  }
  return true;
}

/* Nothing that opens a file or begins a program is among them. */
static bool
add_rules (scmp_filter_ctx filter)
{
  static const int allowed[] = {
    SCMP_SYS (alarm),         SCMP_SYS (bind),         SCMP_SYS (brk),             SCMP_SYS (clock_gettime),
    SCMP_SYS (clock_nanosleep), SCMP_SYS (close),      SCMP_SYS (connect),         SCMP_SYS (exit),
    SCMP_SYS (exit_group),    SCMP_SYS (fcntl),        SCMP_SYS (futex),           SCMP_SYS (getpeername),
    SCMP_SYS (getrandom),     SCMP_SYS (getsockname),  SCMP_SYS (getsockopt),      SCMP_SYS (gettimeofday),
    SCMP_SYS (ioctl),         SCMP_SYS (madvise),      SCMP_SYS (mremap),          SCMP_SYS (munmap),
    SCMP_SYS (nanosleep),     SCMP_SYS (poll),         SCMP_SYS (ppoll),           SCMP_SYS (pselect6),
    SCMP_SYS (read),          SCMP_SYS (recvfrom),     SCMP_SYS (recvmsg),         SCMP_SYS (restart_syscall),
    SCMP_SYS (rt_sigaction),  SCMP_SYS (rt_sigprocmask), SCMP_SYS (rt_sigreturn),  SCMP_SYS (select),
    SCMP_SYS (sendmsg),       SCMP_SYS (sendto),       SCMP_SYS (setitimer),       SCMP_SYS (setsockopt),
    SCMP_SYS (shutdown),      SCMP_SYS (write),        SCMP_SYS (writev),
  };
  static const int families[] = { AF_INET, AF_NETLINK }; /* the latter: which router there is */
  const struct scmp_arg_cmp no_code = SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  bool ok = true;

  for (size_t i = 0; ok && i < COUNT (allowed); i++)
    ok = !seccomp_rule_add (filter, SCMP_ACT_ALLOW, allowed[i], 0);
  for (size_t i = 0; ok && i < COUNT (families); i++)
    ok = !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (socket), 1,
                            SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t) families[i]));
  return ok && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1, no_code)
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1, no_code);
}

static bool
filter_calls (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM)); /* libraries may look for files that are not needed */
  bool ok = filter && add_rules (filter) && !seccomp_load (filter);

  if (filter)
    seccomp_release (filter);
  return ok;
}

bool
cf_portmap_confine (void)
{
  return !prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) && set_limits () && filter_calls ();
}

#else

/* Only a build with sanitizers or for coverage, which is for tests: without libseccomp there is no confab-portmap. */
bool
cf_portmap_confine (void)
{
  return true;
}

#endif
