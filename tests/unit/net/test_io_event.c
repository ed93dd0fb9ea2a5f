/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_io_event.c - real sockets on loopback. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "net/proto.h"
#include "loop.h"

#define PORT_OF_TESTS 17077 /* for beacons: not the real one, where a real daemon may be */
#define BIG (5 * 1024 * 1024)

struct side; /* one end of a stream */

/* One daemon's network. */
struct node {
  struct cf_net *net;
  struct side *accept_into; /* the next incoming stream goes here; NULL: nobody wants it */
  struct side *crowd;       /* or, if set, each into one of its own */
  struct cf_addr accepted_from;
  size_t accepted, datagrams;
  uint8_t last[CF_BEACON_MAX];
  size_t last_len;
  struct cf_addr last_from;
};

struct side {
  struct cf_conn *conn;
  bool connected, close_when_connected, close_when_received;
  gpg_error_t failed;
  size_t failures, drained, received;
  uint32_t sum; /* of the bytes received, by position */
};

static struct node nodes[2];

static uint32_t
sum_add (uint32_t sum, size_t at, const uint8_t *data, size_t len)
{
  for (size_t i = 0; i < len; i++)
    sum += (uint32_t) data[i] * (uint32_t) ((at + i) % 65521 + 1);
  return sum;
}

/* Handlers. */

static void
on_connected (void *arg)
{
  struct side *s = arg;

  s->connected = true;
  if (s->close_when_connected) {
    nodes[0].net->ops->close (s->conn);
    s->conn = NULL;
  }
}

static void
on_received (void *arg, const uint8_t *data, size_t len)
{
  struct side *s = arg;

  s->sum = sum_add (s->sum, s->received, data, len);
  s->received += len;
  if (s->close_when_received) {
    nodes[0].net->ops->close (s->conn);
    s->conn = NULL;
  }
}

static void
on_drained (void *arg)
{
  ((struct side *) arg)->drained++;
}

static void
on_failed (void *arg, gpg_error_t err)
{
  struct side *s = arg;

  s->failed = err;
  s->failures++;
  nodes[0].net->ops->close (s->conn); /* legal from here */
  s->conn = NULL;
}

static const struct cf_conn_handler side_handler
  = { .connected = on_connected, .received = on_received, .drained = on_drained, .failed = on_failed };

static void
on_accepted (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  struct node *node = arg;
  struct side *into = node->crowd ? &node->crowd[node->accepted] : node->accept_into;

  node->accepted++;
  node->accepted_from = *from;
  if (!into) {
    node->net->ops->close (conn);
    return;
  }
  into->conn = conn;
  node->net->ops->set_handler (conn, &side_handler, into);
}

static void
on_datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct node *node = arg;

  if (len > sizeof node->last)
    return;
  node->datagrams++;
  node->last_from = *from;
  memcpy (node->last, data, len);
  node->last_len = len;
}

static const struct cf_net_handler node_handler = { .accepted = on_accepted, .datagram = on_datagram };

static struct side left, right;

static void
set_up_on (const struct cf_addr *listen_at)
{
  struct cf_io_config config = { .listen = listen_at, .discovery_port = PORT_OF_TESTS };

  loop_begin ();
  memset (nodes, 0, sizeof nodes);
  memset (&left, 0, sizeof left);
  memset (&right, 0, sizeof right);
  for (int i = 0; i < 2; i++) {
    assert_int_equal (cf_io_new (&loop_env, loop_base, &config, &nodes[i].net), 0);
    nodes[i].net->handler = &node_handler;
    nodes[i].net->handler_arg = &nodes[i];
  }
  nodes[1].accept_into = &right;
}

static int
setup (void **state)
{
  (void) state;
  set_up_on (NULL);
  return 0;
}

/* For tests that broadcast: nothing leaves this host. */
static int
setup_loopback (void **state)
{
  struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } };

  (void) state;
  set_up_on (&at);
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  cf_io_free (nodes[0].net);
  cf_io_free (nodes[1].net);
  loop_end ();
  return 0;
}

/* Node 1's address on loopback, of FAMILY. */
static struct cf_addr
listener (uint8_t family)
{
  struct cf_addr addr = { .family = family, .port = nodes[1].net->ops->tcp_port (nodes[1].net) };

  if (family == 4) {
    addr.bytes[0] = 127;
    addr.bytes[3] = 1;
  } else
    addr.bytes[15] = 1;
  return addr;
}

