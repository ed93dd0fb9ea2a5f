/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask_natpmp.c - asking by NAT-PMP, as libnatpmp does: the outside first, then a port of each protocol. */
#include <natpmp.h>
#include <string.h>

#include "portmap/ask.h"

#define ASK_MS 2000 /* each question; the library would go on for a minute */
#define END_MS 250

static const int protocols[CF_ASK_PROTOCOLS] = { NATPMP_PROTOCOL_TCP, NATPMP_PROTOCOL_UDP };
static const int answers[CF_ASK_PROTOCOLS] = { NATPMP_RESPTYPE_TCPPORTMAPPING, NATPMP_RESPTYPE_UDPPORTMAPPING };

static enum cf_portmap_why
why_of (int code)
{
  switch (code) {
  case NATPMP_TRYAGAIN:
    return CF_PORTMAP_SILENT;
  case NATPMP_ERR_NOTAUTHORIZED:
  case NATPMP_ERR_NETWORKFAILURE:
  case NATPMP_ERR_OUTOFRESOURCES:
    return CF_PORTMAP_REFUSED;
  case NATPMP_ERR_UNDEFINEDERROR:
  case NATPMP_ERR_WRONGPACKETSOURCE:
    return CF_PORTMAP_WRONG;
  default: /* nobody listens, or only to other versions */
    return CF_PORTMAP_ABSENT;
  }
}

/* The answer of TYPE to what was asked (SENT, below 0: it was not), within MS. */
static enum cf_portmap_why
hear (const struct cf_ask *ask, natpmp_t *lib, int sent, int type, uint64_t ms, natpmpresp_t *r_answer)
{
  struct cf_env *env = ask->env;
  int code = sent < 0 ? sent : NATPMP_TRYAGAIN;
  uint64_t end_ms;

  cf_env_system_refresh (env);
  end_ms = env->now_ms + ms;
  while (code == NATPMP_TRYAGAIN && env->now_ms < end_ms && !cf_ask_is_over (ask)) {
    struct timeval left = { 0, 0 };
    uint64_t wait_ms = end_ms - env->now_ms;

    if (!getnatpmprequesttimeout (lib, &left) && left.tv_sec < (long) ms / 1000)
      wait_ms = left.tv_sec < 0 ? 1 : (uint64_t) left.tv_sec * 1000 + (uint64_t) left.tv_usec / 1000 + 1;
    (void) cf_ask_wait (ask, lib->s, wait_ms < end_ms - env->now_ms ? wait_ms : end_ms - env->now_ms);
    code = readnatpmpresponseorretry (lib, r_answer); /* also repeats the question */
    cf_env_system_refresh (env);
  }
  if (code)
    return why_of (code);
  return r_answer->type == type ? CF_PORTMAP_UNTRIED : CF_PORTMAP_WRONG;
}

static bool
begin (const struct cf_ask *ask, natpmp_t *lib)
{
  in_addr_t gateway;

  memcpy (&gateway, ask->gateway.bytes, sizeof gateway);
  return !initnatpmp (lib, 1, gateway);
}

/* One port; its outside is at HOST, a public address. */
static enum cf_portmap_why
map_one (const struct cf_ask *ask, natpmp_t *lib, int i, const struct cf_addr *host, struct cf_portmap_answer *answer)
{
  uint16_t wanted = ask->last[i].family ? ask->last[i].port : ask->port;
  int sent = sendnewportmappingrequest (lib, protocols[i], ask->port, wanted, ask->seconds);
  struct cf_addr outside = *host;
  natpmpresp_t got;
  enum cf_portmap_why why = hear (ask, lib, sent, answers[i], ASK_MS, &got);

  if (why)
    return why;
  outside.port = got.pnu.newportmapping.mappedpublicport;
  if (got.pnu.newportmapping.privateport != ask->port || !got.pnu.newportmapping.lifetime || !outside.port)
    return CF_PORTMAP_WRONG;
  *(i == CF_ASK_TCP ? &answer->tcp : &answer->udp) = outside;
  if (got.pnu.newportmapping.lifetime < answer->seconds)
    answer->seconds = got.pnu.newportmapping.lifetime;
  return CF_PORTMAP_UNTRIED;
}

bool
cf_ask_nat_pmp (const struct cf_ask *ask, struct cf_portmap_answer *answer)
{
  struct cf_addr host = { .family = 4 };
  enum cf_portmap_why *why = &answer->why[CF_PORTMAP_NAT_PMP];
  natpmpresp_t got;
  natpmp_t lib;
  bool any = false;

  *why = CF_PORTMAP_ABSENT;
  if (!begin (ask, &lib))
    return false;
  answer->seconds = ask->seconds;
  *why = hear (ask, &lib, sendpublicaddressrequest (&lib), NATPMP_RESPTYPE_PUBLICADDRESS, ASK_MS, &got);
  if (!*why) {
    memcpy (host.bytes, &got.pnu.publicaddress.addr, 4);
    if (!cf_ask_is_outside (ask, &host))
      *why = CF_PORTMAP_INSIDE;
  }
  if (!*why)
    for (int i = 0; i < CF_ASK_PROTOCOLS; i++) {
      enum cf_portmap_why one = map_one (ask, &lib, i, &host, answer);

      any = any || !one;
      *why = one ? one : *why;
    }
  closenatpmp (&lib);
  return any;
}

void
cf_end_nat_pmp (const struct cf_ask *ask)
{
  struct cf_ask end = *ask;
  natpmpresp_t got;
  natpmp_t lib;

  end.seconds = 0;
  if (!begin (&end, &lib))
    return;
  for (int i = 0; i < CF_ASK_PROTOCOLS; i++)
    (void) hear (&end, &lib, sendnewportmappingrequest (&lib, protocols[i], ask->port, 0, 0), answers[i], END_MS, &got);
  closenatpmp (&lib);
}
