/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - confab-node: options, state, sockets, confinement, the loop.
 *
 * Whatever fails on the way is one line on stderr: what, why, and what to do.
 */
#include <config.h>

#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/program.h"
#include "base/secmem.h"
#include "base/text.h"
#include "net/device_key.h"
#include "net/io_event.h"
#include "node/confine.h"
#include "node/mail_files.h"
#include "node/options.h"
#include "node/status.h"

#define CONFIG_MAX (64 * 1024)
#define DEFAULT_CONFIG CF_SYSCONFDIR "/confab-node.conf"
#define SIGNALS 2
#define FILES_SPARE 64 /* descriptors beside streams */
#define NAMES_MAX 8
#define TURN_BYTES 16384 /* of one guest; 2,000 busy ones are a turn of a tenth of a second */

struct node {
  struct cf_node_options options;
  struct cf_env env;
  char *state;
  int lock_fd;
  uint8_t *secret; /* secmem */
  uint8_t public[CF_DEVICE_KEY_LEN];
  bool stop;
  struct event_base *base;
  struct event *signals[SIGNALS];
  struct cf_net *net;
  struct cf_mail_files *mail_files; /* NULL: no mailbox */
  struct cf_mailbox *mailbox;
  struct cf_server *server;
  struct cf_node_name names[NAMES_MAX];
  struct cf_status_facts facts;
  struct cf_status_door *door;
};

/* The one line; it is ERR. */
#define complain(err, ...) cf_program_complain ("confab-node", err, __VA_ARGS__)

/* ---- options ---- */

static gpg_error_t
read_config (struct node *n, const char *given)
{
  const char *path = given ? given : DEFAULT_CONFIG;
  char *data = NULL, *wrong = NULL;
  size_t len;
  gpg_error_t err = cf_file_read (path, CONFIG_MAX, &data, &len);

  if (gpg_err_code (err) == GPG_ERR_ENOENT && !given)
    return 0;
  if (err)
    return complain (err, "cannot read %s", path);
  err = cf_node_options_parse_file (data, &n->options, &wrong);
  if (err)
    cf_program_complain_line ("confab-node", err, path, wrong);
  free (wrong);
  free (data);
  return err;
}

/* The command line says where the file is, and has the last word. */
static gpg_error_t
read_options (struct node *n, int argc, char **argv)
{
  struct cf_node_options first;
  char *wrong = NULL;
  gpg_error_t err;

  cf_node_options_init (&n->options);
  cf_node_options_init (&first);
  err = cf_node_options_parse (argc, argv, &first, &wrong);
  if (!err && (first.wish == CF_NODE_RUN || first.wish == CF_NODE_STATUS))
    err = read_config (n, first.config);
  if (!err && first.address_count)
    n->options.address_count = 0;
  if (!err)
    err = cf_node_options_parse (argc, argv, &n->options, &wrong);
  else if (wrong)
    complain (err, "%s", wrong);
  cf_node_options_done (&first);
  free (wrong);
  return err;
}

/* $STATE_DIRECTORY is systemd's; it may be several. */
static gpg_error_t
find_state (struct node *n)
{
  const char *given = getenv ("STATE_DIRECTORY"), *xdg = getenv ("XDG_STATE_HOME"), *home = getenv ("HOME");

  if (n->options.state)
    n->state = strdup (n->options.state);
  else if (given && *given)
    n->state = strndup (given, strcspn (given, ":"));
  else if (xdg && *xdg == '/')
    n->state = cf_paths_join (xdg, "confab-node");
  else if (home && *home)
    n->state = cf_paths_join (home, ".local/state/confab-node");
  else
    return complain (cf_err (GPG_ERR_ENOENT), "cannot tell where its state is; say --state");
  return n->state ? 0 : complain (cf_err (GPG_ERR_ENOMEM), "cannot begin");
}

/* ---- state ---- */

static gpg_error_t
lock_state (struct node *n)
{
  char *path = cf_paths_join (n->state, "lock");

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  n->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  free (path);
  if (n->lock_fd < 0)
    return cf_err_errno ();
  return flock (n->lock_fd, LOCK_EX | LOCK_NB) ? cf_err (CF_ERR_RUNNING) : 0;
}

