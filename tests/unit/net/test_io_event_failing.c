/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_io_event_failing.c - the system says no, at each call in turn.
 *
 * Calls of net/ are counted (-Wl,--wrap), and one of them fails.  Whatever it was: an error is told or borne,
 * no descriptor stays open, no timer armed.
 */
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/io_event.h"
#include "net/io_event_priv.h"

#define PORT_OF_TESTS 17078
#define CALLS_MAX 1000 /* far more than there are */

static struct cf_env env;
static struct event_base *base;
static unsigned calls, fail_at; /* 0: none fails */
static int fail_errno;
static unsigned interrupts; /* so many readings of netlink are interrupted first */
static bool refuse_dump;    /* netlink answers with an error */

static bool
fails (void)
{
  if (++calls != fail_at)
    return false;
  errno = fail_errno;
  return true;
}

/* A call that is as it was, unless it is the one that fails. */
#define WRAP(type, failure, name, params, ...)                                                               \
  type __real_##name params;                                                                                 \
  type __wrap_##name params;                                                                                 \
  type __wrap_##name params                                                                                  \
  {                                                                                                          \
    return fails () ? failure : __real_##name (__VA_ARGS__);                                                 \
  }

WRAP (int, -1, socket, (int domain, int type, int protocol), domain, type, protocol)
WRAP (int, -1, bind, (int fd, const struct sockaddr *sa, socklen_t len), fd, sa, len)
WRAP (int, -1, listen, (int fd, int backlog), fd, backlog)
WRAP (int, -1, connect, (int fd, const struct sockaddr *sa, socklen_t len), fd, sa, len)
WRAP (int, -1, setsockopt, (int fd, int level, int what, const void *value, socklen_t len), fd, level, what,
      value, len)
WRAP (int, -1, getsockname, (int fd, struct sockaddr *sa, socklen_t *len), fd, sa, len)
WRAP (ssize_t, -1, send, (int fd, const void *buf, size_t len, int flags), fd, buf, len, flags)
WRAP (ssize_t, -1, sendto,
      (int fd, const void *buf, size_t len, int flags, const struct sockaddr *sa, socklen_t sa_len), fd, buf,
      len, flags, sa, sa_len)
WRAP (ssize_t, -1, sendmsg, (int fd, const struct msghdr *msg, int flags), fd, msg, flags)
WRAP (void *, NULL, calloc, (size_t count, size_t len), count, len)
WRAP (struct event *, NULL, event_new,
      (struct event_base * of, evutil_socket_t fd, short what, event_callback_fn call, void *arg), of, fd,
      what, call, arg)
WRAP (int, -1, event_add, (struct event * ev, const struct timeval *after), ev, after)

ssize_t __real_recv (int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv (int fd, void *buf, size_t len, int flags);

ssize_t
__wrap_recv (int fd, void *buf, size_t len, int flags)
{
  ssize_t n;

  if (interrupts) {
    interrupts--;
    errno = EINTR;
    return -1;
  }
  if (fails ())
    return -1;
  n = __real_recv (fd, buf, len, flags);
  if (n > 0 && refuse_dump)
    ((struct nlmsghdr *) buf)->nlmsg_type = NLMSG_ERROR;
  return n;
}

static size_t
open_descriptors (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  size_t count = 0;

  assert_non_null (dir);
  while (readdir (dir))
    count++;
  closedir (dir);
  return count;
}

static int
setup (void **state)
{
  (void) state;
  cf_env_system_init (&env, CF_LOG_ERROR);
  base = event_base_new ();
  assert_non_null (base);
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  event_base_free (base);
  return 0;
}

static gpg_error_t
say (void *arg, const struct cf_addr *source, struct cf_buf *out)
{
  (void) source;
  return cf_buf_add (out, arg, strlen (arg));
}

static void
on_failed (void *arg, gpg_error_t err)
{
  (void) arg, (void) err; /* the stream is closed by who dialed */
}

static const struct cf_conn_handler handler = { .failed = on_failed };

/* A network from its first call to its last; how many of its operations failed. */
static unsigned
live (const struct cf_addr *listen_at, gpg_error_t *r_err)
{
  struct cf_io_config config = { .listen = listen_at, .discovery_port = PORT_OF_TESTS };
  struct cf_addr to = { .family = 4, .bytes = { 127, 0, 0, 1 } };
  static char word[] = "x";
  struct cf_conn *conn = NULL;
  struct cf_net *net = NULL;
  unsigned failed = 0;

  *r_err = cf_io_new (&env, base, &config, &net);
  if (*r_err) {
    assert_null (net);
    return 0;
  }
  if (listen_at && listen_at->family == 6) {
    to = *listen_at;
    to.family = 6;
  }
  to.port = net->ops->tcp_port (net);
  failed += !!net->ops->dial (net, &to, &handler, NULL, &conn);
  to.port = 9;
  failed += !!net->ops->send_fresh (net, &to, say, word);
  failed += !!net->ops->send_datagram (net, &to, "x", 1);
  if (listen_at && listen_at->family == 4) { /* nothing leaves this host */
    failed += !!net->ops->broadcast (net, "x", 1);
    failed += !!net->ops->broadcast_fresh (net, say, word);
  }
  for (int i = 0; i < 3; i++)
    event_base_loop (base, EVLOOP_NONBLOCK);
  net->ops->close (conn);
  cf_io_free (net);
  return failed;
}

static void
fail_each (const struct cf_addr *listen_at)
{
  unsigned last, told = 0;
  size_t descriptors;
  gpg_error_t err;

  fail_at = calls = 0;
  assert_int_equal (live (listen_at, &err), 0);
  assert_int_equal (err, 0);
  last = calls;
  assert_in_range (last, 20, CALLS_MAX);
  descriptors = open_descriptors ();
  for (fail_at = 1; fail_at <= last; fail_at++) {
    unsigned failed;

    calls = 0;
    fail_errno = fail_at & 1 ? EACCES : ENOBUFS;
    failed = live (listen_at, &err);
    told += err || failed;
    assert_int_equal (open_descriptors (), descriptors);
    assert_true (cf_timers_next (&env) == UINT64_MAX);
  }
  fail_at = 0;
  assert_true (told > last / 3); /* the rest is what one can do without, as what only makes tunnels fast */
}

static void
test_ipv4 (void **state)
{
  struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } };

  (void) state;
  fail_each (&at);
}

