/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_node.c - a crowd at a running confab-node, over real sockets and real tunnels.
 *
 *   bench_node NODE PID PEERS PAIRS SECONDS HALF_OPEN
 *
 * NODE is how the node is written down, PID its process.  PEERS register and do
 * nothing; then the first PAIRS pairs of them talk through circuits: each as
 * fast as it may, for SECONDS; and the first peer leaves a MiB of mail, and
 * fetches it.  HALF_OPEN streams say nothing, and the first
 * bytes of a tunnel, by turns.  Sixteen streams come from each address of
 * 127.0.0.0/8, since a node limits what one host may do.  One line of JSON.
 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/secmem.h"
#include "net/io_event.h"
#include "tests/sim/server_story.h"

#define HOST_STREAMS 16
#define AT_ONCE 256  /* handshakes under way */
#define HALF_AT_ONCE 16 /* connecting waits: not more than the node has accepted meanwhile */
#define TICK_MS 5
#define PATIENCE_MS 120000

enum phase { CONNECTING, HALF_OPENING, DIALLING, TALKING, MAILING, OVER };
#define MAIL_LEN (1024 * 1024)

struct peer {
  struct hand hand; /* first */
  bool registered;
  struct peer *partner;
  uint32_t circuit;
  bool opened;
  uint64_t allowed, sent, owed, got;
};

static struct {
  struct cf_env env;
  struct event_base *base;
  struct cf_net *net;
  struct cf_node_name node;
  long pid;
  size_t peer_count, pair_count, half_count, half_begun, begun, ready, dialled, opened;
  uint64_t seconds;
  struct peer *peers;
  int *half;
  enum phase phase;
  uint64_t phase_ms, start_ms;
  struct cf_timer tick;
  bool stop;
  uint64_t connect_ms, half_ms, dial_ms, talk_ms, mail_ms;
  long rss_start, rss_idle, rss_half, rss_peak;
  double cpu_idle, cpu_talk;
} b;

static uint32_t sockets;

int __real_connect (int fd, const struct sockaddr *to, socklen_t len);
int __wrap_connect (int fd, const struct sockaddr *to, socklen_t len);

/* Every sixteen sockets come from another address. */
int
__wrap_connect (int fd, const struct sockaddr *to, socklen_t len)
{
  uint32_t host = sockets++ / HOST_STREAMS + 2;
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (0x7f010000 + host) };
  int one = 1;

  if (to->sa_family == AF_INET
      && (setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one)
          || bind (fd, (struct sockaddr *) &from, sizeof from)))
    return -1;
  return __real_connect (fd, to, len);
}

static void die (const char *what) __attribute__ ((noreturn));

static void
die (const char *what)
{
  fprintf (stderr, "bench_node: %s (%zu of %zu ready, %zu of %zu circuits)\n", what, b.ready, b.peer_count, b.opened,
           b.pair_count);
  exit (1);
}

/* KiB of the node's memory; with PEAK, the most there was. */
static long
rss (bool peak)
{
  char path[64], line[256];
  long kib = -1;
  FILE *f;

  snprintf (path, sizeof path, "/proc/%ld/status", b.pid);
  f = fopen (path, "r");
  while (f && fgets (line, sizeof line, f))
    if (!strncmp (line, peak ? "VmHWM:" : "VmRSS:", 6))
      kib = strtol (line + 6, NULL, 10);
  if (f)
    fclose (f);
  return kib;
}