/* The device key, by which guests know the node: made at the first start, and kept. */
static gpg_error_t
load_key (struct node *n)
{
  char *path = cf_paths_join (n->state, "device-key");
  uint8_t *data = NULL;
  size_t len = 0;
  gpg_error_t err = path ? cf_secmem_new (&n->secret, CF_DEVICE_KEY_LEN) : cf_err (GPG_ERR_ENOMEM);

  if (!err)
    err = cf_file_read (path, CF_DEVICE_KEY_LEN, &data, &len);
  if (!err && len != CF_DEVICE_KEY_LEN)
    err = cf_err (GPG_ERR_BAD_DATA);
  if (!err) {
    memcpy (n->secret, data, CF_DEVICE_KEY_LEN);
    cf_device_key_public (n->secret, n->public);
  } else if (gpg_err_code (err) == GPG_ERR_ENOENT) {
    cf_device_key_new (&n->env, n->secret, n->public);
    err = cf_file_write (path, n->secret, CF_DEVICE_KEY_LEN);
  }
  if (data)
    cf_wipe (data, len);
  free (data);
  free (path);
  return err;
}

static gpg_error_t
open_state (struct node *n)
{
  gpg_error_t err = find_state (n);

  if (err)
    return err;
  err = cf_paths_private_dir (n->state);
  if (err)
    return complain (err, "cannot use the directory %s", n->state);
  err = lock_state (n);
  if (err)
    return complain (err, "cannot lock %s", n->state);
  err = load_key (n);
  return err ? complain (err, "cannot use %s/device-key", n->state) : 0;
}

/* ---- the loop ---- */

static void
on_signal (evutil_socket_t signo, short what, void *arg)
{
  struct node *n = arg;

  (void) what;
  cf_env_system_refresh (&n->env);
  cf_log (&n->env, CF_LOG_INFO, "ended by signal %d", (int) signo);
  n->stop = true;
  event_base_loopbreak (n->base);
}

static gpg_error_t
make_loop (struct node *n)
{
  static const int numbers[SIGNALS] = { SIGTERM, SIGINT };

  signal (SIGPIPE, SIG_IGN);
  n->base = event_base_new ();
  if (!n->base)
    return complain (cf_err (GPG_ERR_ENOMEM), "cannot make an event loop");
  for (size_t i = 0; i < SIGNALS; i++) {
    n->signals[i] = evsignal_new (n->base, numbers[i], on_signal, n);
    if (!n->signals[i] || event_add (n->signals[i], NULL))
      return complain (cf_err (GPG_ERR_ENOMEM), "cannot wait for signals");
  }
  return 0;
}

static gpg_error_t
make_net (struct node *n)
{
  struct cf_io_config config = { .listen = &n->options.listen,
                                 .no_beacons = true,
                                 .turn_bytes = TURN_BYTES,
                                 .incoming_max = n->options.streams,
                                 .incoming_host_max = n->options.host_streams };
  char where[CF_ADDR_TEXT_SIZE];
  gpg_error_t err = cf_io_new (&n->env, n->base, &config, &n->net);

  return err ? complain (err, "cannot listen on %s", cf_addr_format_listen (config.listen, where)) : 0;
}

static gpg_error_t
make_mailbox (struct node *n)
{
  struct cf_mail_store store;
  gpg_error_t err;

  if (!(n->options.services & CF_NODE_MAILBOX))
    return 0;
  err = cf_mail_files_new (&n->env, n->state, &n->mail_files);
  if (!err) {
    store = cf_mail_files_store (n->mail_files);
    err = cf_mailbox_new (&n->env, &n->options.mail, &store, &n->mailbox);
  }
  if (!err)
    err = cf_mail_files_load (n->mail_files, n->mailbox);
  return err ? complain (err, "cannot use %s/mail", n->state) : 0;
}

static gpg_error_t
make_server (struct node *n)
{
  struct cf_server_config config = { .env = &n->env,
                                     .net = n->net,
                                     .own_secret = n->secret,
                                     .own_public = n->public,
                                     .services = n->options.services,
                                     .mailbox = n->mailbox,
                                     .limits = n->options.limits };
  gpg_error_t err;

  config.limits.guests = n->options.streams;
  config.limits.host_guests = n->options.host_streams;
  err = cf_server_new (&config, &n->server);

  return err ? complain (err, "cannot begin") : 0;
}

