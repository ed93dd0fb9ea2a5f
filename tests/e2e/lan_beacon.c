/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lan_beacon.c - a daemon's discovery and nothing else, for tests in test networks.
 *
 * lan_beacon NAME [PORT]: announces NAME, and prints, one line each, with the
 * milliseconds since the start:
 *
 *   MS ready TCP-PORT
 *   MS heard NAME question|answer ADDR
 *   MS changed
 *
 * until its standard input ends or it gets SIGTERM; then its counts and what
 * it cost, and the end.
 *
 * lan_beacon --take: keeps the discovery port for itself, prints "0 taken",
 * and stays.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secmem.h"
#include "net/discovery.h"
#include "net/io_event.h"

static struct cf_env env;
static struct cf_net *net;
static struct cf_discovery *discovery;
static uint64_t start_ms;
static bool stop;

static unsigned long long
elapsed_ms (void)
{
  return (unsigned long long) (env.now_ms - start_ms);
}

static void
heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  char text[CF_ADDR_TEXT_SIZE];

  (void) arg;
  printf ("%llu heard %s %s %s\n", elapsed_ms (), beacon->name, beacon->answer ? "answer" : "question",
          cf_addr_format (addr, text));
}

static void
datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  (void) arg;
  cf_discovery_datagram (discovery, from, data, len);
}

static void
changed (void *arg)
{
  (void) arg;
  printf ("%llu changed\n", elapsed_ms ());
  cf_discovery_network_changed (discovery);
}

static void
on_stdin (evutil_socket_t fd, short what, void *arg)
{
  char buf[64];

  (void) what;
  (void) arg;
  if (read (fd, buf, sizeof buf) <= 0)
    stop = true;
}

static void
on_term (evutil_socket_t fd, short what, void *arg)
{
  (void) fd;
  (void) what;
  (void) arg;
  stop = true;
}

static void
print_end (void)
{
  struct cf_discovery_counts c;
  struct rusage usage;

  cf_env_system_refresh (&env);
  cf_discovery_counts (discovery, &c);
  getrusage (RUSAGE_SELF, &usage);
  printf ("%llu end sent %llu heard %llu answered %llu malformed %llu limited %llu own %llu cpu_us %ld wakeups %ld\n",
          elapsed_ms (), (unsigned long long) c.sent, (unsigned long long) c.heard, (unsigned long long) c.answered,
          (unsigned long long) c.malformed, (unsigned long long) c.limited, (unsigned long long) c.own,
          (long) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L
            + (long) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
          usage.ru_nvcsw);
}

/* Whoever has NAME is the same one after a restart, as with a daemon. */
static struct cf_discovery_config
make_config (const char *name)
{
  struct cf_discovery_config config = { .visibility = CF_VISIBLE_EVERYONE, .heard = heard };

  snprintf (config.own.name, sizeof config.own.name, "%s", name);
  snprintf ((char *) config.own.device_key, sizeof config.own.device_key, "device of %s", name);
  config.own.identity.version = 4;
  config.own.identity.len = 20;
  config.own.identity.bytes[0] = 1;
  config.own.tcp_port = net->ops->tcp_port (net);
  config.own.udp_port = net->ops->udp_port (net);
  return config;
}

static gpg_error_t
run (struct event_base *base, const char *name, uint16_t port)
{
  static const struct cf_net_handler handler = { .datagram = datagram, .changed = changed };
  struct cf_io_config io_config = { .discovery_port = port };
  struct cf_discovery_config config;
  struct event *input = NULL, *term = NULL;
  gpg_error_t err;

  err = cf_io_new (&env, base, &io_config, &net);
  if (err)
    return err;
  net->handler = &handler;
  config = make_config (name);
  err = cf_discovery_new (&env, net, &config, &discovery);
  if (err)
    goto leave;
  input = event_new (base, STDIN_FILENO, EV_READ | EV_PERSIST, on_stdin, NULL);
  term = evsignal_new (base, SIGTERM, on_term, NULL);
  if (!input || !term) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  event_add (input, NULL); /* refused for /dev/null: then only SIGTERM ends us */
  event_add (term, NULL);
  printf ("%llu ready %u\n", elapsed_ms (), net->ops->tcp_port (net));
  cf_discovery_start (discovery);
  err = cf_io_run (&env, base, &stop);
  print_end ();

leave:
  if (input)
    event_free (input);
  if (term)
    event_free (term);
  cf_discovery_free (discovery);
  cf_io_free (net);
  return err;
}

/* What a program that knows nothing of us would do. */
static int
take_port (void)
{
  struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons (CF_DISCOVERY_PORT) };
  int fd = socket (AF_INET6, SOCK_DGRAM, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &any, sizeof any)) /* [::] takes IPv4 as well */
    return 1;
  printf ("0 taken\n");
  pause ();
  return 0;
}

int
main (int argc, char **argv)
{
  struct event_base *base;
  gpg_error_t err;

  if (argc < 2) {
    fprintf (stderr, "usage: lan_beacon NAME [PORT]\n");
    return 2;
  }
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (!strcmp (argv[1], "--take"))
    return take_port ();
  err = cf_secmem_setup ();
  if (err)
    return 1;
  cf_env_system_init (&env, CF_LOG_WARN);
  start_ms = env.now_ms;
  base = event_base_new ();
  if (!base)
    return 1;
  err = run (base, argv[1], argc > 2 ? (uint16_t) atoi (argv[2]) : 0);
  event_base_free (base);
  if (err)
    fprintf (stderr, "lan_beacon: %s\n", gpg_strerror (err));
  return !!err;
}
