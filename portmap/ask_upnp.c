/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask_upnp.c - asking by UPnP (an "Internet Gateway Device"), as libminiupnpc does: found by multicast, described by XML
 * that the router serves, told by SOAP.
 *
 * Anybody on the network may answer the multicast, and a description may name any host: only the gateway's counts, and
 * socket.c lets nothing else be connected to.  What is served is bounded by the memory and the time of this process
 * (confine.c).
 */
#include <arpa/inet.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <stdio.h>
#include <string.h>

#include "portmap/ask.h"

#define FIND_MS 1500
#define CONFLICT 718       /* the port is another host's */
#define ONLY_PERMANENT 725 /* it keeps no time */
#define OTHER_PORTS 3      /* that are tried when ours is another's */
#define FIRST_PORT 1024

/* What was mapped where, to be taken away. */
static struct {
  char control[MINIUPNPC_URL_MAXSIZE * 2], service[MINIUPNPC_URL_MAXSIZE];
  uint16_t outside[CF_ASK_PROTOCOLS]; /* 0: not */
} mapped;

static const char *const protocols[CF_ASK_PROTOCOLS] = { "TCP", "UDP" };

/* "http://" HOST and then a port or a path: where the gateway serves. */
static bool
is_at (const char *url, const struct cf_addr *gateway)
{
  char start[8 + INET_ADDRSTRLEN], host[INET_ADDRSTRLEN];
  size_t len;

  if (!url || !inet_ntop (AF_INET, gateway->bytes, host, sizeof host))
    return false;
  len = (size_t) snprintf (start, sizeof start, "http://%s", host);
  return !strncmp (url, start, len) && (url[len] == ':' || url[len] == '/');
}

/* The control address of the gateway, into MAPPED. */
static enum cf_portmap_why
describe (const struct cf_ask *ask, const char *url)
{
  struct UPNPUrls urls = { 0 };
  struct IGDdatas data;
  char own[INET_ADDRSTRLEN + 48];
  enum cf_portmap_why why = CF_PORTMAP_WRONG;

  memset (&data, 0, sizeof data);
  if (UPNP_GetIGDFromUrl (url, &urls, &data, own, sizeof own) != 1)
    return CF_PORTMAP_WRONG;
  if (is_at (urls.controlURL, &ask->gateway) && strlen (urls.controlURL) < sizeof mapped.control
      && !strncmp (data.first.servicetype, "urn:schemas-upnp-org:service:WAN", 32)
      && memchr (data.first.servicetype, 0, sizeof data.first.servicetype)) {
    strcpy (mapped.control, urls.controlURL);
    snprintf (mapped.service, sizeof mapped.service, "%s", data.first.servicetype);
    why = CF_PORTMAP_UNTRIED;
  }
  FreeUPNPUrls (&urls);
  return why;
}

/* ABSENT: nobody there answers for the gateway. */
static enum cf_portmap_why
find (const struct cf_ask *ask)
{
  static const char *const types[] = { "urn:schemas-upnp-org:device:InternetGatewayDevice:1", NULL };
  enum cf_portmap_why why = CF_PORTMAP_ABSENT;
  char own[INET_ADDRSTRLEN];
  struct UPNPDev *all;
  int code = 0;

  if (!inet_ntop (AF_INET, ask->own.bytes, own, sizeof own))
    return CF_PORTMAP_ABSENT;
  all = upnpDiscoverDevices (types, FIND_MS, own, "", UPNP_LOCAL_PORT_ANY, 0, 2, &code, 0);
  for (const struct UPNPDev *dev = all; dev && why && !cf_ask_is_over (ask); dev = dev->pNext)
    if (is_at (dev->descURL, &ask->gateway))
      why = describe (ask, dev->descURL);
  if (all)
    freeUPNPDevlist (all);
  return why;
}