/* How others write it down: with the addresses that it was told, else with those that it has. */
static void
find_names (struct node *n)
{
  struct cf_addr found[NAMES_MAX];
  const struct cf_addr *addrs = n->options.address;
  size_t count = n->options.address_count;

  if (!count) {
    count = n->net->ops->addresses (n->net, found, NAMES_MAX);
    addrs = found;
  }
  for (size_t i = 0; i < count; i++) {
    /* Loopback and link-local ones are for those who have nothing else: trying it out. */
    if (i && (cf_addr_is_loopback (&addrs[i]) || cf_addr_is_link_local6 (&addrs[i])))
      continue;
    memcpy (n->names[n->facts.name_count].device_key, n->public, CF_DEVICE_KEY_LEN);
    n->names[n->facts.name_count++].addr = addrs[i];
  }
}

static gpg_error_t
make_status (struct node *n)
{
  gpg_error_t err;

  n->facts.env = &n->env;
  n->facts.server = n->server;
  n->facts.names = n->names;
  n->facts.services = n->options.services;
  n->facts.started_utc_ms = n->env.now_utc_ms;
  find_names (n);
  err = cf_status_open (n->base, n->state, &n->facts, &n->door);
  return err ? complain (err, "cannot make a socket in %s", n->state) : 0;
}

static void
say_ready (struct node *n)
{
  char name[CF_NODE_NAME_SIZE];

  n->facts.confined = cf_node_confine ();
  if (!n->facts.confined)
    cf_log (&n->env, CF_LOG_WARN, "not confined: this system, or this build, has no seccomp");
  cf_log (&n->env, CF_LOG_INFO, "confab-node %s, state in %s", VERSION, n->state);
  for (size_t i = 0; i < n->facts.name_count; i++)
    puts (cf_node_name_format (&n->names[i], name));
  fflush (stdout);
}

static gpg_error_t
run (struct node *n)
{
  gpg_error_t err = open_state (n);

  n->env.log_level = n->options.log_level;
  if (!err)
    err = make_loop (n);
  if (!err)
    err = make_net (n);
  if (!err)
    err = make_mailbox (n);
  if (!err)
    err = make_server (n);
  if (!err)
    err = make_status (n);
  if (err)
    return err;
  say_ready (n);
  err = cf_io_run (&n->env, n->base, &n->stop);
  if (err)
    cf_log (&n->env, CF_LOG_ERROR, "the event loop: %s", cf_err_info (err)->message);
  return err;
}

static void
end (struct node *n)
{
  cf_status_close (n->door);
  cf_server_free (n->server);
  cf_mailbox_free (n->mailbox);
  cf_mail_files_free (n->mail_files);
  cf_io_free (n->net);
  for (size_t i = 0; i < SIGNALS; i++)
    if (n->signals[i])
      event_free (n->signals[i]);
  if (n->base)
    event_base_free (n->base);
  cf_secmem_free (n->secret);
  if (n->lock_fd >= 0)
    close (n->lock_fd);
  free (n->state);
}

static void
raise_files (struct node *n)
{
  unsigned long wanted = (unsigned long) n->options.streams + FILES_SPARE, files = cf_program_files (wanted);

  if (files < wanted)
    cf_log (&n->env, CF_LOG_WARN, "no more than %lu files can be open: too few for %lu streams", files,
            (unsigned long) n->options.streams);
}

static gpg_error_t
serve (struct node *n)
{
  gpg_error_t err = cf_secmem_setup ();

  if (err)
    return complain (err, "cannot set up the cryptographic libraries");
  cf_env_system_init (&n->env, CF_LOG_INFO);
  raise_files (n);
  err = run (n);
  end (n);
  return err;
}

static gpg_error_t
ask (struct node *n)
{
  gpg_error_t err = find_state (n);

  if (err)
    return err;
  err = cf_status_ask (n->state, n->options.json);
  if (err)
    complain (err, "no node answers in %s", n->state);
  free (n->state);
  return err;
}

int
main (int argc, char **argv)
{
  struct node n = { .lock_fd = -1 };
  gpg_error_t err = read_options (&n, argc, argv);

  umask (077);
  if (!err && n.options.wish == CF_NODE_HELP)
    return fputs (cf_node_options_help, stdout) == EOF;
  if (!err && n.options.wish == CF_NODE_VERSION)
    return printf ("confab-node (Confab) %s\n", VERSION) < 0;
  if (!err)
    err = n.options.wish == CF_NODE_STATUS ? ask (&n) : serve (&n);
  cf_node_options_done (&n.options);
  return cf_err_info (err)->exit;
}
