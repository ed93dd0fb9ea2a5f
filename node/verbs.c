/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbs.c - what guests say: each message goes to whom it concerns, if this node offers that. */
#include "node/private.h"

/* The answer to what is not offered here; of a circuit, that it is closed. */
static void
not_offered (struct guest *g, const struct cf_node_message *m)
{
  struct cf_node_message closed
      = { .kind = CF_NODE_CLOSE, .circuit = { .circuit = m->dial.circuit, .code = GPG_ERR_NOT_SUPPORTED } };

  cf_refused (g->server->env, CF_REFUSED_NODE_SERVICE);
  if (m->kind == CF_NODE_DIAL)
    guest_say (g, &closed);
  else
    guest_refuse (g, m->kind, GPG_ERR_NOT_SUPPORTED, 0);
}

static bool
is_offered (const struct guest *g, const struct cf_node_message *m)
{
  uint8_t services = g->server->services;

  switch (m->kind) {
  case CF_NODE_REGISTER:
    return (m->reg.relayed && services & CF_NODE_RELAY) || (m->reg.listed && services & CF_NODE_LISTING);
  case CF_NODE_LIST:
    return services & CF_NODE_LISTING;
  case CF_NODE_DIAL:
    return services & CF_NODE_RELAY;
  case CF_NODE_DEPOSIT:
  case CF_NODE_FETCH:
  case CF_NODE_DELETE:
    return g->server->mailbox;
  default:
    return true;
  }
}

gpg_error_t
verb_run (struct guest *guest, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_node_message m;
  gpg_error_t err = cf_node_decode (channel, data, len, &m);

  if (err)
    return err;
  if (!is_offered (guest, &m)) {
    not_offered (guest, &m);
    return 0;
  }
  switch (m.kind) {
  case CF_NODE_REGISTER:
    register_guest (guest, &m);
    return 0;
  case CF_NODE_UNREGISTER:
    register_drop (guest);
    return 0;
  case CF_NODE_LIST:
    register_list (guest, m.list.from);
    return 0;
  case CF_NODE_DEPOSIT:
  case CF_NODE_FETCH:
  case CF_NODE_DELETE:
    mail_run (guest, &m);
    return 0;
  case CF_NODE_CREDIT:
    circuit_credit (guest, m.credit.circuit, m.credit.bytes);
    return 0;
  case CF_NODE_DIAL:
    return circuit_dial (guest, m.dial.circuit, m.dial.device_key);
  case CF_NODE_DATA:
    circuit_data (guest, m.circuit.circuit, m.circuit.data, m.circuit.len);
    return 0;
  case CF_NODE_CLOSE:
    circuit_close (guest, m.circuit.circuit, m.circuit.code);
    return 0;
  default: /* what only nodes say */
    return cf_err (CF_ERR_PROTOCOL);
  }
}