/* The outside's host; port 0. */
static enum cf_portmap_why
outside_of (const struct cf_ask *ask, struct cf_addr *r_host)
{
  struct cf_addr host = { .family = 4 };
  char text[64] = "";
  int code = UPNP_GetExternalIPAddress (mapped.control, mapped.service, text);

  if (code)
    return code > 0 ? CF_PORTMAP_REFUSED : CF_PORTMAP_WRONG;
  text[sizeof text - 1] = 0;
  if (inet_pton (AF_INET, text, host.bytes) != 1)
    return CF_PORTMAP_WRONG;
  if (!cf_ask_is_outside (ask, &host))
    return CF_PORTMAP_INSIDE;
  *r_host = host;
  return CF_PORTMAP_UNTRIED;
}

/* The port OUTSIDE of protocol I.  Returns what the router says: 0, a code of UPnP, below 0: nothing sensible. */
static int
add (const struct cf_ask *ask, int i, uint16_t outside)
{
  char outside_text[8], inside[8], seconds[16], own[INET_ADDRSTRLEN];
  int code;

  if (!inet_ntop (AF_INET, ask->own.bytes, own, sizeof own))
    return UPNPCOMMAND_INVALID_ARGS;
  snprintf (outside_text, sizeof outside_text, "%u", outside);
  snprintf (inside, sizeof inside, "%u", ask->port);
  snprintf (seconds, sizeof seconds, "%lu", (unsigned long) ask->seconds);
  /* Everybody on the network may read a router's list: the library's own name stands there, not ours. */
  code = UPNP_AddPortMapping (mapped.control, mapped.service, outside_text, inside, own, NULL, protocols[i], NULL, seconds);
  if (code == ONLY_PERMANENT)
    code = UPNP_AddPortMapping (mapped.control, mapped.service, outside_text, inside, own, NULL, protocols[i], NULL, "0");
  return code;
}

static enum cf_portmap_why
map_one (const struct cf_ask *ask, int i, const struct cf_addr *host, struct cf_addr *out)
{
  struct cf_addr outside = *host;
  int code;

  outside.port = ask->last[i].family ? ask->last[i].port : ask->port;
  code = add (ask, i, outside.port);
  for (int n = 0; code == CONFLICT && n < OTHER_PORTS && !cf_ask_is_over (ask); n++) {
    outside.port = (uint16_t) (FIRST_PORT + cf_env_random_below (ask->env, 65536 - FIRST_PORT));
    code = add (ask, i, outside.port);
  }
  if (code)
    return code > 0 ? CF_PORTMAP_REFUSED : CF_PORTMAP_WRONG;
  mapped.outside[i] = outside.port;
  *out = outside;
  return CF_PORTMAP_UNTRIED;
}

bool
cf_ask_upnp (const struct cf_ask *ask, struct cf_portmap_answer *answer)
{
  enum cf_portmap_why *why = &answer->why[CF_PORTMAP_UPNP];
  struct cf_addr host;
  bool any = false;

  memset (&mapped, 0, sizeof mapped);
  answer->seconds = ask->seconds;
  *why = find (ask);
  if (!*why)
    *why = outside_of (ask, &host);
  if (*why)
    return false;
  for (int i = 0; i < CF_ASK_PROTOCOLS && !cf_ask_is_over (ask); i++) {
    enum cf_portmap_why one = map_one (ask, i, &host, i == CF_ASK_TCP ? &answer->tcp : &answer->udp);

    any = any || !one;
    *why = one ? one : *why;
  }
  return any;
}

void
cf_end_upnp (const struct cf_ask *ask)
{
  char outside[8];

  (void) ask;
  for (int i = 0; i < CF_ASK_PROTOCOLS; i++)
    if (mapped.outside[i]) {
      snprintf (outside, sizeof outside, "%u", mapped.outside[i]);
      (void) UPNP_DeletePortMapping (mapped.control, mapped.service, outside, protocols[i], NULL);
      mapped.outside[i] = 0;
    }
}
