/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket.c - see socket.h.  Without GNU's extensions, in which connect takes a union. */
#undef _GNU_SOURCE
#define _DEFAULT_SOURCE

#include "portmap/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "portmap/pcp.h"

static struct in_addr allowed; /* all zero: nobody */

void
cf_socket_allow (const struct cf_addr *gateway)
{
  memset (&allowed, 0, sizeof allowed);
  if (gateway->family == 4)
    memcpy (&allowed, gateway->bytes, 4);
}

/* --- in place of the C library's --- */

int
connect (int fd, const struct sockaddr *addr, socklen_t len)
{
  struct sockaddr_in to;

  if (addr->sa_family != AF_INET || len != sizeof to) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  memcpy (&to, addr, sizeof to);
  if (!allowed.s_addr || to.sin_addr.s_addr != allowed.s_addr) {
    errno = EPERM;
    return -1;
  }
  return (int) syscall (SYS_connect, fd, &to, sizeof to);
}

/* Numbers alone: a name would be asked for at a server that somebody else has chosen, from files that we cannot read. */
int
getaddrinfo (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **r_list)
{
  struct {
    struct addrinfo info;
    struct sockaddr_in addr;
  } *one;
  struct in_addr number;
  unsigned long port = service ? strtoul (service, NULL, 10) : 0;

  if (!host || inet_pton (AF_INET, host, &number) != 1 || !port || port > 65535)
    return EAI_NONAME;
  one = calloc (1, sizeof *one);
  if (!one)
    return EAI_MEMORY;
  one->addr.sin_family = AF_INET;
  one->addr.sin_port = htons ((uint16_t) port);
  one->addr.sin_addr = number;
  one->info.ai_family = AF_INET;
  one->info.ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM;
  one->info.ai_addrlen = sizeof one->addr;
  one->info.ai_addr = (struct sockaddr *) &one->addr;
  *r_list = &one->info;
  return 0;
}

void
freeaddrinfo (struct addrinfo *list)
{
  free (list); /* the first member of what was allocated */
}

/* --- ours --- */

static int
to_system (const struct cf_addr *addr, uint16_t port, struct sockaddr_in *r_to)
{
  memset (r_to, 0, sizeof *r_to);
  r_to->sin_family = AF_INET;
  r_to->sin_port = htons (port);
  memcpy (&r_to->sin_addr, addr->bytes, 4);
  return addr->family == 4 ? 0 : -1;
}

int
cf_socket_to (const struct cf_addr *addr, uint16_t port)
{
  struct sockaddr_in to;
  int fd;

  if (to_system (addr, port, &to))
    return -1;
  fd = socket (AF_INET, SOCK_DGRAM, 0);
  if (fd >= 0 && connect (fd, (struct sockaddr *) &to, sizeof to)) {
    close (fd);
    return -1;
  }
  return fd;
}

bool
cf_socket_own (const struct cf_addr *addr, struct cf_addr *r_own)
{
  int fd = cf_socket_to (addr, CF_PCP_PORT);
  struct sockaddr_in own;
  socklen_t len = sizeof own;
  bool ok = fd >= 0 && !getsockname (fd, (struct sockaddr *) &own, &len);

  if (fd >= 0)
    close (fd);
  memset (r_own, 0, sizeof *r_own);
  r_own->family = ok ? 4 : 0;
  if (ok)
    memcpy (r_own->bytes, &own.sin_addr, 4);
  return ok;
}

int
cf_socket_heard (void)
{
  struct sockaddr_in everybody = { .sin_family = AF_INET, .sin_port = htons (CF_PCP_HEARD_PORT) };
  int fd = socket (AF_INET, SOCK_DGRAM, 0), yes = 1;

  everybody.sin_addr.s_addr = htonl (INADDR_ALLHOSTS_GROUP); /* which every host is in */
  if (fd >= 0
      && (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes)
          || bind (fd, (struct sockaddr *) &everybody, sizeof everybody))) {
    close (fd);
    return -1;
  }
  return fd;
}

long
cf_socket_from (int fd, const struct cf_addr *gateway, void *data, size_t size)
{
  struct sockaddr_in from, wanted;
  socklen_t len = sizeof from;
  ssize_t n = recvfrom (fd, data, size, MSG_DONTWAIT, (struct sockaddr *) &from, &len);

  if (n < 0 || len != sizeof from || to_system (gateway, 0, &wanted) || from.sin_addr.s_addr != wanted.sin_addr.s_addr)
    return -1;
  return n;
}
