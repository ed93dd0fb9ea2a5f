/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-portmap - asks the router to let in what comes to one port: confabd starts it, and it lives as long.
 *
 * Reads wishes from fd 0 and answers there (net/portmap.h): one socket.  When confabd has gone, what was mapped is taken
 * away.  A process of its own, confined, since it reads what routers say; confabd believes it nothing but addresses.
 *
 * Exit 0: confabd has gone.  1: used otherwise than by confabd, or it says what it may not.  2: this machine has no
 * confinement, and nothing was read.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "portmap/ask.h"
#include "portmap/confine.h"
#include "portmap/gateway.h"
#include "portmap/socket.h"

#define ASKING_S 30 /* of all ways together; a router that gives its answers byte by byte does not keep us */
#define ENDING_S 2

struct portmap {
  struct cf_env env;
  struct cf_ask ask;
  bool is_mapped;
  enum cf_portmap_how how;
  int heard;          /* what routers tell everybody; -1: not heard */
  char line[CF_PORTMAP_LINE_MAX];
  size_t line_len;
};

static const struct {
  bool (*ask) (const struct cf_ask *ask, struct cf_portmap_answer *answer);
  void (*end) (const struct cf_ask *ask);
} ways[CF_PORTMAP_HOWS] = {
  [CF_PORTMAP_PCP] = { cf_ask_pcp, cf_end_pcp },
  [CF_PORTMAP_NAT_PMP] = { cf_ask_nat_pmp, cf_end_nat_pmp },
  [CF_PORTMAP_UPNP] = { cf_ask_upnp, cf_end_upnp },
};

static bool
say (const struct cf_portmap_answer *answer)
{
  char line[CF_PORTMAP_LINE_MAX];
  size_t len = strlen (cf_portmap_answer_format (answer, line));

  return write (STDIN_FILENO, line, len) == (ssize_t) len;
}

/* The router, and what it is to know of us.  What another one has mapped stays there until its time is over: it cannot
   be reached any more. */
static bool
look_around (struct portmap *p)
{
  struct cf_addr gateway, own;

  if (!cf_gateway_find (&gateway))
    return false;
  cf_socket_allow (&gateway);
  if (!cf_socket_own (&gateway, &own))
    return false;
  if (!cf_addr_equal (&gateway, &p->ask.gateway) || !cf_addr_equal (&own, &p->ask.own)) {
    p->is_mapped = false;
    memset (p->ask.last, 0, sizeof p->ask.last);
  }
  p->ask.gateway = gateway;
  p->ask.own = own;
  return true;
}

static bool
try (struct portmap *p, enum cf_portmap_how how, struct cf_portmap_answer *answer)
{
  if (cf_ask_is_over (&p->ask) || !ways[how].ask (&p->ask, answer))
    return false;
  answer->kind = CF_PORTMAP_MAPPED;
  answer->how = p->how = how;
  p->is_mapped = true;
  p->ask.last[CF_ASK_TCP] = answer->tcp;
  p->ask.last[CF_ASK_UDP] = answer->udp;
  return true;
}

/* What has worked last comes first.  Who says that the router is behind another one is right, whatever others say. */
static void
ask_all (struct portmap *p, struct cf_portmap_answer *answer)
{
  bool again = p->is_mapped;

  if (again && try (p, p->how, answer))
    return;
  p->is_mapped = false;
  for (int how = 0; how < CF_PORTMAP_HOWS; how++) {
    if (again && how == (int) p->how)
      continue;
    if (try (p, (enum cf_portmap_how) how, answer) || answer->why[how] == CF_PORTMAP_INSIDE)
      return;
  }
}

static bool
wish (struct portmap *p, uint16_t port, uint32_t seconds)
{
  struct cf_portmap_answer answer = { .kind = CF_PORTMAP_FAILED };

  if (p->is_mapped && port != p->ask.port) {
    ways[p->how].end (&p->ask);
    p->is_mapped = false;
    memset (p->ask.last, 0, sizeof p->ask.last);
  }
  p->ask.port = port;
  p->ask.seconds = seconds;
  (void) alarm (ASKING_S);
  if (look_around (p))
    ask_all (p, &answer);
  (void) alarm (0);
  return say (&answer);
}

/* Whatever has come from confabd; false: it has gone, or says what it may not. */
static bool
take_lines (struct portmap *p, bool *r_wrong)
{
  ssize_t n = read (STDIN_FILENO, p->line + p->line_len, sizeof p->line - 1 - p->line_len);
  char *end;

  if (n <= 0)
    return false;
  p->line_len += (size_t) n;
  p->line[p->line_len] = 0;
  while ((end = strchr (p->line, '\n'))) {
    uint16_t port;
    uint32_t seconds;

    *end = 0;
    *r_wrong = cf_portmap_wish_parse (p->line, &port, &seconds) != 0;
    if (*r_wrong || !wish (p, port, seconds))
      return false;
    p->line_len -= (size_t) (end + 1 - p->line);
    memmove (p->line, end + 1, p->line_len + 1);
  }
  *r_wrong = p->line_len == sizeof p->line - 1;
  return !*r_wrong;
}

/* A router that begins anew tells everybody, by PCP or NAT-PMP; confabd decides how often that is heeded. */
static bool
take_heard (struct portmap *p)
{
  const struct cf_portmap_answer changed = { .kind = CF_PORTMAP_CHANGED };
  uint8_t data[CF_PCP_MAX];
  struct cf_pcp_answer answer;
  long n = cf_socket_from (p->heard, &p->ask.gateway, data, sizeof data);

  if (n < 0 || !p->ask.port)
    return true;
  if (cf_pcp_decode (data, (size_t) n, &answer) ? n < 4 || data[0] || data[1] != 0x80 : answer.opcode != CF_PCP_ANNOUNCE)
    return true;
  return say (&changed);
}

static bool
serve (struct portmap *p)
{
  bool wrong = false;

  for (;;) {
    struct pollfd both[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = p->heard, .events = POLLIN } };

    if (poll (both, 2, -1) < 0)
      return false;
    if (both[0].revents && !take_lines (p, &wrong))
      return !wrong;
    if (both[1].revents && !take_heard (p))
      return true;
  }
}

/* Only confabd's socket: whatever else it had open is none of ours. */
static bool
is_confabd (void)
{
  int type = 0;
  socklen_t len = sizeof type;

  return !getsockopt (STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM
         && !close_range (STDERR_FILENO + 1, ~0u, 0);
}

int
main (int argc, char **argv)
{
  static struct portmap p; /* all zero */
  bool ok;

  (void) argv;
  if (argc > 1 || !is_confabd ()) {
    fputs ("confab-portmap: confabd starts this by itself\n", stderr);
    return 1;
  }
  /* Ends when its socket does, not with the terminal that confabd may have been started from. */
  signal (SIGINT, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  cf_env_system_init (&p.env, CF_LOG_ERROR);
  p.ask.env = &p.env;
  p.ask.confabd = STDIN_FILENO;
  cf_env_random (&p.env, p.ask.nonce, sizeof p.ask.nonce);
  p.heard = cf_socket_heard ();
  if (!cf_portmap_confine ())
    return 2;
  ok = serve (&p);
  (void) alarm (ENDING_S);
  if (p.is_mapped)
    ways[p.how].end (&p.ask);
  return !ok;
}
