/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail.c - what guests ask of the mailbox: is it signed for this tunnel, may the host, is there room. */
#include "node/private.h"

#define AGAIN_S 60
#define BUSY_S 2     /* others are fetching: soon there is room */
#define FETCHES_MAX 64 /* pieces of mail that guests have not taken yet, each up to CF_MAIL_MAX */

static void
refuse (struct guest *g, enum cf_node_kind what, enum cf_refusal why, gpg_err_code_t code, uint32_t seconds)
{
  cf_refused (g->server->env, why);
  guest_refuse (g, what, code, seconds);
}

static void
deposit (struct guest *g, const struct cf_node_message *m)
{
  struct cf_node_message held = { .kind = CF_NODE_HELD };
  struct cf_mail mail;
  gpg_error_t err;

  if (!host_may (g->host, HOST_MAIL_KIB, (uint32_t) (m->mail.blob_len / 1024 + 1))) {
    refuse (g, m->kind, CF_REFUSED_MAIL_FLOOD, GPG_ERR_LIMIT_REACHED, AGAIN_S);
    return;
  }
  err = cf_mailbox_put (g->server->mailbox, m->mail.drop, m->mail.blob, m->mail.blob_len, &mail);
  if (err) { /* full, or a disk that fails */
    refuse (g, m->kind, CF_REFUSED_MAIL_FULL, gpg_err_code (err), AGAIN_S);
    return;
  }
  held.mail.number = mail.number;
  held.mail.until_utc_ms = (uint64_t) mail.until_utc_ms;
  guest_say (g, &held);
}

static void
fetch (struct guest *g, const struct cf_node_message *m)
{
  struct cf_server *s = g->server;
  struct cf_node_message answer = { .kind = CF_NODE_MAIL };
  struct cf_mail mail;
  struct cf_buf data;
  gpg_error_t err;

  if (g->is_fetching || s->fetching_count >= FETCHES_MAX) {
    refuse (g, m->kind, CF_REFUSED_MAIL_FLOOD, GPG_ERR_EAGAIN, BUSY_S);
    return;
  }
  cf_buf_init (&data, CF_MAIL_MAX);
  err = cf_mailbox_get (s->mailbox, m->mail.drop, m->mail.number, &data, &mail, &answer.mail.left);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    answer.kind = CF_NODE_EMPTY;
  else if (err) {
    cf_log (s->env, CF_LOG_ERROR, "mail cannot be read: %s", cf_err_info (err)->message);
    guest_refuse (g, m->kind, gpg_err_code (err), AGAIN_S);
  } else {
    answer.mail.number = mail.number;
    answer.mail.blob = cf_buf_data (&data);
    answer.mail.blob_len = cf_buf_len (&data);
    guest_fetches (g);
  }
  if (!err || answer.kind == CF_NODE_EMPTY)
    guest_say (g, &answer);
  cf_buf_done (&data);
}

void
mail_run (struct guest *guest, const struct cf_node_message *m)
{
  struct cf_node_message deleted = { .kind = CF_NODE_DELETED };

  guest_asks (guest);
  if (!host_may (guest->host, HOST_MAILS, 1))
    refuse (guest, m->kind, CF_REFUSED_MAIL_FLOOD, GPG_ERR_LIMIT_REACHED, AGAIN_S);
  else if (!cf_node_mail_verify (m, carrier_handshake_hash (guest)))
    refuse (guest, m->kind, CF_REFUSED_MAIL_SIGNATURE, GPG_ERR_BAD_SIGNATURE, 0);
  else if (m->kind == CF_NODE_DEPOSIT)
    deposit (guest, m);
  else if (m->kind == CF_NODE_FETCH)
    fetch (guest, m);
  else {
    cf_mailbox_delete (guest->server->mailbox, m->mail.drop, m->mail.number);
    guest_say (guest, &deleted);
  }
}