/* Seconds of processor that the node has used. */
static double
cpu (void)
{
  char path[64], text[512], *p;
  unsigned long user = 0, system = 0;
  FILE *f;

  snprintf (path, sizeof path, "/proc/%ld/stat", b.pid);
  f = fopen (path, "r");
  if (f && fgets (text, sizeof text, f) && (p = strrchr (text, ')')))
    sscanf (p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  if (f)
    fclose (f);
  return (double) (user + system) / (double) sysconf (_SC_CLK_TCK);
}

static void
pour (struct peer *p)
{
  static const uint8_t zeros[CF_CIRCUIT_DATA_MAX];

  while (b.phase == TALKING && p->opened && p->allowed >= sizeof zeros
         && cf_tunnel_waiting (p->hand.tunnel, CF_CHANNEL_BULK) < 64 * 1024) {
    if (hand_data (&p->hand, p->circuit, zeros, sizeof zeros))
      die ("cannot send");
    p->allowed -= sizeof zeros;
    p->sent += sizeof zeros;
  }
}

/* The peer says KIND of its own drop. */
static void
say_mail (struct hand *hand, enum cf_node_kind kind, uint64_t number)
{
  static uint8_t mail[MAIL_LEN];
  struct cf_node_message m = { .kind = kind, .mail = { .number = number } };
  uint8_t secret[crypto_sign_SECRETKEYBYTES], digest[CF_HASH_LEN];

  if (kind == CF_NODE_DEPOSIT) {
    m.mail.blob = mail;
    m.mail.blob_len = sizeof mail;
  }
  crypto_sign_seed_keypair (m.mail.drop, secret, hand->secret);
  cf_node_mail_digest (&m, cf_tunnel_handshake_hash (hand->tunnel), digest);
  crypto_sign_detached (m.mail.signature, NULL, digest, sizeof digest, secret);
  if (hand_send (hand, &m))
    die ("cannot leave mail");
}

static void
heard_mail (struct hand *hand, const struct cf_node_message *m)
{
  if (m->kind == CF_NODE_HELD)
    say_mail (hand, CF_NODE_FETCH, 0);
  else if (m->kind == CF_NODE_MAIL && m->mail.blob_len == MAIL_LEN)
    say_mail (hand, CF_NODE_DELETE, m->mail.number);
  else if (m->kind == CF_NODE_DELETED) {
    b.mail_ms = b.env.now_ms - b.phase_ms;
    b.phase = OVER;
    b.stop = true;
  } else
    die ("mail is lost");
}

static void
heard (struct hand *hand, const struct cf_node_message *m)
{
  struct peer *p = (struct peer *) hand;

  switch (m->kind) {
  case CF_NODE_SEEN:
    if (hand_register (hand))
      die ("cannot register");
    return;
  case CF_NODE_REGISTERED:
    b.ready += !p->registered;
    p->registered = true;
    return;
  case CF_NODE_INCOMING:
  case CF_NODE_OPENED:
    p->circuit = m->circuit.circuit;
    p->opened = true;
    p->allowed = CF_CIRCUIT_WINDOW;
    b.opened += m->kind == CF_NODE_OPENED;
    return;
  case CF_NODE_CREDIT:
    p->allowed += m->credit.bytes;
    pour (p);
    return;
  case CF_NODE_DATA:
    p->got += m->circuit.len;
    p->owed += m->circuit.len;
    if (p->owed >= CF_CIRCUIT_WINDOW / 2) {
      if (hand_credit (hand, p->circuit, (uint32_t) p->owed))
        die ("cannot give credit");
      p->owed = 0;
    }
    return;
  case CF_NODE_CLOSE:
    fprintf (stderr, "circuit closed: %u\n", m->circuit.code);
    die ("a circuit was closed");
  case CF_NODE_HELD:
  case CF_NODE_MAIL:
  case CF_NODE_DELETED:
  case CF_NODE_EMPTY:
    heard_mail (hand, m);
    return;
  default:
    fprintf (stderr, "refused: %u\n", m->kind == CF_NODE_REFUSED ? m->refused.code : 0u);
    die ("refused");
  }
}

static void
next_phase (enum phase phase)
{
  b.phase = phase;
  b.phase_ms = b.env.now_ms;
}

static void
connect_more (void)
{
  while (b.begun < b.peer_count && b.begun - b.ready < AT_ONCE) {
    struct peer *p = &b.peers[b.begun++];

    hand_dial (&p->hand, &b.env, b.net, &b.node);
    p->hand.heard = heard;
  }
  if (b.ready == b.peer_count) {
    b.connect_ms = b.env.now_ms - b.phase_ms;
    b.rss_idle = rss (false);
    next_phase (HALF_OPENING);
  }
}

/* Streams that say nothing, and those that begin and do not go on. */
static void
half_open (void)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (b.node.addr.port) };

  memcpy (&to.sin_addr, b.node.addr.bytes, 4);
  for (size_t end = b.half_begun + HALF_AT_ONCE; b.half_begun < b.half_count && b.half_begun < end; b.half_begun++) {
    size_t i = b.half_begun;

    b.half[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (b.half[i] < 0 || connect (b.half[i], (struct sockaddr *) &to, sizeof to))
      die (strerror (errno));
    if (i & 1)
      (void) !send (b.half[i], CF_TUNNEL_MAGIC "\1\1", 6, MSG_NOSIGNAL);
  }
  if (b.half_begun < b.half_count)
    return;
  b.half_ms = b.env.now_ms - b.phase_ms;
  b.rss_half = rss (false);
  next_phase (DIALLING);
}

static void
dial_more (void)
{
  for (; b.dialled < b.pair_count && b.dialled - b.opened < AT_ONCE; b.dialled++) {
    /* Partners of one host each: the first peers, and those in the middle. */
    struct peer *p = &b.peers[b.dialled], *q = &b.peers[b.peer_count / 2 + b.dialled];

    p->partner = q;
    q->partner = p;
    if (hand_call (&p->hand, 1, q->hand.public))
      die ("cannot dial");
  }
  if (b.opened < b.pair_count)
    return;
  b.dial_ms = b.env.now_ms - b.phase_ms;
  b.cpu_talk = cpu ();
  next_phase (TALKING);
}