static bool
has_ipv6 (void)
{
  struct cf_addr addrs[64];
  size_t count = nodes[1].net->ops->addresses (nodes[1].net, addrs, 64);

  for (size_t i = 0; i < count; i++)
    if (addrs[i].family == 6 && cf_addr_is_loopback (&addrs[i]))
      return true;
  return false;
}

static bool
are_joined (void)
{
  return left.connected && (right.conn || right.failures);
}

static void
join (uint8_t family)
{
  struct cf_addr to = listener (family);

  assert_int_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  assert_false (left.connected); /* never from inside the call */
  run_until (are_joined);
}

static bool left_failed (void) { return left.failures > 0; }
static bool right_failed (void) { return right.failures > 0; }

/* Streams. */

static void
test_dial_both_families (void **state)
{
  (void) state;
  for (uint8_t family = 4; family <= (has_ipv6 () ? 6 : 4); family += 2) {
    memset (&left, 0, sizeof left);
    memset (&right, 0, sizeof right);
    join (family);
    assert_true (cf_addr_is_loopback (&nodes[1].accepted_from));
    assert_int_equal (nodes[1].accepted_from.family, family);
    nodes[0].net->ops->close (left.conn);
    run_until (right_failed);
    assert_int_equal (gpg_err_code (right.failed), GPG_ERR_EOF);
    assert_int_equal (right.failures, 1);
    assert_int_equal (left.failures, 0); /* closed: not called again */
  }
}

