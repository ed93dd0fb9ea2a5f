/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slow_wire.c - two network interfaces with a far and bad path between them, in user space.
 *
 *   slow_wire PID1 PID2 THERE [BACK]
 *
 * In the network namespaces of PID1 and PID2 there is then an interface wire0, 10.78.0.1 and 10.78.0.2, of
 * frames, so that broadcasts pass, too.  THERE is what happens on the way from the first to the second, BACK
 * on the way back (the same, if it is not said):
 *
 *   delay=US    how long each takes at least
 *   jitter=US   up to so much more, each its own: they overtake each other
 *   early=N     N of a thousand wait for nothing, and overtake all others
 *   loss=N      N of a thousand do not arrive
 *   twice=N     N of a thousand arrive twice, each in its own time
 *   seed=N      of the dice, which fall alike in each run; BACK has the next seed
 *
 * separated by commas.  Says "up" when it is, and works until its standard input ends.  Needs /dev/net/tun,
 * and the right to use it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 32768 /* packets on their way, each direction; more are dropped */
#define PACKET_MAX 2048
#define READ_BURST 64

struct path {
  uint64_t delay_ns, jitter_ns;
  unsigned early, loss, twice; /* of a thousand */
  unsigned dice;
};

struct packet {
  uint64_t due_ns, number;
  uint32_t len;
  uint8_t data[PACKET_MAX];
};

struct way {
  int from, to;
  struct path path;
  uint64_t number;
  uint32_t waiting;
  struct packet *slots;
  uint32_t *heap; /* each slot once: the first so many wait, the next one to leave before all others; the rest
                     are free */
};

static void
die (const char *what)
{
  perror (what);
  exit (77);
}

static uint64_t
now_ns (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}

static void
command (const char *text)
{
  if (system (text))
    die (text);
}

static struct path
parse (const char *text, unsigned seed)
{
  struct path path = { .dice = seed };
  char name[16];
  unsigned n;
  int len;

  for (; *text; text += len + (text[len] == ',')) {
    if (sscanf (text, "%15[a-z]=%u%n", name, &n, &len) != 2) {
      fprintf (stderr, "slow_wire: no path: %s\n", text);
      exit (2);
    }
    if (!strcmp (name, "delay"))
      path.delay_ns = n * UINT64_C (1000);
    else if (!strcmp (name, "jitter"))
      path.jitter_ns = n * UINT64_C (1000);
    else if (!strcmp (name, "early"))
      path.early = n;
    else if (!strcmp (name, "loss"))
      path.loss = n;
    else if (!strcmp (name, "twice"))
      path.twice = n;
    else if (!strcmp (name, "seed"))
      path.dice = n;
    else {
      fprintf (stderr, "slow_wire: paths have no %s\n", name);
      exit (2);
    }
  }
  return path;
}

/* An interface in the namespace of PID. */
static int
make_end (const char *pid, int number)
{
  struct ifreq ifr;
  char text[200];
  int fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), ns;

  snprintf (text, sizeof text, "/proc/%s/ns/net", pid);
  ns = open (text, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ns < 0 || setns (ns, CLONE_NEWNET))
    die ("a namespace and /dev/net/tun");
  close (ns);
  memset (&ifr, 0, sizeof ifr);
  ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
  snprintf (ifr.ifr_name, sizeof ifr.ifr_name, "wire0");
  close (fd);
  fd = open ("/dev/net/tun",
             O_RDWR | O_NONBLOCK | O_CLOEXEC); /* belongs to the namespace that it was opened in */
  if (fd < 0 || ioctl (fd, TUNSETIFF, &ifr))
    die ("TUNSETIFF");
  snprintf (text, sizeof text,
            "ip addr add 10.78.0.%d/24 brd + dev wire0 && ip link set wire0 mtu 1500 txqueuelen 10000 up",
            number);
  command (text);
  return fd;
}

/* --- what is on its way: a heap by the time when it is due --- */

static bool
before (const struct way *w, uint32_t a, uint32_t b)
{
  const struct packet *one = &w->slots[w->heap[a]], *other = &w->slots[w->heap[b]];

  return one->due_ns < other->due_ns || (one->due_ns == other->due_ns && one->number < other->number);
}

static void
swap (struct way *w, uint32_t a, uint32_t b)
{
  uint32_t slot = w->heap[a];

  w->heap[a] = w->heap[b];
  w->heap[b] = slot;
}