static void
test_ipv6 (void **state)
{
  struct cf_addr at = { .family = 6, .bytes = { [15] = 1 } };
  struct cf_io_config config = { .listen = &at, .discovery_port = PORT_OF_TESTS };
  struct cf_net *net = NULL;

  (void) state;
  if (cf_io_new (&env, base, &config, &net))
    skip ();
  cf_io_free (net);
  fail_each (&at);
}

static void
test_every_address (void **state)
{
  (void) state;
  fail_each (NULL);
}

/* One port is taken by somebody else, or one family is switched off. */
static void
test_port_taken (void **state)
{
  gpg_error_t err;
  unsigned last;

  (void) state;
  calls = fail_at = 0;
  (void) live (NULL, &err);
  last = calls;
  for (fail_at = 1; fail_at <= last; fail_at++) {
    size_t descriptors = open_descriptors ();

    calls = 0;
    fail_errno = EADDRINUSE;
    (void) live (NULL, &err);
    assert_int_equal (open_descriptors (), descriptors);
  }
  fail_at = 0;
}

static unsigned changes;

static void
on_changed (void *arg)
{
  (void) arg;
  changes++;
}

/* The list of interfaces is read again, as after a flurry of changes. */
static void
read_again (struct cf_io *io)
{
  cf_timer_after (&env, &io->link_changed, 0);
  cf_timers_run (&env);
}

static void
test_links (void **state)
{
  static const struct cf_net_handler told = { .changed = on_changed };
  struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } };
  struct cf_io_config config = { .listen = &at, .discovery_port = PORT_OF_TESTS };
  struct cf_net *net = NULL;
  struct cf_io *io;
  size_t count, descriptors;

  (void) state;
  interrupts = 3; /* which is no error */
  assert_int_equal (cf_io_new (&env, base, &config, &net), 0);
  assert_int_equal (interrupts, 0);
  io = (struct cf_io *) net;
  net->handler = &told;
  count = io->link_count;
  assert_true (count > 0);
  changes = 0;
  read_again (io);
  assert_int_equal (changes, 0);
  /* It cannot be read: what was known stays. */
  refuse_dump = true;
  read_again (io);
  refuse_dump = false;
  fail_errno = ENOBUFS;
  descriptors = open_descriptors ();
  for (fail_at = 1; fail_at < CALLS_MAX; fail_at++) {
    calls = 0;
    read_again (io);
    if (calls < fail_at)
      break;
    assert_int_equal (io->link_count, count);
    assert_int_equal (open_descriptors (), descriptors);
  }
  assert_in_range (fail_at, 7, CALLS_MAX - 1); /* memory, socket, time limit, two questions and their answers */
  fail_at = 0;
  assert_int_equal (changes, 0);
  /* An address is new. */
  io->link_count = 0;
  read_again (io);
  assert_int_equal (changes, 1);
  assert_int_equal (io->link_count, count);
  cf_io_free (net);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_ipv4, setup, teardown),
    cmocka_unit_test_setup_teardown (test_ipv6, setup, teardown),
    cmocka_unit_test_setup_teardown (test_every_address, setup, teardown),
    cmocka_unit_test_setup_teardown (test_port_taken, setup, teardown),
    cmocka_unit_test_setup_teardown (test_links, setup, teardown),
  };

  return cmocka_run_group_tests_name ("io_event, failing", tests, NULL, NULL);
}