/* A stream leaves from the port on which streams are accepted; two of them would be one. */
static void
test_punch (void **state)
{
  (void) state;
  for (uint8_t family = 4; family <= (has_ipv6 () ? 6 : 4); family += 2) {
    const struct cf_net_ops *ops = nodes[0].net->ops;
    struct cf_addr to = listener (family);
    struct cf_conn *second;

    memset (&left, 0, sizeof left);
    memset (&right, 0, sizeof right);
    assert_int_equal (ops->punch (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
    run_until (are_joined);
    assert_int_equal (nodes[1].accepted_from.port, ops->tcp_port (nodes[0].net));
    assert_int_equal (gpg_err_code (ops->punch (nodes[0].net, &to, &side_handler, &left, &second)),
                      GPG_ERR_EADDRNOTAVAIL);
    ops->close (left.conn);
    run_until (right_failed);
  }
}

static size_t want_received;
static bool right_has_all (void) { return right.received >= want_received; }
static bool left_drained (void) { return left.drained > 0; }

/* BIG bytes in pieces, as fast as the queue takes them. */
static uint32_t
write_big (struct cf_conn *conn)
{
  static uint8_t piece[100 * 1024];
  uint32_t sum = 0;
  size_t at = 0;

  while (at < BIG) {
    size_t len = BIG - at < sizeof piece ? BIG - at : sizeof piece;

    cf_env_random (&loop_env, piece, len);
    sum = sum_add (sum, at, piece, len);
    assert_int_equal (nodes[0].net->ops->write (conn, piece, len), 0);
    at += len;
  }
  return sum;
}

static void
test_big_write (void **state)
{
  uint32_t sum;

  (void) state;
  join (4);
  sum = write_big (left.conn);
  assert_in_range (nodes[0].net->ops->queued (left.conn), 1, BIG - 1); /* the system has taken some at once */
  want_received = BIG;
  run_until (right_has_all);
  assert_int_equal (right.received, BIG);
  assert_true (right.sum == sum);
  run_until (left_drained);
  assert_int_equal (left.drained, 1);
  assert_int_equal (nodes[0].net->ops->queued (left.conn), 0);
}

static void
test_write_before_connected (void **state)
{
  struct cf_addr to = listener (4);

  (void) state;
  assert_int_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  assert_int_equal (nodes[0].net->ops->write (left.conn, "hello", 5), 0);
  want_received = 5;
  run_until (right_has_all);
}

/* What was queued arrives although the writer has closed, and bytes for the writer lie unread. */
static void
test_close_after_flush (void **state)
{
  uint32_t sum;

  (void) state;
  join (4);
  assert_int_equal (nodes[1].net->ops->write (right.conn, "unread", 6), 0);
  sum = write_big (left.conn);
  nodes[0].net->ops->close (left.conn);
  run_until (right_failed);
  assert_int_equal (gpg_err_code (right.failed), GPG_ERR_EOF);
  assert_int_equal (right.received, BIG);
  assert_true (right.sum == sum);
  assert_int_equal (left.received, 0);
}

static bool right_joined (void) { return right.conn != NULL; }

/* A reader that does not read: close gives up after its time. */
static void
test_close_gives_up (void **state)
{
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons (listener (4).port),
                            .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  static uint8_t buf[65536];
  int fd = socket (AF_INET, SOCK_STREAM, 0), size = 4096;
  size_t got = 0;
  ssize_t n;

  (void) state;
  assert_true (fd >= 0);
  assert_int_equal (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
  assert_int_equal (connect (fd, (struct sockaddr *) &sa, sizeof sa), 0);
  run_until (right_joined);
  write_big (right.conn);
  nodes[1].net->ops->close (right.conn);
  run_for (50);
  /* Not five seconds of waiting: the deadline is env's. */
  loop_env.now_ms += CF_IO_CLOSE_MS;
  cf_timers_run (&loop_env);
  while ((n = recv (fd, buf, sizeof buf, 0)) > 0) /* ends, since the stream has ended */
    got += (size_t) n;
  assert_true (got < BIG);
  assert_int_equal (right.failures, 0);
  close (fd);
}

static void
test_queue_limit (void **state)
{
  uint8_t *piece = calloc (1, CF_CONN_QUEUE_MAX);
  size_t room;

  (void) state;
  assert_non_null (piece);
  join (4);
  assert_int_equal (nodes[0].net->ops->write (left.conn, piece, CF_CONN_QUEUE_MAX), 0);
  room = CF_CONN_QUEUE_MAX - nodes[0].net->ops->queued (left.conn); /* what the system has taken at once */
  assert_in_range (room, 1, CF_CONN_QUEUE_MAX - 1);
  assert_int_equal (nodes[0].net->ops->write (left.conn, piece, room - 1), 0);
  assert_int_equal (gpg_err_code (nodes[0].net->ops->write (left.conn, piece, 2)), GPG_ERR_LIMIT_REACHED);
  assert_int_equal (nodes[0].net->ops->write (left.conn, piece, 1), 0);
  assert_int_equal (gpg_err_code (nodes[0].net->ops->write (left.conn, piece, SIZE_MAX)), GPG_ERR_LIMIT_REACHED);
  want_received = CF_CONN_QUEUE_MAX + room;
  run_until (right_has_all);
  assert_int_equal (right.received, CF_CONN_QUEUE_MAX + room); /* nothing of the refused writes */
  free (piece);
}

static void
test_refused (void **state)
{
  struct cf_addr to = listener (4);

  (void) state;
  cf_io_free (nodes[1].net); /* nobody listens there now */
  nodes[1].net = NULL;
  assert_int_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  run_until (left_failed);
  assert_int_equal (gpg_err_code (left.failed), GPG_ERR_ECONNREFUSED);
  assert_int_equal (left.failures, 1);
  assert_false (left.connected);
}

static void
test_dial_nonsense (void **state)
{
  struct cf_addr to = { 0 };

  (void) state;
  assert_int_not_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  to = listener (4);
  to.port = 0;
  assert_int_not_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  nodes[0].net->ops->close (NULL);
}

static void
test_close_in_callbacks (void **state)
{
  (void) state;
  left.close_when_connected = true;
  join (4);
  run_until (right_failed);

  memset (&left, 0, sizeof left);
  memset (&right, 0, sizeof right);
  right.close_when_received = true;
  join (4);
  assert_int_equal (nodes[0].net->ops->write (left.conn, "x", 1), 0);
  run_until (left_failed);
  assert_int_equal (right.received, 1);
}

static void
test_unwanted_is_closed (void **state)
{
  struct cf_addr to = listener (4);

  (void) state;
  nodes[1].accept_into = NULL;
  assert_int_equal (nodes[0].net->ops->dial (nodes[0].net, &to, &side_handler, &left, &left.conn), 0);
  run_until (left_failed);
  assert_int_equal (nodes[1].accepted, 1);
}

/* Limits of accepting. */

static size_t want_handled;

static bool
are_handled (void)
{
  struct cf_io_counts counts;

  cf_io_counts (nodes[1].net, &counts);
  return counts.accepted + counts.refused >= want_handled;
}

/* COUNT plain sockets from 127.0.0.HOST to node 1, which do nothing. */
static void
knock_from (uint32_t host, int *fds, size_t count)
{
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (0x7f000000 + host) };
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons (listener (4).port),
                            .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

  for (size_t i = 0; i < count; i++) {
    fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true (fds[i] >= 0);
    assert_int_equal (bind (fds[i], (struct sockaddr *) &from, sizeof from), 0);
    assert_true (!connect (fds[i], (struct sockaddr *) &sa, sizeof sa) || errno == EINPROGRESS);
  }
}

static void
knock (int *fds, size_t count)
{
  knock_from (1, fds, count);
}

static void
test_host_limit (void **state)
{
  enum { KNOCKS = CF_IO_INCOMING_HOST_MAX + 20 };
  int fds[KNOCKS];
  struct cf_io_counts counts;

  (void) state;
  knock (fds, KNOCKS);
  want_handled = KNOCKS;
  run_until (are_handled);
  cf_io_counts (nodes[1].net, &counts);
  assert_int_equal (counts.accepted, CF_IO_INCOMING_HOST_MAX);
  assert_int_equal (counts.refused, 20);
  assert_int_equal (loop_env.refused[CF_REFUSED_STREAM_HOST], 20);
  for (size_t i = 0; i < KNOCKS; i++)
    close (fds[i]);
}

static struct side crowd[CF_IO_INCOMING_MAX + 1];

static bool
one_of_crowd_failed (void)
{
  for (size_t i = 0; i < CF_IO_INCOMING_MAX; i++)
    if (crowd[i].failures)
      return true;
  return false;
}

/* Many hosts together: the rest is refused, and when some leave others may come. */
static void
test_total_limit (void **state)
{
  enum { HOSTS = CF_IO_INCOMING_MAX / CF_IO_INCOMING_HOST_MAX };
  static int fds[HOSTS][CF_IO_INCOMING_HOST_MAX];
  struct rlimit limit;
  struct cf_io_counts counts;
  int late[2];

  (void) state;
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max < 2 * CF_IO_INCOMING_MAX + 100 || setrlimit (RLIMIT_NOFILE, &limit))
    skip ();
  memset (crowd, 0, sizeof crowd);
  nodes[1].crowd = crowd;
  for (uint32_t i = 0; i < HOSTS; i++) {
    knock_from (10 + i, fds[i], CF_IO_INCOMING_HOST_MAX);
    want_handled = (i + 1) * CF_IO_INCOMING_HOST_MAX; /* before the system's own queue is full */
    run_until (are_handled);
  }
  knock (late, 1);
  want_handled++;
  run_until (are_handled);
  cf_io_counts (nodes[1].net, &counts);
  assert_int_equal (counts.accepted, CF_IO_INCOMING_MAX);
  assert_int_equal (counts.refused, 1);
  assert_int_equal (loop_env.refused[CF_REFUSED_STREAM_FULL], 1);
  close (fds[3][7]); /* its handler is told of the end, and closes */
  run_until (one_of_crowd_failed);
  knock (late + 1, 1);
  want_handled++;
  run_until (are_handled);
  cf_io_counts (nodes[1].net, &counts);
  assert_int_equal (counts.accepted, CF_IO_INCOMING_MAX + 1);
  for (size_t i = 0; i < CF_IO_INCOMING_MAX; i++)
    if (&fds[0][0] + i != &fds[3][7])
      close ((&fds[0][0])[i]);
  close (late[0]);
  close (late[1]);
}

/* Without descriptors, accepting pauses instead of spinning, and goes on later. */
static void
test_no_descriptors (void **state)
{
  struct rlimit was, low;
  struct cf_io_counts counts;
  struct timespec cpu0, cpu1;
  int fd, probe;

  (void) state;
  if (getenv ("CF_VALGRIND")) /* it keeps descriptors of its own, and the limit from us */
    skip ();
  knock (&fd, 1);
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &was), 0);
  probe = dup (fd);
  assert_true (probe >= 0);
  close (probe);
  low = was;
  low.rlim_cur = (rlim_t) probe; /* no new one */
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &low), 0);
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu0);
  run_for (300);
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu1);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &was), 0);
  cf_io_counts (nodes[1].net, &counts);
  assert_int_equal (counts.accepted, 0);
  assert_true ((cpu1.tv_sec - cpu0.tv_sec) * 1000 + (cpu1.tv_nsec - cpu0.tv_nsec) / 1000000 < 150);
  want_handled = 1;
  run_until (are_handled);
  close (fd);
}

