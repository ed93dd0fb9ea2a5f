/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hostile_flood.c - many streams and datagrams, from many addresses.
 *
 * Streams come from addresses that this host really has (a local route for
 * their subnet is enough); datagrams may have any source, over a raw socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hostile_peer.h"

#define HELD_MAX 16000
#define AT_ONCE 64       /* dials under way: fewer than the other end's backlog, so that none waits for a second try */
#define DIAL_MS 4000
#define BEACON_KEY_AT 10 /* where a beacon has its device key, and then a fingerprint of version 4 */
#define BEACON_FPR_AT 43

static int held[HELD_MAX];
static size_t held_count;

int64_t
hostile_now_ms (void)
{
  struct timespec ts;

  if (clock_gettime (CLOCK_MONOTONIC, &ts))
    abort ();
  return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static socklen_t
parse (const char *addr, const char *port, struct sockaddr_storage *r_sa)
{
  struct sockaddr_in *in = (struct sockaddr_in *) r_sa;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) r_sa;

  memset (r_sa, 0, sizeof *r_sa);
  if (inet_pton (AF_INET, addr, &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    in->sin_port = htons ((uint16_t) atoi (port));
    return sizeof *in;
  }
  if (inet_pton (AF_INET6, addr, &in6->sin6_addr) != 1)
    abort ();
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons ((uint16_t) atoi (port));
  return sizeof *in6;
}

int
hostile_socket (int type, const char *addr, const char *source)
{
  struct sockaddr_storage sa;
  socklen_t len = parse (source ? source : addr, "0", &sa);
  int one = 1;
  int fd = socket (sa.ss_family, type | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  if (setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one)
      || (source && bind (fd, (struct sockaddr *) &sa, len))) {
    close (fd);
    return -1;
  }
  return fd;
}

int
hostile_connect (int fd, const char *addr, const char *port)
{
  struct sockaddr_storage sa;
  socklen_t len = parse (addr, port, &sa);

  return connect (fd, (struct sockaddr *) &sa, len);
}

static size_t
unhex (const char *word, uint8_t *out, size_t size)
{
  size_t len = 0;

  if (word && strcmp (word, "-") && sodium_hex2bin (out, size, word, strlen (word), NULL, &len, NULL))
    abort ();
  return len;
}

/* The address I after BASE (IPv4). */
static const char *
address_after (const char *base, unsigned long i)
{
  static char text[INET_ADDRSTRLEN];
  struct in_addr a;

  if (inet_pton (AF_INET, base, &a) != 1)
    abort ();
  a.s_addr = htonl (ntohl (a.s_addr) + (uint32_t) i);
  return inet_ntop (AF_INET, &a, text, sizeof text) ? text : "";
}

static int
begin_stream (char **words, const char *source)
{
  int fd = hostile_socket (SOCK_STREAM, words[1], source);

  if (fd < 0 || fcntl (fd, F_SETFL, O_NONBLOCK) || (hostile_connect (fd, words[1], words[2]) && errno != EINPROGRESS)) {
    if (fd >= 0)
      close (fd);
    return -1;
  }
  return fd;
}

/* Until the stream is there (true), and BYTES were said on it. */
static bool
end_stream (int fd, const uint8_t *bytes, size_t len)
{
  struct pollfd p = { .fd = fd, .events = POLLOUT };
  int error = 0;
  socklen_t size = sizeof error;

  return poll (&p, 1, DIAL_MS) > 0 && !getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error
         && (!len || send (fd, bytes, len, MSG_NOSIGNAL) == (ssize_t) len);
}

/* streams ADDR PORT COUNT SOURCE SOURCES [HEX]: held from now on; how many came to be, how many did not */
void
hostile_streams (char **words)
{
  unsigned long count = strtoul (words[3], NULL, 10), sources = strtoul (words[5], NULL, 10), made = 0, failed = 0;
  uint8_t bytes[256];
  size_t len = unhex (words[6], bytes, sizeof bytes);

  for (unsigned long i = 0; i < count;) {
    int fds[AT_ONCE];
    int n = 0;

    for (; n < AT_ONCE && i < count; i++, n++)
      fds[n] = begin_stream (words, address_after (words[4], i % sources));
    for (int k = 0; k < n; k++)
      if (fds[k] >= 0 && held_count < HELD_MAX && end_stream (fds[k], bytes, len)) {
        held[held_count++] = fds[k];
        made++;
      } else {
        failed++;
        if (fds[k] >= 0)
          close (fds[k]);
      }
  }
  printf ("ok %lu %lu\n", made, failed);
}

/* alive: of those that are held, how many the other end has not closed; how many bytes it has said */
void
hostile_alive (char **words)
{
  unsigned long alive = 0, said = 0;
  uint8_t byte[4096];

  (void) words;
  for (size_t i = 0; i < held_count; i++)
    for (;;) {
      ssize_t n = recv (held[i], byte, sizeof byte, MSG_DONTWAIT);

      if (n > 0) {
        said += (unsigned long) n;
        continue;
      }
      alive += n < 0 && errno == EAGAIN;
      break;
    }
  printf ("ok %lu %lu\n", alive, said);
}

void
hostile_drop (char **words)
{
  (void) words;
  while (held_count)
    close (held[--held_count]);
  puts ("ok");
}

/* ask ADDR PORT COUNT HEX [MS [SOURCE]]: datagrams under an address of ours; how many answers, their bytes, the longest */
void
hostile_ask (char **words)
{
  unsigned long answers = 0, total = 0, longest = 0;
  int count = atoi (words[3]), wait_ms = words[5] ? atoi (words[5]) : 500;
  int fd = hostile_socket (SOCK_DGRAM, words[1], words[5] ? words[6] : NULL);
  struct sockaddr_storage sa;
  socklen_t sa_len = parse (words[1], words[2], &sa);
  uint8_t bytes[4096], answer[4096];
  struct pollfd p = { .fd = fd, .events = POLLIN };
  int64_t until;
  size_t len;

  if (fd < 0) {
    printf ("err %s\n", strerror (errno));
    return;
  }
  len = unhex (words[4], bytes, sizeof bytes);
  for (int i = 0; i < count; i++)
    if (sendto (fd, bytes, len, 0, (struct sockaddr *) &sa, sa_len) < 0)
      break;
  for (until = hostile_now_ms () + wait_ms; hostile_now_ms () < until && poll (&p, 1, (int) (until - hostile_now_ms ())) > 0;) {
    ssize_t n = recv (fd, answer, sizeof answer, MSG_DONTWAIT);

    if (n <= 0)
      continue;
    answers++;
    total += (unsigned long) n;
    if ((unsigned long) n > longest)
      longest = (unsigned long) n;
  }
  close (fd);
  printf ("ok %lu %lu %lu\n", answers, total, longest);
}

static uint16_t
checksum (const void *data, size_t len)
{
  const uint8_t *p = data;
  uint32_t sum = 0;

  for (size_t i = 0; i + 1 < len; i += 2)
    sum += (uint32_t) (p[i] << 8 | p[i + 1]);
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return htons ((uint16_t) ~sum);
}

/* beacons ADDR PORT COUNT SOURCE SOURCES HEX [PER-SECOND]: the beacon HEX, each time with another device key and
   fingerprint, from SOURCES addresses one after the other, whoever they are */
void
hostile_beacons (char **words)
{
  unsigned long count = strtoul (words[3], NULL, 10), sources = strtoul (words[5], NULL, 10), sent = 0;
  long rate = words[7] ? atol (words[7]) : 5000;
  struct { struct iphdr ip; struct udphdr udp; uint8_t data[512]; } packet = { 0 };
  struct sockaddr_storage sa;
  socklen_t sa_len = parse (words[1], words[2], &sa);
  int fd = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  int one = 1;
  size_t len;

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one)) {
    printf ("err %s\n", strerror (errno));
    return;
  }
  len = unhex (words[6], packet.data, sizeof packet.data);
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  packet.ip.tot_len = htons ((uint16_t) (sizeof packet.ip + sizeof packet.udp + len));
  packet.ip.daddr = ((struct sockaddr_in *) &sa)->sin_addr.s_addr;
  packet.udp.source = htons (40000);
  packet.udp.dest = htons ((uint16_t) atoi (words[2]));
  packet.udp.len = htons ((uint16_t) (sizeof packet.udp + len)); /* its checksum may be left out */
  for (unsigned long i = 0; i < count; i++) {
    struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

    if (i && i % ((unsigned long) rate / 100 + 1) == 0)
      nanosleep (&pause, NULL);
    if (inet_pton (AF_INET, address_after (words[4], i % sources), &packet.ip.saddr) != 1)
      abort ();
    randombytes_buf (packet.data + BEACON_KEY_AT, 32);
    randombytes_buf (packet.data + BEACON_FPR_AT, 20);
    packet.ip.check = 0;
    packet.ip.check = checksum (&packet.ip, sizeof packet.ip);
    sent += sendto (fd, &packet, sizeof packet.ip + sizeof packet.udp + len, 0, (struct sockaddr *) &sa, sa_len) > 0;
  }
  close (fd);
  printf ("ok %lu\n", sent);
}
