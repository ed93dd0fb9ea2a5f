/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_options.c - the command line of confabd, its configuration file, its lock and its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/daemon/lock.h"
#include "core/daemon/logfile.h"
#include "core/daemon/options.h"

/* What two words after the program's name give; the wrong word must be named. */
static gpg_err_code_t
parse (struct cf_options *options, const char *one, const char *two)
{
  char *argv[] = { strdup ("confabd"), one ? strdup (one) : NULL, two ? strdup (two) : NULL, NULL };
  int argc = 1 + !!one + !!two;
  char *wrong;
  gpg_error_t err = cf_options_parse (argc, argv, options, &wrong);

  assert_true (err ? wrong != NULL : wrong == NULL);
  free (wrong);
  for (int i = 0; i < 3; i++)
    free (argv[i]);
  return gpg_err_code (err);
}

static gpg_err_code_t
parse_file (struct cf_options *options, const char *text)
{
  char *copy = strdup (text), *wrong;
  gpg_error_t err = cf_options_parse_file (copy, options, &wrong);

  assert_true (err ? wrong != NULL : wrong == NULL);
  free (wrong);
  free (copy);
  return gpg_err_code (err);
}

static void
test_command_line (void **state)
{
  struct cf_options o = { 0 };

  (void) state;
  assert_int_equal (parse (&o, NULL, NULL), 0);
  assert_int_equal (o.wish, CF_OPTIONS_RUN);
  assert_false (o.foreground || o.has_listen || o.has_log_level);
  assert_int_equal (parse (&o, "--foreground", "--listen=192.0.2.1:7"), 0);
  assert_true (o.foreground && o.has_listen);
  assert_int_equal (o.listen.family, 4);
  assert_int_equal (o.listen.port, 7);
  assert_int_equal (parse (&o, "--listen", ":99"), 0);
  assert_int_equal (o.listen.family, 0);
  assert_int_equal (o.listen.port, 99);
  assert_int_equal (parse (&o, "--listen", "[::1]:99"), 0);
  assert_int_equal (o.listen.family, 6);
  assert_int_equal (parse (&o, "--log-level=debug", "--discovery-port=65535"), 0);
  assert_int_equal (o.log_level, CF_LOG_DEBUG);
  assert_int_equal (o.discovery_port, 65535);
  assert_int_equal (parse (&o, "--version", NULL), 0);
  assert_int_equal (o.wish, CF_OPTIONS_VERSION);
  assert_int_equal (parse (&o, "--help", NULL), 0);
  assert_int_equal (o.wish, CF_OPTIONS_HELP);
}

static void
test_mistakes (void **state)
{
  struct cf_options o;

  (void) state;
  assert_int_equal (parse (&o, "--nonsense", NULL), GPG_ERR_UNKNOWN_OPTION);
  assert_int_equal (parse (&o, "-x", NULL), GPG_ERR_UNKNOWN_OPTION);
  assert_int_equal (parse (&o, "word", NULL), GPG_ERR_UNKNOWN_OPTION);
  assert_int_equal (parse (&o, "--home", NULL), GPG_ERR_MISSING_VALUE);
  assert_int_equal (parse (&o, "--listen", "example.org:1"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--listen", ":"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--listen", ":65536"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--discovery-port", "0"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--discovery-port", "65536"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--discovery-port", "7x"), GPG_ERR_INV_VALUE);
  assert_int_equal (parse (&o, "--log-level", "loud"), GPG_ERR_INV_VALUE);
}

static void
test_file (void **state)
{
  struct cf_options o = { 0 };

  (void) state;
  assert_int_equal (parse_file (&o, "# all\n\n  listen\t127.0.0.1:1  # here\r\nlog-level warn\ndiscovery-port 9"), 0);
  assert_int_equal (o.listen.port, 1);
  assert_int_equal (o.log_level, CF_LOG_WARN);
  assert_int_equal (o.discovery_port, 9);
  /* What is there already, from the command line, stays. */
  assert_int_equal (parse_file (&o, "listen 127.0.0.1:2\nlog-level debug\ndiscovery-port 8\n"), 0);
  assert_int_equal (o.listen.port, 1);
  assert_int_equal (o.log_level, CF_LOG_WARN);
  assert_int_equal (o.discovery_port, 9);
  assert_int_equal (parse_file (&o, ""), 0);
  assert_int_equal (parse_file (&o, "listen\n"), GPG_ERR_MISSING_VALUE);
  assert_int_equal (parse_file (&o, "home /x\n"), GPG_ERR_UNKNOWN_OPTION);
  assert_int_equal (parse_file (&o, "listen nowhere\n"), GPG_ERR_INV_VALUE);
}

static void
test_lock (void **state)
{
  char dir[] = "/tmp/cf-lock-XXXXXX", path[64];
  pid_t pid, holder;
  int status;

  (void) state;
  assert_non_null (mkdtemp (dir));
  snprintf (path, sizeof path, "%s/lock", dir);
  assert_int_equal (cf_lock_home (dir, dir, &holder), 0);
  pid = fork ();
  if (!pid) {
    gpg_error_t err = cf_lock_home (dir, dir, &holder);

    _exit (gpg_err_code (err) == CF_ERR_RUNNING && holder == getppid () ? 0 : 1);
  }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  unlink (path);
  /* A link could let us write elsewhere. */
  assert_int_equal (symlink ("/dev/null", path), 0);
  assert_int_equal (gpg_err_code (cf_lock_home (dir, dir, &holder)), GPG_ERR_ELOOP);
  unlink (path);
  rmdir (dir);
}

static void
test_log_is_kept_short (void **state)
{
  char dir[] = "/tmp/cf-log-XXXXXX", path[64], old[64], line[1024];
  struct cf_env env = { .log_level = CF_LOG_INFO };
  struct cf_logfile *log = NULL;
  struct stat st;

  (void) state;
  assert_non_null (mkdtemp (dir));
  snprintf (path, sizeof path, "%s/confabd.log", dir);
  snprintf (old, sizeof old, "%s/confabd.log.1", dir);
  assert_int_equal (cf_logfile_open (dir, &env, &log), 0);
  memset (line, 'x', sizeof line - 1);
  line[sizeof line - 1] = 0;
  for (int i = 0; i < 1100; i++)
    env.log (env.log_arg, CF_LOG_INFO, line);
  assert_int_equal (stat (old, &st), 0);
  assert_true (st.st_size > CF_LOGFILE_MAX && st.st_size < CF_LOGFILE_MAX + 2048);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_mode & 0777, 0600);
  assert_true (st.st_size < CF_LOGFILE_MAX);
  unlink (path);
  cf_logfile_reopen (log);
  assert_int_equal (access (path, F_OK), 0);
  cf_logfile_close (log);
  unlink (path);
  unlink (old);
  rmdir (dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_command_line), cmocka_unit_test (test_mistakes),
    cmocka_unit_test (test_file),         cmocka_unit_test (test_lock),
    cmocka_unit_test (test_log_is_kept_short),
  };

  return cmocka_run_group_tests_name ("options", tests, NULL, NULL);
}