/* Datagrams. */

static bool both_heard (void) { return nodes[0].datagrams && nodes[1].datagrams; }
static bool node1_heard (void) { return nodes[1].datagrams > 0; }
static bool node0_heard (void) { return nodes[0].datagrams > 0; }

static void
test_broadcast_reaches_all (void **state)
{
  (void) state;
  for (int i = 0; i < 2; i++) {
    nodes[0].datagrams = nodes[1].datagrams = 0;
    assert_int_equal (nodes[i].net->ops->broadcast (nodes[i].net, "who's there", 11), 0);
    run_until (both_heard);
    for (int j = 0; j < 2; j++) {
      assert_int_equal (nodes[j].last_len, 11);
      assert_memory_equal (nodes[j].last, "who's there", 11);
      assert_int_equal (nodes[j].last_from.port, nodes[i].net->ops->udp_port (nodes[i].net));
    }
  }
}

/* An answer to the source of a beacon reaches the one that sent it, and nobody else. */
static void
test_answer_reaches_asker (void **state)
{
  (void) state;
  assert_int_equal (nodes[0].net->ops->broadcast (nodes[0].net, "q", 1), 0);
  run_until (node1_heard);
  run_for (50);
  nodes[0].datagrams = nodes[1].datagrams = 0;
  assert_int_equal (nodes[1].net->ops->send_datagram (nodes[1].net, &nodes[1].last_from, "answer", 6), 0);
  run_until (node0_heard);
  assert_memory_equal (nodes[0].last, "answer", 6);
  run_for (50);
  assert_int_equal (nodes[0].datagrams, 1);
  assert_int_equal (nodes[1].datagrams, 0);
}

