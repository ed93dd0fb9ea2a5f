/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.c - give up everything but reading fd 0 and writing fd 1. */
#include "ui/thumbnail/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

static bool
set_limits (void)
{
  static const struct {
    int what;
    rlim_t most;
  } limits[] = {
    { RLIMIT_CORE, 0 },
    { RLIMIT_CPU, CF_CONFINED_SECONDS },
    { RLIMIT_AS, CF_CONFINED_MEMORY },
    { RLIMIT_FSIZE, 1024 * 1024 }, /* if fd 1 is a file */
    { RLIMIT_NPROC, 0 },
    { RLIMIT_NOFILE, 3 },
  };

  for (size_t i = 0; i < COUNT (limits); i++) {
    const struct rlimit limit = { limits[i].most, limits[i].most };

    if (setrlimit ((__rlimit_resource_t) limits[i].what, &limit))
      return false;
  }
  return true;
}

/* What decoding takes: memory without code in it, locks, the end. */
static bool
add_rules (scmp_filter_ctx filter)
{
  static const int free_of_harm[] = {
    SCMP_SYS (brk),        SCMP_SYS (munmap),        SCMP_SYS (mremap),     SCMP_SYS (madvise),
    SCMP_SYS (futex),      SCMP_SYS (exit),          SCMP_SYS (exit_group), SCMP_SYS (rt_sigreturn),
    SCMP_SYS (getrandom),  SCMP_SYS (clock_gettime), SCMP_SYS (sched_yield), SCMP_SYS (restart_syscall),
    SCMP_SYS (rt_sigprocmask), /* setjmp, by which the JPEG decoder gives up */
  };
  const struct scmp_arg_cmp no_code = SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  bool ok = true;

  for (size_t i = 0; ok && i < COUNT (free_of_harm); i++)
    ok = !seccomp_rule_add (filter, SCMP_ACT_ALLOW, free_of_harm[i], 0);
  return ok && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, STDIN_FILENO))
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (write), 1, SCMP_A0 (SCMP_CMP_EQ, STDOUT_FILENO))
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1, no_code)
         && !seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1, no_code);
}

static bool
filter_calls (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_KILL_PROCESS);
  bool ok = filter && add_rules (filter) && !seccomp_load (filter);

  if (filter)
    seccomp_release (filter);
  return ok;
}

bool
cf_confine (void)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0))
    return false;
  alarm (CF_CONFINED_SECONDS); /* who is kept waiting uses no processor */
  return set_limits () && filter_calls ();
}
