/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - confabd: everything is made in order, runs on one loop, and ends in reverse.
 *
 *   options - home - lock - loop - OpenPGP - network - messenger - local interface - unlock - run
 *
 * Whatever fails on the way is one line on stderr: what, why, and what to do.
 */
#include <config.h>

#include <event2/event.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/program.h"
#include "base/secmem.h"
#include "base/text.h"
#include "core/core.h"
#include "core/daemon/background.h"
#include "core/daemon/helper.h"
#include "core/daemon/lock.h"
#include "core/daemon/logfile.h"
#include "core/daemon/options.h"
#include "core/daemon/worker.h"
#include "core/ipc/ipc.h"
#include "core/self.h"
#include "net/io_event.h"

#define CONFIG_MAX (64 * 1024)
#define SIGNALS 3
#define LOCKED_LEN (4u * 1024 * 1024) /* what the store and its keys take, and as much again */
#define FILES_WANTED 2048 /* all queues of streams and clients full, and gpg still gets its pipes */

struct daemon {
  struct cf_options options;
  struct cf_env env;
  char *home, *socket, *gnupg_home;
  int inherited_fd, ready_fd;
  bool stop;
  struct cf_logfile *log;
  struct event_base *base;
  struct event *signals[SIGNALS];
  struct cf_gpg *gpg;
  struct cf_net *net;
  struct cf_worker *worker, *disk;
  struct cf_helper *portmap_helper;
  struct cf_core *core;
  struct cf_ipc *ipc;
};

/* The one line; it is ERR. */
#define complain(err, ...) cf_program_complain ("confabd", err, __VA_ARGS__)

/* ---- options and home ---- */

static gpg_error_t
read_config (struct daemon *d)
{
  char *path = d->options.config ? strdup (d->options.config) : cf_paths_join (d->home, "confabd.conf");
  char *data = NULL, *wrong = NULL;
  size_t len;
  gpg_error_t err;

  err = path ? cf_file_read (path, CONFIG_MAX, &data, &len) : cf_err (GPG_ERR_ENOMEM);
  if (gpg_err_code (err) == GPG_ERR_ENOENT && !d->options.config)
    err = 0;
  else if (err)
    complain (err, "cannot read %s", path ? path : "the configuration");
  else {
    err = cf_options_parse_file (data, &d->options, &wrong);
    if (err)
      cf_program_complain_line ("confabd", err, path, wrong);
  }
  free (wrong);
  free (data);
  free (path);
  return err;
}

static gpg_error_t
prepare_home (struct daemon *d)
{
  gpg_error_t err;
  pid_t pid;

  err = cf_paths_home (d->options.home, &d->home);
  if (err)
    return complain (err, "cannot tell where Confab's home is");
  err = cf_paths_private_dir (d->home);
  if (err)
    return complain (err, "cannot use the home %s", d->home);
  err = cf_paths_socket (d->home, &d->socket);
  if (err)
    return complain (err, "cannot tell where the socket of %s is", d->home);
  err = read_config (d);
  if (err)
    return err;
  err = cf_lock_home (d->home, d->socket, &pid);
  if (err && pid)
    return complain (err, "the home %s is held by process %ld", d->home, (long) pid);
  if (err)
    return complain (err, "cannot lock the home %s", d->home);
  if (!d->options.foreground)
    err = cf_logfile_open (d->home, &d->env, &d->log);
  if (err)
    return complain (err, "cannot write the log in %s", d->home);
  return 0;
}

/* The identity's GnuPG home: what init remembered, else what the environment says now, absolute. */
static gpg_error_t
find_gnupg_home (struct daemon *d)
{
  const char *given = getenv ("GNUPGHOME");
  struct cf_fpr fpr;
  gpg_error_t err = cf_self_probe (d->home, &fpr, &d->gnupg_home);

  if (!err)
    return 0;
  if (gpg_err_code (err) != GPG_ERR_ENOENT)
    return complain (err, "cannot use %s/identity.json", d->home);
  if (!given || !*given)
    return 0;
  d->gnupg_home = realpath (given, NULL);
  return d->gnupg_home ? 0 : complain (cf_err_errno (), "cannot use GNUPGHOME, %s", given);
}