/* Where fresh datagrams left from, as their sender was told. */
static struct cf_addr said_from[4];
static size_t said;
static char veiled[] = "veiled", answer[] = "answer", back[] = "return", word[] = "x";

static gpg_error_t
say (void *arg, const struct cf_addr *source, struct cf_buf *out)
{
  said_from[said++ % 4] = *source;
  return cf_buf_add (out, arg, strlen (arg));
}

/* Each from a port of its own, which hears the answer, and which the sender knew before. */
static void
test_fresh_ports (void **state)
{
  struct cf_net *zero = nodes[0].net, *one = nodes[1].net;
  struct cf_addr asker;

  (void) state;
  said = 0;
  for (int i = 0; i < 2; i++) {
    nodes[0].datagrams = nodes[1].datagrams = 0;
    assert_int_equal (zero->ops->broadcast_fresh (zero, say, veiled), 0);
    assert_int_equal (said, i + 1); /* loopback has one address */
    run_until (both_heard);
    assert_memory_equal (nodes[1].last, "veiled", 6);
    assert_true (cf_addr_equal (&nodes[1].last_from, &said_from[i]));
    assert_int_not_equal (said_from[i].port, zero->ops->udp_port (zero));
  }
  assert_int_not_equal (said_from[0].port, said_from[1].port);
  asker = nodes[1].last_from;
  nodes[0].datagrams = nodes[1].datagrams = 0;
  assert_int_equal (one->ops->send_fresh (one, &asker, say, answer), 0);
  run_until (node0_heard);
  assert_memory_equal (nodes[0].last, "answer", 6);
  assert_true (cf_addr_equal (&nodes[0].last_from, &said_from[2]));
  assert_int_not_equal (said_from[2].port, one->ops->udp_port (one));
  /* That port hears, too. */
  asker = nodes[0].last_from;
  assert_int_equal (zero->ops->send_fresh (zero, &asker, say, back), 0);
  run_until (node1_heard);
  assert_memory_equal (nodes[1].last, "return", 6);
}

static gpg_error_t
say_nothing (void *arg, const struct cf_addr *source, struct cf_buf *out)
{
  (void) arg, (void) source, (void) out;
  return cf_err (GPG_ERR_CANCELED);
}

static void
test_fresh_ports_are_bounded (void **state)
{
  struct cf_net *zero = nodes[0].net;
  struct cf_addr to = { .family = 4, .bytes = { 127, 0, 0, 1 }, .port = 9 }, to6 = { .family = 6, .port = 9 };
  unsigned opened = 0;

  (void) state;
  assert_int_equal (gpg_err_code (zero->ops->send_fresh (zero, &to, say_nothing, NULL)), GPG_ERR_CANCELED);
  assert_int_equal (gpg_err_code (zero->ops->send_fresh (zero, &to6, say, word)), GPG_ERR_ENETUNREACH);
  while (opened < 1000 && gpg_err_code (zero->ops->send_fresh (zero, &to, say, word)) != GPG_ERR_LIMIT_REACHED)
    opened++;
  assert_int_equal (opened, 63); /* and the one in which nothing was said */
  /* Answers leave room for questions. */
  assert_int_equal (zero->ops->broadcast_fresh (zero, say, word), 0);
  /* Later they are closed. */
  loop_env.now_ms += CF_NET_FRESH_MS;
  cf_timers_run (&loop_env);
  assert_int_equal (zero->ops->send_fresh (zero, &to, say, word), 0);
}

