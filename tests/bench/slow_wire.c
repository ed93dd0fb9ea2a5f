/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slow_wire.c - two network interfaces with a far and lossy path between them, in user space.
 *
 *   slow_wire PID1 PID2 DELAY_US LOSS
 *
 * In the network namespaces of PID1 and PID2 there is then an interface wire0, 10.78.0.1 and 10.78.0.2.  Each packet takes
 * DELAY_US; LOSS of a thousand do not arrive, by the dice of rand_r with the same seed in each run.  Says "up" when it is,
 * and works until its standard input ends.  Needs /dev/net/tun, and the right to use it.
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

struct way {
  int from, to;
  uint64_t first, last; /* numbers of packets: [first, last) are on their way */
  struct packet {
    uint64_t due_ns;
    uint32_t len;
    uint8_t data[PACKET_MAX];
  } *slots;
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
  ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
  snprintf (ifr.ifr_name, sizeof ifr.ifr_name, "wire0");
  close (fd);
  fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC); /* belongs to the namespace that it was opened in */
  if (fd < 0 || ioctl (fd, TUNSETIFF, &ifr))
    die ("TUNSETIFF");
  snprintf (text, sizeof text, "ip addr add 10.78.0.%d/24 dev wire0 && ip link set wire0 mtu 1500 txqueuelen 10000 up",
            number);
  command (text);
  return fd;
}

/* What has come in. */
static void
take (struct way *w, uint64_t delay_ns, int loss, unsigned *dice)
{
  static struct packet spare;

  for (int n = 0; n < READ_BURST; n++) {
    bool full = w->last - w->first == SLOTS;
    struct packet *p = full ? &spare : &w->slots[w->last % SLOTS];
    ssize_t len = read (w->from, p->data, sizeof p->data);

    if (len <= 0)
      return;
    if (full || rand_r (dice) % 1000 < loss)
      continue;
    p->len = (uint32_t) len;
    p->due_ns = now_ns () + delay_ns;
    w->last++;
  }
}

/* What has arrived; returns when the next will. */
static uint64_t
give (struct way *w)
{
  uint64_t now = now_ns ();

  for (; w->first < w->last && w->slots[w->first % SLOTS].due_ns <= now; w->first++) {
    struct packet *p = &w->slots[w->first % SLOTS];

    if (write (w->to, p->data, p->len) < 0 && errno != EAGAIN && errno != ENOBUFS)
      die ("write");
  }
  return w->first < w->last ? w->slots[w->first % SLOTS].due_ns : UINT64_MAX;
}

int
main (int argc, char **argv)
{
  struct way ways[2];
  struct pollfd fds[3];
  unsigned dice = 1;
  uint64_t delay_ns;
  int loss;

  if (argc != 5)
    return 2;
  delay_ns = strtoull (argv[3], NULL, 10) * 1000;
  loss = atoi (argv[4]);
  for (int i = 0; i < 2; i++) {
    ways[i].from = make_end (argv[1 + i], i + 1);
    ways[i].first = ways[i].last = 0;
    ways[i].slots = calloc (SLOTS, sizeof *ways[i].slots);
    if (!ways[i].slots)
      die ("memory");
    fds[i] = (struct pollfd){ .fd = ways[i].from, .events = POLLIN };
  }
  ways[0].to = ways[1].from;
  ways[1].to = ways[0].from;
  fds[2] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
  puts ("up");
  fflush (stdout);
  while (!(fds[2].revents & (POLLIN | POLLHUP))) {
    uint64_t a = give (&ways[0]), b = give (&ways[1]), due = a < b ? a : b, now = now_ns ();
    struct timespec wait = { 1, 0 };

    if (due != UINT64_MAX)
      wait = (struct timespec){ 0, due > now ? (long) (due - now) : 0 };
    if (ppoll (fds, 3, &wait, NULL) < 0 && errno != EINTR)
      die ("ppoll");
    for (int i = 0; i < 2; i++)
      if (fds[i].revents & POLLIN)
        take (&ways[i], delay_ns, loss, &dice);
  }
  return 0;
}