/* Where the next packet is to be written; NULL: too many are on their way. */
static struct packet *
free_slot (const struct way *w)
{
  return w->waiting < SLOTS ? &w->slots[w->heap[w->waiting]] : NULL;
}

/* The packet in the free slot has begun its way. */
static void
push (struct way *w)
{
  w->slots[w->heap[w->waiting]].number = w->number++;
  for (uint32_t at = w->waiting++; at && before (w, at, (at - 1) / 2); at = (at - 1) / 2)
    swap (w, at, (at - 1) / 2);
}

/* The first has arrived. */
static void
pop (struct way *w)
{
  uint32_t at = 0, next;

  swap (w, 0, --w->waiting);
  while ((next = 2 * at + 1) < w->waiting) {
    if (next + 1 < w->waiting && before (w, next + 1, next))
      next++;
    if (!before (w, next, at))
      return;
    swap (w, at, next);
    at = next;
  }
}

/* --- the path --- */

static bool
thrown (struct path *path, unsigned of_thousand)
{
  return of_thousand && (unsigned) rand_r (&path->dice) % 1000 < of_thousand;
}

/* The packet in the free slot leaves, after its own time. */
static void
leave (struct way *w)
{
  struct packet *p = free_slot (w);
  struct path *path = &w->path;

  p->due_ns = now_ns ();
  if (!thrown (path, path->early)) {
    p->due_ns += path->delay_ns;
    if (path->jitter_ns)
      p->due_ns += path->jitter_ns / 1000 * ((unsigned) rand_r (&path->dice) % 1000);
  }
  push (w);
}

/* What has come in. */
static void
take (struct way *w)
{
  static struct packet spare;

  for (int n = 0; n < READ_BURST; n++) {
    struct packet *p = free_slot (w), *again;
    ssize_t len = read (w->from, p ? p->data : spare.data, PACKET_MAX);

    if (len <= 0)
      return;
    if (!p || thrown (&w->path, w->path.loss))
      continue;
    p->len = (uint32_t) len;
    leave (w);
    again = thrown (&w->path, w->path.twice) ? free_slot (w) : NULL;
    if (again) {
      again->len = p->len;
      memcpy (again->data, p->data, p->len);
      leave (w);
    }
  }
}

/* What has arrived; returns when the next will. */
static uint64_t
give (struct way *w)
{
  uint64_t now = now_ns ();

  for (; w->waiting && w->slots[w->heap[0]].due_ns <= now; pop (w)) {
    const struct packet *p = &w->slots[w->heap[0]];

    if (write (w->to, p->data, p->len) < 0 && errno != EAGAIN && errno != ENOBUFS)
      die ("write");
  }
  return w->waiting ? w->slots[w->heap[0]].due_ns : UINT64_MAX;
}

static void
make_way (struct way *w, int from, int to, struct path path)
{
  *w = (struct way){ .from = from, .to = to, .path = path };
  w->slots = calloc (SLOTS, sizeof *w->slots);
  w->heap = calloc (SLOTS, sizeof *w->heap);
  if (!w->slots || !w->heap)
    die ("memory");
  for (uint32_t i = 0; i < SLOTS; i++)
    w->heap[i] = i;
}

int
main (int argc, char **argv)
{
  struct path there, back;
  struct way ways[2];
  struct pollfd fds[3];
  int ends[2];

  if (argc < 4 || argc > 5)
    return 2;
  for (int i = 0; i < 2; i++)
    ends[i] = make_end (argv[1 + i], i + 1);
  there = parse (argv[3], 1);
  back = parse (argv[argc - 1], there.dice + 1);
  if (argc == 4)
    back.dice = there.dice + 1;
  make_way (&ways[0], ends[0], ends[1], there);
  make_way (&ways[1], ends[1], ends[0], back);
  for (int i = 0; i < 2; i++)
    fds[i] = (struct pollfd){ .fd = ends[i], .events = POLLIN };
  fds[2] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
  puts ("up");
  fflush (stdout);
  while (!(fds[2].revents & (POLLIN | POLLHUP))) {
    uint64_t a = give (&ways[0]), b = give (&ways[1]), due = a < b ? a : b, now = now_ns ();
    uint64_t left = due > now ? due - now : 0;
    struct timespec wait = { 1, 0 };

    if (left < 1000000000u)
      wait = (struct timespec){ 0, (long) left };
    if (ppoll (fds, 3, &wait, NULL) < 0 && errno != EINTR)
      die ("ppoll");
    for (int i = 0; i < 2; i++)
      if (fds[i].revents & POLLIN)
        take (&ways[i]);
  }
  return 0;
}