/* A fixed address. */

static void
test_fixed_listen (void **state)
{
  struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } }, addrs[8];
  struct cf_io_config config = { .listen = &at, .discovery_port = PORT_OF_TESTS };
  struct cf_net *net = NULL, *second = NULL;
  struct cf_addr to6;

  (void) state;
  assert_int_equal (cf_io_new (&loop_env, loop_base, &config, &net), 0);
  at.port = net->ops->tcp_port (net);
  assert_int_not_equal (at.port, 0);
  assert_int_equal (gpg_err_code (cf_io_new (&loop_env, loop_base, &config, &second)), GPG_ERR_EADDRINUSE);
  assert_int_equal (net->ops->addresses (net, addrs, 8), 1);
  assert_true (cf_addr_equal (&addrs[0], &at));
  if (has_ipv6 ()) { /* not on other addresses */
    to6 = listener (6);
    to6.port = at.port;
    assert_int_equal (nodes[0].net->ops->dial (nodes[0].net, &to6, &side_handler, &left, &left.conn), 0);
    run_until (left_failed);
    assert_int_equal (gpg_err_code (left.failed), GPG_ERR_ECONNREFUSED);
  }
  cf_io_free (net);
  /* A restart gets its port back. */
  assert_int_equal (cf_io_new (&loop_env, loop_base, &config, &net), 0);
  cf_io_free (net);
}

/* Every address, but a port of our choice. */
static void
test_fixed_port (void **state)
{
  struct cf_addr at = { 0 }, to = listener (4);
  struct cf_io_config config = { .listen = &at, .discovery_port = PORT_OF_TESTS };
  struct cf_net *net = NULL;

  (void) state;
  at.port = to.port;
  assert_int_equal (gpg_err_code (cf_io_new (&loop_env, loop_base, &config, &net)), GPG_ERR_EADDRINUSE);
  cf_io_free (nodes[1].net);
  nodes[1].net = NULL;
  assert_int_equal (cf_io_new (&loop_env, loop_base, &config, &net), 0);
  assert_int_equal (net->ops->tcp_port (net), to.port);
  cf_io_free (net);
}

static void
test_addresses (void **state)
{
  struct cf_addr addrs[64];
  size_t count = nodes[0].net->ops->addresses (nodes[0].net, addrs, 64);
  bool loopback = false;

  (void) state;
  for (size_t i = 0; i < count; i++) {
    assert_int_equal (addrs[i].port, nodes[0].net->ops->tcp_port (nodes[0].net));
    assert_false (loopback && !cf_addr_is_loopback (&addrs[i])); /* loopback is last */
    loopback = cf_addr_is_loopback (&addrs[i]);
  }
  assert_true (loopback);
  assert_int_equal (nodes[0].net->ops->addresses (nodes[0].net, addrs, 1), 1);
}

#define loopback_test(f) cmocka_unit_test_setup_teardown (f, setup_loopback, teardown)
#define io_test(f) cmocka_unit_test_setup_teardown (f, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    io_test (test_dial_both_families), io_test (test_punch), io_test (test_big_write), io_test (test_write_before_connected),
    io_test (test_close_after_flush), io_test (test_close_gives_up), io_test (test_queue_limit),
    io_test (test_refused), io_test (test_dial_nonsense), io_test (test_close_in_callbacks),
    io_test (test_unwanted_is_closed), io_test (test_host_limit), io_test (test_total_limit), io_test (test_no_descriptors),
    loopback_test (test_broadcast_reaches_all), loopback_test (test_answer_reaches_asker), loopback_test (test_fresh_ports),
    loopback_test (test_fresh_ports_are_bounded), io_test (test_fixed_listen), io_test (test_fixed_port),
    io_test (test_addresses),
  };

  return cmocka_run_group_tests_name ("io_event", tests, NULL, NULL);
}