static void
talk (void)
{
  for (size_t i = 0; i < b.pair_count; i++) {
    pour (&b.peers[i]);
    pour (b.peers[i].partner);
  }
  if (b.env.now_ms - b.phase_ms < b.seconds * 1000)
    return;
  b.talk_ms = b.env.now_ms - b.phase_ms;
  b.cpu_talk = cpu () - b.cpu_talk;
  b.rss_peak = rss (true);
  next_phase (MAILING);
  say_mail (&b.peers[0].hand, CF_NODE_DEPOSIT, 0);
}

static void
tick (void *arg)
{
  (void) arg;
  if (b.env.now_ms - b.phase_ms > PATIENCE_MS + b.seconds * 1000)
    die ("it takes too long");
  for (size_t i = 0; i < b.begun; i++)
    if (b.peers[i].hand.closed) {
      fprintf (stderr, "%s: ", gpg_strerror (b.peers[i].hand.closed_err));
      die ("a tunnel has ended");
    }
  switch (b.phase) {
  case CONNECTING:
    connect_more ();
    break;
  case HALF_OPENING:
    half_open ();
    break;
  case DIALLING:
    dial_more ();
    break;
  case TALKING:
    talk ();
    break;
  case MAILING:
  case OVER:
    break;
  }
  cf_timer_after (&b.env, &b.tick, TICK_MS);
}

/* How evenly it was shared: 1 when each got the same, 1/n when one got all. */
static double
fairness (uint64_t *r_total)
{
  double sum = 0, squares = 0;

  for (size_t i = 0; i < b.pair_count; i++)
    for (int side = 0; side < 2; side++) {
      double got = (double) (side ? b.peers[i].partner : &b.peers[i])->got;

      sum += got;
      squares += got * got;
    }
  *r_total = (uint64_t) sum;
  return squares > 0 ? sum * sum / (2 * (double) b.pair_count * squares) : 1;
}

static void
report (void)
{
  uint64_t total;
  double even = fairness (&total);

  printf ("{\"peers\": %zu, \"pairs\": %zu, \"half_open\": %zu, \"connect_s\": %.2f, \"rss_start_mib\": %.1f, "
          "\"rss_idle_mib\": %.1f, \"kib_per_idle_peer\": %.2f, \"half_open_s\": %.2f, \"rss_half_mib\": %.1f, "
          "\"dial_s\": %.2f, \"talk_s\": %.2f, \"mb_per_s\": %.1f, \"node_cpu_s_per_gb\": %.2f, \"fairness\": %.3f, "
          "\"rss_peak_mib\": %.1f, \"mail_s\": %.2f}\n",
          b.peer_count, b.pair_count, b.half_count, (double) b.connect_ms / 1e3, (double) b.rss_start / 1024,
          (double) b.rss_idle / 1024, (double) (b.rss_idle - b.rss_start) / (double) b.peer_count,
          (double) b.half_ms / 1e3, (double) b.rss_half / 1024, (double) b.dial_ms / 1e3, (double) b.talk_ms / 1e3,
          b.talk_ms ? (double) total / 1e3 / (double) b.talk_ms : 0, total ? b.cpu_talk * 1e9 / (double) total : 0, even,
          (double) b.rss_peak / 1024, (double) b.mail_ms / 1e3);
}

int
main (int argc, char **argv)
{
  struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } };
  struct cf_io_config config = { .listen = &at, .streams_only = true, .outgoing_max = 1000000,
                                 .turn_bytes = 16384 };
  struct rlimit files;

  if (argc != 7 || cf_node_name_parse (argv[1], &b.node)) {
    fputs ("usage: bench_node NODE PID PEERS PAIRS SECONDS HALF_OPEN\n", stderr);
    return 2;
  }
  b.pid = strtol (argv[2], NULL, 10);
  b.peer_count = strtoul (argv[3], NULL, 10);
  b.pair_count = strtoul (argv[4], NULL, 10);
  b.seconds = strtoul (argv[5], NULL, 10);
  b.half_count = strtoul (argv[6], NULL, 10);
  if (2 * b.pair_count > b.peer_count || cf_secmem_setup ())
    return 2;
  if (!getrlimit (RLIMIT_NOFILE, &files)) {
    files.rlim_cur = files.rlim_max;
    (void) setrlimit (RLIMIT_NOFILE, &files);
  }
  b.peers = calloc (b.peer_count + 1, sizeof *b.peers);
  b.half = calloc (b.half_count + 1, sizeof *b.half);
  cf_env_system_init (&b.env, CF_LOG_ERROR);
  b.base = event_base_new ();
  if (!b.peers || !b.half || !b.base || cf_io_new (&b.env, b.base, &config, &b.net))
    die ("cannot begin");
  b.rss_start = rss (false);
  cf_timer_init (&b.tick, tick, NULL);
  cf_timer_after (&b.env, &b.tick, 0);
  next_phase (CONNECTING);
  if (cf_io_run (&b.env, b.base, &b.stop))
    die ("the loop");
  report ();
  return 0;
}
