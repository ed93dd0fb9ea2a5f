/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_confine.c - what a confined process can still do, and that everything else ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ui/thumbnail/confine.h"

/* How a confined child that does DEED ends, as waitpid says; exit code 9: it could not be confined. */
static int
confined (void (*deed) (void))
{
  int status;
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (!pid) {
    if (!cf_confine ())
      _exit (9);
    deed ();
    _exit (0);
  }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  return status;
}

static void
do_nothing (void)
{
}

static void
do_memory (void)
{
  char *p = malloc (50 * 1000 * 1000), *q = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (!p || q == MAP_FAILED)
    _exit (1);
  memset (p, 1, 50 * 1000 * 1000);
  p = realloc (p, 100 * 1000 * 1000);
  free (p);
  if (munmap (q, 4096) || write (STDOUT_FILENO, "", 0))
    _exit (1);
}

static void
do_too_much_memory (void)
{
  if (malloc (CF_CONFINED_MEMORY))
    _exit (1);
}

static void
do_open (void)
{
  open ("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void
do_write_elsewhere (void)
{
  (void) !write (STDERR_FILENO, "x", 1);
}

static void
do_read_elsewhere (void)
{
  char c;

  (void) !read (3, &c, 1);
}

static void
do_socket (void)
{
  socket (AF_INET, SOCK_STREAM, 0);
}

static void
do_exec (void)
{
  execl ("/bin/true", "true", (char *) NULL);
}

static void
do_fork (void)
{
  if (!fork ())
    _exit (0);
}

static void
do_code (void)
{
  mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
do_code_later (void)
{
  void *p = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  mprotect (p, 4096, PROT_READ | PROT_EXEC);
}

static void
do_kill (void)
{
  kill (getppid (), 0);
}

static void
do_ptrace (void)
{
  ptrace (PTRACE_TRACEME, 0, NULL, NULL);
}

static void
do_unlink (void)
{
  unlink ("/tmp/nothing-of-this-name");
}

static void
test_what_is_left (void **state)
{
  (void) state;
  assert_int_equal (confined (do_nothing), 0);
  assert_int_equal (confined (do_memory), 0);
  assert_int_equal (confined (do_too_much_memory), 0);
}

static void
test_what_is_not (void **state)
{
  static void (*const deeds[]) (void)
    = { do_open, do_write_elsewhere, do_read_elsewhere, do_socket, do_exec,   do_fork,
        do_code, do_code_later,      do_kill,           do_ptrace, do_unlink };

  (void) state;
  for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
    int status = confined (deeds[i]);

    if (!WIFSIGNALED (status) || WTERMSIG (status) != SIGSYS)
      fail_msg ("deed %zu: status %x", i, (unsigned) status);
  }
}

static void
do_loop (void)
{
  for (volatile int i = 0;; i++)
    ;
}

/* Time ends, too. */
static void
test_time (void **state)
{
  struct timespec begun, now;
  int status;

  (void) state;
  clock_gettime (CLOCK_MONOTONIC, &begun);
  status = confined (do_loop);
  clock_gettime (CLOCK_MONOTONIC, &now);
  assert_true (WIFSIGNALED (status));
  assert_true (now.tv_sec - begun.tv_sec <= 2 * CF_CONFINED_SECONDS);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_is_left),
    cmocka_unit_test (test_what_is_not),
    cmocka_unit_test (test_time),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
