/* SPDX-License-Identifier: GPL-3.0-or-later */
/* register.c - who can be reached through this node, and who is listed.
 *
 * A registration belongs to a device key: only its holder has a tunnel under
 * it.  It lasts CF_NODE_REGISTER_S.  Reachable is who has a tunnel as well;
 * listed is who wants to be, with the host that the node sees: a claimed one
 * would aim floods.
 */
#include "node/private.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX (64 * 1024)
#define AGAIN_S 60 /* who asks too often, or finds no room, may try again then */

/* The list has no holes: the last one takes the place of who goes.  Somebody who is reading it may miss an entry, or
   see it twice. */
static void
list_remove (struct registration *r)
{
  struct cf_server *s = r->server;
  struct registration *last;

  if (!r->slot)
    return;
  last = s->slots[s->listed];
  s->slots[r->slot] = last;
  last->slot = r->slot;
  s->slots[s->listed--] = NULL;
  r->slot = 0;
}

static void
list_add (struct registration *r)
{
  struct cf_server *s = r->server;

  if (r->slot)
    return;
  r->slot = ++s->listed;
  s->slots[r->slot] = r;
}

static void
set_guest (struct registration *r, struct guest *guest)
{
  if (r->guest) {
    r->guest->registration = NULL;
    r->server->reachable--;
  }
  r->guest = guest;
  r->entry.relayed = guest != NULL;
  if (guest) {
    guest->registration = r;
    r->server->reachable++;
  }
}

static void
registration_free (struct registration *r)
{
  cf_timer_cancel (r->server->env, &r->expiry);
  set_guest (r, NULL);
  list_remove (r);
  cf_map_remove (r->server->registrations, r->entry.device_key);
  r->host->registrations--;
  host_leave (r->host);
  free (r);
}

static void
expired (void *arg)
{
  registration_free (arg);
}

static gpg_error_t
registration_new (struct guest *guest, const uint8_t *device_key, struct registration **r_registration)
{
  struct cf_server *s = guest->server;
  struct registration *r;
  gpg_error_t err;

  if (guest->host->registrations >= s->limits.host_registrations)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  r = calloc (1, sizeof *r);
  if (!r)
    return cf_err (GPG_ERR_ENOMEM);
  memcpy (r->entry.device_key, device_key, CF_DEVICE_KEY_LEN);
  err = cf_map_put (s->registrations, device_key, r);
  if (!err)
    err = host_enter (s, &guest->from, &r->host);
  if (err) {
    cf_map_remove (s->registrations, device_key);
    free (r);
    return err;
  }
  r->host->registrations++;
  r->server = s;
  cf_timer_init (&r->expiry, expired, r);
  *r_registration = r;
  return 0;
}

/* What MESSAGE says takes the place of what was said before. */
static void
fill (struct registration *r, struct guest *guest, const struct cf_node_message *m)
{
  uint8_t services = r->server->services;

  set_guest (r, m->reg.relayed && services & CF_NODE_RELAY ? guest : NULL);
  r->entry.addr = guest->from;
  r->entry.addr.scope = 0;
  r->entry.addr.port = m->reg.port;
  r->entry.identity = m->reg.identity;
  memcpy (r->entry.name, m->reg.name, sizeof r->entry.name);
  if (m->reg.listed && services & CF_NODE_LISTING)
    list_add (r);
  else
    list_remove (r);
  cf_timer_after (r->server->env, &r->expiry, CF_NODE_REGISTER_S * 1000);
}

void
register_guest (struct guest *guest, const struct cf_node_message *message)
{
  struct cf_server *s = guest->server;
  const uint8_t *device_key = carrier_remote_key (guest);
  struct cf_node_message answer = { .kind = CF_NODE_REGISTERED, .registered = { CF_NODE_REGISTER_S } };
  struct registration *r = cf_map_get (s->registrations, device_key);
  gpg_error_t err = 0;

  if (!host_may (guest->host, HOST_REGISTERS, 1)) {
    cf_refused (s->env, CF_REFUSED_NODE_FLOOD);
    guest_refuse (guest, CF_NODE_REGISTER, GPG_ERR_LIMIT_REACHED, AGAIN_S);
    return;
  }
  if (!r)
    err = registration_new (guest, device_key, &r);
  if (err) {
    cf_refused (s->env, CF_REFUSED_NODE_FULL);
    guest_refuse (guest, CF_NODE_REGISTER, GPG_ERR_RESOURCE_LIMIT, AGAIN_S);
    return;
  }
  fill (r, guest, message);
  guest_say (guest, &answer);
}

void
register_drop (struct guest *guest)
{
  struct registration *r = cf_map_get (guest->server->registrations, carrier_remote_key (guest));

  if (r)
    registration_free (r);
}

void
register_leave (struct guest *guest)
{
  struct registration *r = guest->registration;

  if (!r)
    return;
  set_guest (r, NULL);
  if (!r->slot)
    registration_free (r);
}

struct registration *
register_find (struct cf_server *server, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  return cf_map_get (server->registrations, device_key);
}

void
register_list (struct guest *guest, uint32_t from)
{
  struct cf_server *s = guest->server;
  struct cf_node_message answer = { .kind = CF_NODE_LISTED };
  struct cf_buf page;
  struct cf_wr wr;
  uint32_t at = from ? from : 1;

  if (!host_may (guest->host, HOST_LISTS, 1)) {
    cf_refused (s->env, CF_REFUSED_NODE_FLOOD);
    guest_refuse (guest, CF_NODE_LIST, GPG_ERR_LIMIT_REACHED, AGAIN_S);
    return;
  }
  cf_buf_init (&page, PAGE_MAX);
  cf_wr_init (&wr, &page);
  for (; at <= s->listed && answer.listed.count < CF_NODE_LIST_MAX; at++, answer.listed.count++)
    cf_node_entry_write (&wr, &s->slots[at]->entry);
  answer.listed.next = at <= s->listed ? at : 0;
  answer.listed.entries = cf_buf_data (&page);
  answer.listed.entries_len = cf_buf_len (&page);
  if (cf_wr_finish (&wr))
    guest_refuse (guest, CF_NODE_LIST, GPG_ERR_ENOMEM, AGAIN_S);
  else
    guest_say (guest, &answer);
  cf_buf_done (&page);
}

void
register_free_all (struct cf_server *server)
{
  size_t pos = 0;
  const void *key;
  void *r;

  while (cf_map_next (server->registrations, &pos, &key, &r))
    registration_free (r);
}