/* ---- the loop ---- */

static void
on_stop (void *arg)
{
  struct daemon *d = arg;

  d->stop = true;
  event_base_loopbreak (d->base);
}

static void
on_signal (evutil_socket_t signo, short what, void *arg)
{
  struct daemon *d = arg;

  (void) what;
  cf_env_system_refresh (&d->env);
  if (signo == SIGHUP && d->log) {
    cf_logfile_reopen (d->log);
    return;
  }
  cf_log (&d->env, CF_LOG_INFO, "ended by signal %d", (int) signo);
  on_stop (d);
}

static gpg_error_t
make_loop (struct daemon *d)
{
  static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

  signal (SIGPIPE, SIG_IGN);
  d->base = event_base_new ();
  if (!d->base)
    return complain (cf_err (GPG_ERR_ENOMEM), "cannot make an event loop");
  for (size_t i = 0; i < SIGNALS; i++) {
    d->signals[i] = evsignal_new (d->base, numbers[i], on_signal, d);
    if (!d->signals[i] || event_add (d->signals[i], NULL))
      return complain (cf_err (GPG_ERR_ENOMEM), "cannot wait for signals");
  }
  return 0;
}

/* ---- the parts ---- */

static gpg_error_t
make_gpg (struct daemon *d)
{
  struct cf_gpg_config config = { 0 };
  char *home = cf_paths_join (d->home, CF_CORE_CONVERSATION_HOME), *people = NULL;
  gpg_error_t err;

  err = home ? cf_paths_memory_dir (d->home, "people", &people) : cf_err (GPG_ERR_ENOMEM);
  if (err && home) {
    cf_log (&d->env, CF_LOG_WARN, "peers' public keys are on the disk while confabd runs: no directory in memory: %s",
            cf_err_info (err)->message);
    err = 0;
  }
  config.identity_home = d->gnupg_home;
  config.conversation_home = home;
  config.people_home = people;
  if (!err)
    err = cf_gpg_new (&d->env, d->base, &config, &d->gpg);
  free (people);
  free (home);
  return err ? complain (err, "cannot use GnuPG") : 0;
}

static gpg_error_t
make_net (struct daemon *d)
{
  struct cf_io_config config = { 0 };
  char where[CF_ADDR_TEXT_SIZE] = "the network";
  gpg_error_t err;

  if (d->options.has_listen) {
    config.listen = &d->options.listen;
    cf_addr_format_listen (config.listen, where);
  }
  config.discovery_port = d->options.discovery_port;
  err = cf_io_new (&d->env, d->base, &config, &d->net);
  return err ? complain (err, "cannot listen on %s", where) : 0;
}

static gpg_error_t
make_core (struct daemon *d)
{
  struct cf_core_config config = { 0 };
  gpg_error_t err;

  err = cf_thread_worker_new (&d->env, d->base, CF_WORKER_QUEUE_MAX, false, &d->worker);
  if (!err)
    /* A message waits for gpg, which would have to share the processors with a file that is on its way. */
    err = cf_thread_worker_new (&d->env, d->base, CF_WORKER_FILES_MAX, true, &d->disk);
  if (err)
    return complain (err, "cannot make a worker");
  err = cf_process_helper_new (&d->env, d->base, "confab-portmap", &d->portmap_helper);
  if (err)
    return complain (err, "cannot make a helper");
  config.portmap_helper = d->portmap_helper;
  config.worker = d->worker;
  config.disk = d->disk;
  config.env = &d->env;
  config.gpg = d->gpg;
  config.net = d->net;
  config.home = d->home;
  config.gnupg_home = d->gnupg_home;
  config.stop = on_stop;
  config.stop_arg = d;
  err = cf_core_new (&config, &d->core);
  if (err)
    return complain (err, "cannot use the home %s", d->home);
  err = cf_ipc_new (d->core, d->base, d->socket, d->inherited_fd, &d->ipc);
  return err ? complain (err, "cannot listen on the socket %s", d->socket) : 0;
}

