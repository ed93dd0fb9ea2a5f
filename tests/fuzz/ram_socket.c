/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ram_socket.c - pairs of sockets whose bytes never leave the process: the kernel is most of what a fuzzer of the local
 * interface, or of a client, waits for.
 *
 * The system's functions under their own names: what the program has, its libraries need not give.  Pairs are real ones,
 * made once, so that whatever asks for their traits gets an answer; only bytes, readiness and the ends are ours.  Streams
 * that never block; as much is held as LIMIT.  There is one epoll, of ours alone.  Everything else goes to the kernel.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define ENDS_MAX 128 /* two a pair */
#define LIMIT 65536
#define FD_MAX 256

FUZZ_UNSEEN_BEGIN

static struct end {
  int fd;
  bool open, finished; /* finished: it writes no more */
  uint8_t held[LIMIT]; /* what came, from START */
  size_t start, len;
  struct epoll_event watched; /* events 0: not */
} ends[ENDS_MAX];
static size_t count;
static struct end *by_fd[FD_MAX];

static struct end *
find (int fd)
{
  return fd >= 0 && fd < FD_MAX && by_fd[fd] && by_fd[fd]->open ? by_fd[fd] : NULL;
}

static struct end *
other (struct end *e)
{
  return &ends[(size_t) (e - ends) ^ 1];
}

static long
fail (int error)
{
  errno = error;
  return -1;
}

int
socketpair (int domain, int type, int protocol, int fds[2])
{
  size_t i = 0;

  if (domain != AF_UNIX || (type & 15) != SOCK_STREAM)
    return (int) syscall (SYS_socketpair, domain, type, protocol, fds);
  while (i < count && (ends[i].open || ends[i + 1].open))
    i += 2;
  FUZZ_CHECK (i < ENDS_MAX);
  if (i == count) {
    FUZZ_CHECK (!syscall (SYS_socketpair, domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol, fds));
    for (int n = 0; n < 2; n++) {
      FUZZ_CHECK (fds[n] < FD_MAX);
      ends[count].fd = fds[n];
      by_fd[fds[n]] = &ends[count++];
    }
  }
  for (int n = 0; n < 2; n++) {
    struct end *e = &ends[i + (size_t) n];

    fds[n] = e->fd;
    e->open = true;
    e->finished = false;
    e->start = e->len = 0;
    e->watched.events = 0;
  }
  return 0;
}

int
close (int fd)
{
  struct end *e = find (fd);

  if (!e)
    return (int) syscall (SYS_close, fd);
  e->open = false;
  e->finished = true;
  return 0;
}

int
shutdown (int fd, int how)
{
  struct end *e = find (fd);

  if (!e)
    return (int) syscall (SYS_shutdown, fd, how);
  e->finished |= how != SHUT_RD;
  return 0;
}

static ssize_t
put (struct end *e, const void *data, size_t len)
{
  struct end *to = other (e);

  if (!to->open || e->finished)
    return fail (EPIPE);
  if (len > LIMIT - to->len)
    len = LIMIT - to->len;
  if (!len)
    return fail (EAGAIN);
  if (len > LIMIT - to->start - to->len) {
    memmove (to->held, to->held + to->start, to->len);
    to->start = 0;
  }
  memcpy (to->held + to->start + to->len, data, len);
  to->len += len;
  return (ssize_t) len;
}

static ssize_t
get (struct end *e, void *data, size_t len, bool keep)
{
  if (!e->len)
    return other (e)->finished ? 0 : fail (EAGAIN);
  if (len > e->len)
    len = e->len;
  memcpy (data, e->held + e->start, len);
  if (!keep) {
    e->start += len;
    e->len -= len;
  }
  if (!e->len)
    e->start = 0;
  return (ssize_t) len;
}

ssize_t
send (int fd, const void *data, size_t len, int flags)
{
  struct end *e = find (fd);

  return e ? put (e, data, len) : syscall (SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t
recv (int fd, void *data, size_t len, int flags)
{
  struct end *e = find (fd);

  return e ? get (e, data, len, flags & MSG_PEEK) : syscall (SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

ssize_t
write (int fd, const void *data, size_t len)
{
  struct end *e = find (fd);

  return e ? put (e, data, len) : syscall (SYS_write, fd, data, len);
}

ssize_t
read (int fd, void *data, size_t len)
{
  struct end *e = find (fd);

  return e ? get (e, data, len, false) : syscall (SYS_read, fd, data, len);
}

ssize_t
writev (int fd, const struct iovec *parts, int n)
{
  struct end *e = find (fd);
  ssize_t total = 0;

  if (!e)
    return syscall (SYS_writev, fd, parts, n);
  for (int i = 0; i < n; i++) {
    ssize_t some = parts[i].iov_len ? put (e, parts[i].iov_base, parts[i].iov_len) : 0;

    if (some < 0)
      return total ? total : some;
    total += some;
    if ((size_t) some < parts[i].iov_len)
      break;
  }
  return total;
}

/* What E is ready for, of WANTED; numbers of poll are those of epoll. */
static uint32_t
ready (struct end *e, uint32_t wanted)
{
  const struct end *far = other (e);
  uint32_t what = far->open ? 0 : EPOLLHUP;

  if (e->len || far->finished)
    what |= wanted & EPOLLIN;
  if (far->finished)
    what |= wanted & EPOLLRDHUP;
  if (!far->open || far->len < LIMIT)
    what |= wanted & EPOLLOUT;
  return what;
}

int
poll (struct pollfd *fds, nfds_t n, int timeout)
{
  int found = 0;
  bool ours = false;

  for (nfds_t i = 0; i < n; i++) {
    struct end *e = find (fds[i].fd);

    fds[i].revents = (short) (e ? ready (e, (uint32_t) fds[i].events) : 0);
    found += fds[i].revents != 0;
    ours |= e != NULL;
  }
  return ours ? found : (int) syscall (SYS_poll, fds, n, timeout);
}

int
epoll_ctl (int epoll, int op, int fd, struct epoll_event *what)
{
  struct end *e = find (fd);

  if (!e)
    return (int) syscall (SYS_epoll_ctl, epoll, op, fd, what);
  if (op == EPOLL_CTL_DEL)
    e->watched.events = 0;
  else
    e->watched = *what;
  return 0;
}

int
epoll_wait (int epoll, struct epoll_event *events, int max, int timeout)
{
  int found = 0;

  (void) epoll;
  (void) timeout;
  for (size_t i = 0; i < count && found < max; i++) {
    uint32_t what = ends[i].open && ends[i].watched.events ? ready (&ends[i], ends[i].watched.events) : 0;

    if (what) {
      events[found] = ends[i].watched;
      events[found++].events = what;
    }
  }
  return found;
}

FUZZ_UNSEEN_END
