/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_datagrams.c - P2: bytes through a tunnel over datagrams, between two processes.
 *
 *   bench_datagrams [MEBIBYTES]                     both ends here, over loopback
 *   bench_datagrams serve ADDRESS PORT              one end
 *   bench_datagrams send ADDRESS PORT SECONDS       the other: for so long
 *
 * The device keys are the same in every run: they protect nothing here.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/secmem.h"
#include "net/device_key.h"
#include "net/dgram.h"
#include "net/io_event.h"

#define CHUNK 65536

struct end {
  struct cf_env env;
  struct event_base *base;
  struct cf_net *net;
  struct cf_dgram_port *port;
  struct cf_tunnel_guard *guard;
  struct cf_dgram *tunnel;
  struct cf_timer tick;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  uint64_t heard, to_hear, said, to_say;
  uint64_t until_ms; /* say until then; 0: TO_SAY bytes */
  bool is_ready, is_closed, stop;
};

static uint8_t chunk[CHUNK];

static void
need (gpg_error_t err, const char *what)
{
  if (!err)
    return;
  fprintf (stderr, "bench_datagrams: %s: %s\n", what, gpg_strerror (err));
  exit (1);
}

static double
seconds (clockid_t id)
{
  struct timespec ts;

  clock_gettime (id, &ts);
  return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static double
cpu_of (int who)
{
  struct rusage u;

  getrusage (who, &u);
  return (double) (u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double) (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* The sending end says more; one that was asked for TO_HEAR bytes says so when it has them. */

static void
say_more (struct end *e)
{
  bool done = e->until_ms ? e->env.now_ms >= e->until_ms : e->said >= e->to_say;

  while (!done && cf_dgram_waiting (e->tunnel, CF_CHANNEL_BULK) < CF_TUNNEL_BULK_LOW) {
    if (cf_dgram_send (e->tunnel, CF_CHANNEL_BULK, chunk, CHUNK))
      return;
    e->said += CHUNK;
    done = !e->until_ms && e->said >= e->to_say;
  }
}

static void
on_tick (void *arg)
{
  struct end *e = arg;

  if (e->is_closed || (e->until_ms && e->env.now_ms >= e->until_ms)) {
    e->stop = true;
    return;
  }
  say_more (e);
  cf_timer_after (&e->env, &e->tick, 5);
}

static void
on_ready (void *arg)
{
  struct end *e = arg;

  e->is_ready = true;
  cf_dgram_open (e->tunnel, true);
  if (e->to_say || e->until_ms)
    on_tick (e);
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct end *e = arg;

  (void) data;
  e->heard += len;
  if (channel == CF_CHANNEL_CONTROL)
    e->stop = true;
  else if (e->to_hear && e->heard >= e->to_hear)
    need (cf_dgram_send (e->tunnel, CF_CHANNEL_CONTROL, "all", 3), "answering");
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct end *e = arg;

  (void) reason;
  if (err)
    fprintf (stderr, "bench_datagrams: closed: %s\n", gpg_strerror (err));
  e->is_closed = true;
  e->tunnel = NULL; /* leaks: a run is short */
}

static void
on_room (void *arg)
{
  struct end *e = arg;

  if (e->to_say || e->until_ms)
    say_more (e);
}

static const struct cf_dgram_handler tunnel_handler = {
  .ready = on_ready, .message = on_message, .closed = on_closed, .room = on_room
};

static bool
on_own (void *arg, const uint8_t **r_secret, const uint8_t **r_public)
{
  struct end *e = arg;

  *r_secret = e->secret;
  *r_public = e->public;
  return true;
}

static bool
on_accepted (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  struct end *e = arg;

  (void) from;
  e->tunnel = tunnel;
  e->is_closed = false;
  cf_dgram_set_handler (tunnel, &tunnel_handler, e);
  return true;
}

static const struct cf_dgram_port_handler port_handler = { .own = on_own, .accepted = on_accepted };

static void
on_stream (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  struct end *e = arg;

  (void) from;
  e->net->ops->close (conn);
}

static void
on_datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct end *e = arg;

  if (cf_dgram_port_is_ours (data, len))
    cf_dgram_port_input (e->port, from, data, len);
}

static void
on_changed (void *arg)
{
  (void) arg;
}

static const struct cf_net_handler net_handler = { .accepted = on_stream, .datagram = on_datagram, .changed = on_changed };

/* Keys from a seed. */
static void
seeded (void *arg, void *buf, size_t len)
{
  memset (buf, *(int *) arg, len);
}

static void
keys (int who, uint8_t secret[CF_DEVICE_KEY_LEN], uint8_t public[CF_DEVICE_KEY_LEN])
{
  struct cf_env env;

  memset (&env, 0, sizeof env);
  env.random = seeded;
  env.random_arg = &who;
  cf_device_key_new (&env, secret, public);
}

static void
end_init (struct end *e, int who, const struct cf_addr *listen)
{
  struct cf_io_config config = { .listen = listen, .discovery_port = (uint16_t) (20000 + getpid () % 20000) };

  memset (e, 0, sizeof *e);
  cf_env_system_init (&e->env, CF_LOG_WARN);
  keys (who, e->secret, e->public);
  e->base = event_base_new ();
  need (e->base ? 0 : cf_err (GPG_ERR_ENOMEM), "the loop");
  need (cf_io_new (&e->env, e->base, &config, &e->net), "the network");
  e->net->handler = &net_handler;
  e->net->handler_arg = e;
  need (cf_tunnel_guard_new (&e->env, &e->guard), "the guard");
  need (cf_dgram_port_new (&e->env, e->net, e->guard, &port_handler, e, &e->port), "the port");
  cf_timer_init (&e->tick, on_tick, e);
}

static void
dial (struct end *e, const struct cf_addr *to)
{
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  struct cf_dgram_config config = { .own_secret = e->secret, .own_public = e->public, .remote_public = public };

  keys (1, secret, public);
  need (cf_dgram_dial (e->port, to, &config, &tunnel_handler, e, &e->tunnel), "dialling");
}

static void
run (struct end *e)
{
  need (cf_io_run (&e->env, e->base, &e->stop), "the loop");
}

/* Both ends here. */
static int
loopback (uint64_t bytes)
{
  const struct cf_addr own_addr = { .family = 4, .bytes = { 127, 0, 0, 1 } };
  struct cf_addr here = own_addr;
  struct end e;
  double begun, wall, own;
  int port[2], status;
  pid_t pid;

  if (pipe (port))
    return 2;
  pid = fork ();
  if (!pid) {
    end_init (&e, 1, &here);
    e.to_hear = bytes;
    here.port = e.net->ops->udp_port (e.net);
    if (write (port[1], &here.port, sizeof here.port) != sizeof here.port)
      _exit (1);
    run (&e); /* until the parent ends it */
    _exit (0);
  }
  if (pid < 0 || read (port[0], &here.port, sizeof here.port) != sizeof here.port)
    return 2;
  end_init (&e, 2, &own_addr);
  e.to_say = bytes;
  dial (&e, &here);
  begun = seconds (CLOCK_MONOTONIC);
  own = cpu_of (RUSAGE_SELF);
  run (&e);
  wall = seconds (CLOCK_MONOTONIC) - begun;
  own = cpu_of (RUSAGE_SELF) - own;
  kill (pid, SIGTERM);
  waitpid (pid, &status, 0);
  printf ("tunnel over datagrams, loopback: %.1f MB/s; CPU-s a GB: %.2f sending, %.2f receiving\n",
          (double) bytes / wall / 1e6, own / (double) bytes * 1e9, cpu_of (RUSAGE_CHILDREN) / (double) bytes * 1e9);
  return 0;
}

static struct cf_addr
address (const char *text, const char *port)
{
  struct cf_addr addr = { .family = 4, .port = (uint16_t) atoi (port) };

  if (inet_pton (AF_INET, text, addr.bytes) != 1)
    exit (2);
  return addr;
}

static int
serve (const struct cf_addr *here)
{
  struct end e;

  end_init (&e, 1, here);
  printf ("%u\n", e.net->ops->udp_port (e.net));
  fflush (stdout);
  run (&e);
  return 0;
}

/* What leaves in MS, but for what is still on its way. */
static int
send_for (const struct cf_addr *to, uint64_t ms)
{
  struct cf_addr any = { .family = 4 };
  struct end e;
  uint64_t bytes;

  end_init (&e, 2, &any);
  e.until_ms = e.env.now_ms + ms;
  dial (&e, to);
  run (&e);
  if (!e.is_ready)
    return 1;
  bytes = e.said - (e.tunnel ? cf_dgram_waiting (e.tunnel, CF_CHANNEL_BULK) : 0);
  printf ("%.2f MB/s\n", (double) bytes / (double) ms / 1e3);
  return 0;
}

int
main (int argc, char **argv)
{
  struct cf_addr addr;

  if (cf_secmem_setup ())
    return 2;
  if (argc < 4)
    return loopback ((argc > 1 ? strtoull (argv[1], NULL, 10) : 1024) << 20);
  addr = address (argv[2], argv[3]);
  return !strcmp (argv[1], "serve") ? serve (&addr) : send_for (&addr, argc > 4 ? strtoull (argv[4], NULL, 10) * 1000 : 0);
}