static void
on_unlocked (void *arg, gpg_error_t err)
{
  struct daemon *d = arg;

  if (err)
    cf_log (&d->env, CF_LOG_WARN, "still locked; \"confab start\" tries again");
  else
    cf_log (&d->env, CF_LOG_INFO, "ready");
}

static gpg_error_t
run (struct daemon *d)
{
  gpg_error_t err;

  err = prepare_home (d);
  if (!err && d->options.has_log_level)
    d->env.log_level = d->options.log_level;
  if (!err)
    err = find_gnupg_home (d);
  if (!err)
    err = make_loop (d);
  if (!err)
    err = make_gpg (d);
  if (!err)
    err = make_net (d);
  if (!err)
    err = make_core (d);
  if (err)
    return err;
  if (!cf_secmem_can_lock (LOCKED_LEN))
    cf_log (&d->env, CF_LOG_WARN, "secrets may be swapped out: too little memory may be locked (ulimit -l: less than %u)",
            LOCKED_LEN / 1024);
  cf_log (&d->env, CF_LOG_INFO, "confabd %s, home %s, socket %s", VERSION, d->home, d->socket);
  if (!d->options.foreground)
    cf_background_ready (d->ready_fd);
  if (d->core->state == CF_CORE_LOCKED)
    cf_core_unlock (d->core, on_unlocked, d);
  err = cf_io_run (&d->env, d->base, &d->stop);
  if (err)
    cf_log (&d->env, CF_LOG_ERROR, "the event loop: %s", cf_err_info (err)->message);
  return err;
}

static void
end (struct daemon *d)
{
  cf_ipc_free (d->ipc);
  cf_core_free (d->core);
  cf_process_helper_free (d->portmap_helper);
  cf_thread_worker_free (d->worker);
  cf_thread_worker_free (d->disk);
  cf_io_free (d->net);
  cf_gpg_free (d->gpg);
  for (size_t i = 0; i < SIGNALS; i++)
    if (d->signals[i])
      event_free (d->signals[i]);
  if (d->base)
    event_base_free (d->base);
  d->env.log = NULL;
  cf_logfile_close (d->log);
  free (d->gnupg_home);
  free (d->socket);
  free (d->home);
}

/* With fewer descriptors than there may be streams, a crowd of strangers would keep gpg from running. */
static void
raise_files (struct daemon *d)
{
  unsigned long files = cf_program_files (FILES_WANTED);

  if (files < FILES_WANTED)
    cf_log (&d->env, CF_LOG_WARN, "no more than %lu files can be open; under attack that may be too few", files);
}

/* A block of a file is a quarter of a mebibyte.  With what the C library does by itself such memory comes from the
   kernel anew for each block, is zeroed there, and goes back. */
static void
set_heap (void)
{
#ifdef __GLIBC__
  (void) mallopt (M_MMAP_THRESHOLD, 1024 * 1024);
  (void) mallopt (M_TRIM_THRESHOLD, 32 * 1024 * 1024);
#endif
}

int
main (int argc, char **argv)
{
  struct daemon d = { .inherited_fd = -1, .ready_fd = -1 };
  char *wrong;
  gpg_error_t err;

  err = cf_options_parse (argc, argv, &d.options, &wrong);
  if (err) {
    complain (err, "%s", wrong ? wrong : "options");
    free (wrong);
    return cf_err_info (err)->exit;
  }
  if (d.options.wish == CF_OPTIONS_HELP)
    return fputs (cf_options_help, stdout) == EOF;
  if (d.options.wish == CF_OPTIONS_VERSION)
    return printf ("confabd (Confab) %s\n", VERSION) < 0;
  cf_paths_umask_private ();
  set_heap ();
  d.inherited_fd = cf_background_inherited ();
  if (!d.options.foreground && (err = cf_background_enter (&d.ready_fd))) {
    complain (err, "cannot go to the background");
    return cf_err_info (err)->exit;
  }
  err = cf_secmem_setup ();
  if (err)
    complain (err, "cannot set up the cryptographic libraries");
  else {
    cf_env_system_init (&d.env, CF_LOG_INFO);
    raise_files (&d);
    err = run (&d);
    end (&d);
  }
  return cf_err_info (err)->exit;
}
