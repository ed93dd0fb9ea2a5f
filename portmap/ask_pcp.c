/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask_pcp.c - asking by PCP: both protocols at once, each repeated until it is answered. */
#include <string.h>
#include <unistd.h>

#include "portmap/ask.h"
#include "portmap/socket.h"

/* RFC 6887 begins with three seconds; who asks is a person's program that has two other ways to try, and packets that
   are lost in a home are few. */
#define FIRST_MS 250
#define TRIES 4
#define END_TRIES 2

struct both {
  const struct cf_ask *ask;
  struct cf_pcp_map map[CF_ASK_PROTOCOLS];
  struct cf_pcp_answer answer[CF_ASK_PROTOCOLS];
  bool answered[CF_ASK_PROTOCOLS];
  enum cf_portmap_why why; /* what ends it; UNTRIED: nothing */
};

static void
prepare (struct both *b, const struct cf_ask *ask)
{
  static const enum cf_pcp_protocol protocols[CF_ASK_PROTOCOLS] = { CF_PCP_TCP, CF_PCP_UDP };

  memset (b, 0, sizeof *b);
  b->ask = ask;
  for (int i = 0; i < CF_ASK_PROTOCOLS; i++) {
    struct cf_pcp_map *map = &b->map[i];

    memcpy (map->nonce, ask->nonce[i], CF_PCP_NONCE_LEN);
    map->protocol = protocols[i];
    map->internal = ask->own;
    map->internal.port = ask->port;
    map->suggested = ask->last[i];
    if (!map->suggested.family)
      map->suggested = (struct cf_addr){ .family = ask->own.family, .port = ask->port };
    map->seconds = ask->seconds;
  }
}

static bool
send_open (const struct both *b, int fd)
{
  uint8_t bytes[CF_PCP_MAP_LEN];

  for (int i = 0; i < CF_ASK_PROTOCOLS; i++) {
    if (b->answered[i])
      continue;
    cf_pcp_map_encode (&b->map[i], bytes);
    if (write (fd, bytes, sizeof bytes) < 0)
      return false;
  }
  return true;
}

static void
take (struct both *b, const uint8_t *data, size_t len)
{
  struct cf_pcp_answer answer;
  gpg_error_t err = cf_pcp_decode (data, len, &answer);

  if (gpg_err_code (err) == GPG_ERR_NOT_SUPPORTED)
    b->why = CF_PORTMAP_ABSENT;
  for (int i = 0; i < CF_ASK_PROTOCOLS && !err; i++)
    if (!b->answered[i] && cf_pcp_answers (&answer, &b->map[i])) {
      b->answered[i] = true;
      b->answer[i] = answer;
    }
}

static bool
is_done (const struct both *b)
{
  return b->why || (b->answered[CF_ASK_TCP] && b->answered[CF_ASK_UDP]);
}

/* Hears answers until all have come, or MS are over. */
static void
hear (struct both *b, int fd, uint64_t ms)
{
  struct cf_env *env = b->ask->env;
  uint8_t bytes[CF_PCP_MAX + 1];
  uint64_t end_ms;

  cf_env_system_refresh (env);
  end_ms = env->now_ms + ms;
  while (!is_done (b) && env->now_ms < end_ms && !cf_ask_is_over (b->ask)) {
    if (cf_ask_wait (b->ask, fd, end_ms - env->now_ms)) {
      ssize_t n = read (fd, bytes, sizeof bytes);

      if (n < 0)
        b->why = CF_PORTMAP_ABSENT; /* the router says that nobody is there */
      else
        take (b, bytes, (size_t) n);
    }
    cf_env_system_refresh (env);
  }
}

static void
ask_both (struct both *b, int tries)
{
  int fd = cf_socket_to (&b->ask->gateway, CF_PCP_PORT);
  uint64_t ms = FIRST_MS;

  if (fd < 0) {
    b->why = CF_PORTMAP_ABSENT;
    return;
  }
  for (int i = 0; i < tries && !is_done (b) && !cf_ask_is_over (b->ask); i++, ms *= 2) {
    if (!send_open (b, fd))
      b->why = CF_PORTMAP_ABSENT;
    hear (b, fd, ms);
  }
  close (fd);
}

/* Why is that no mapping? */
static enum cf_portmap_why
judge (const struct both *b, int i)
{
  if (b->why || !b->answered[i])
    return b->why ? b->why : CF_PORTMAP_SILENT;
  if (b->answer[i].result == CF_PCP_VERSION || b->answer[i].result == CF_PCP_NO_OPCODE)
    return CF_PORTMAP_ABSENT;
  return b->answer[i].result ? CF_PORTMAP_REFUSED : CF_PORTMAP_INSIDE;
}

bool
cf_ask_pcp (const struct cf_ask *ask, struct cf_portmap_answer *answer)
{
  struct cf_addr *outs[CF_ASK_PROTOCOLS] = { &answer->tcp, &answer->udp };
  bool any = false;
  struct both b;

  prepare (&b, ask);
  ask_both (&b, TRIES);
  answer->seconds = ask->seconds;
  for (int i = 0; i < CF_ASK_PROTOCOLS; i++) {
    if (!b.answered[i] || b.answer[i].result || !b.answer[i].seconds || !b.answer[i].external.port
        || !cf_ask_is_outside (ask, &b.answer[i].external))
      continue;
    *outs[i] = b.answer[i].external;
    any = true;
    if (b.answer[i].seconds < answer->seconds)
      answer->seconds = b.answer[i].seconds;
  }
  if (any)
    return true;
  answer->why[CF_PORTMAP_PCP] = judge (&b, b.answered[CF_ASK_TCP] ? CF_ASK_TCP : CF_ASK_UDP);
  if (answer->why[CF_PORTMAP_PCP] == CF_PORTMAP_INSIDE)
    cf_end_pcp (ask);
  return false;
}

void
cf_end_pcp (const struct cf_ask *ask)
{
  struct cf_ask end = *ask;
  struct both b;

  end.seconds = 0;
  prepare (&b, &end);
  ask_both (&b, END_TRIES);
}
