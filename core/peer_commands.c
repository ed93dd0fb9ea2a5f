/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_commands.c - PEERS, CONTACTS, ADD and REMOVE. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "core/address.h"
#include "core/conversation.h"
#include "core/json.h"
#include "core/link.h"
#include "core/nodes.h"
#include "core/peer_file.h"
#include "core/peers.h"
#include "core/self.h"
#include "core/status.h"
#include "core/store/store_peer.h"

#define ROW_ADDRS_MAX 32

/* --- rows --- */

/* How likely an address is of use to somebody who reads it: 0 best. */
static int
addr_rank (const struct cf_addr *addr)
{
  if (addr->family == 4)
    return 0;
  return cf_addr_is_link_local6 (addr) ? 2 : 1;
}

/* The devices, seen last first. */
static size_t
devices_by_age (const struct cf_peer *peer, const struct cf_peer_device *sorted[CF_PEER_DEVICES_MAX])
{
  size_t count = 0;

  for (size_t n = 0; n < peer->device_count && n < CF_PEER_DEVICES_MAX; n++) {
    size_t at = count++;

    for (; at && sorted[at - 1]->seen_ms < peer->devices[n].seen_ms; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = &peer->devices[n];
  }
  return count;
}

/* How PEER was found: by what is known of the address that he was heard at last. */
static const char *
source_of (const struct cf_core *core, const struct cf_peer *peer)
{
  const struct cf_peer_device *last = NULL;

  if (peer->by_node)
    return "rendezvous";
  for (size_t i = 0; i < peer->device_count; i++)
    if (peer->devices[i].addr_count && (!last || peer->devices[i].seen_ms > last->seen_ms))
      last = &peer->devices[i];
  if (last && cf_peer_file_has (core->peers->file, &last->addrs[0]))
    return "file";
  return !last || !core->net->ops->is_near || core->net->ops->is_near (core->net, &last->addrs[0]) ? "lan" : "exchange";
}

/* IPv4, then global IPv6, then link-local IPv6; among those of a kind, devices seen last come first. */
static json_t *
json_addrs (const struct cf_peer *peer)
{
  const struct cf_peer_device *sorted[CF_PEER_DEVICES_MAX];
  size_t count = devices_by_age (peer, sorted);
  json_t *list = json_array ();
  char text[CF_ADDR_TEXT_SIZE];

  for (int rank = 0; rank <= 2; rank++)
    for (size_t n = 0; n < count; n++)
      for (size_t i = 0; i < sorted[n]->addr_count; i++) {
        const struct cf_addr *addr = &sorted[n]->addrs[i];

        if (addr_rank (addr) == rank && json_array_size (list) < ROW_ADDRS_MAX)
          json_array_append_new (list, json_string (cf_addr_format (addr, text)));
      }
  return list;
}

static void
row_set (json_t *row, const char *key, json_t *value)
{
  json_object_set_new (row, key, value ? value : json_null ());
}

json_t *
cf_peer_json (struct cf_core *core, const struct cf_peer *peer)
{
  char hex[CF_FPR_HEX_SIZE];
  char *warning = cf_peer_warning (core, peer);
  json_t *row = json_object ();

  if (!row) {
    free (warning);
    return NULL;
  }
  row_set (row, "fingerprint", json_string (cf_fpr_hex (&peer->fpr, hex)));
  row_set (row, "user_id", cf_json_text (peer->user_id));
  row_set (row, "name", cf_json_text (peer->name));
  row_set (row, "addr", json_addrs (peer));
  row_set (row, "source", json_string (source_of (core, peer)));
  row_set (row, "last_seen", cf_json_time (peer->last_seen_utc_ms));
  row_set (row, "contact", json_boolean (peer->contact));
  row_set (row, "validity", json_string (cf_key_validity_name (peer->validity)));
  row_set (row, "key_state", json_string (cf_key_state_name (cf_peer_key_state (core, peer))));
  row_set (row, "expires_at", cf_json_time (peer->expires_utc_ms));
  row_set (row, "present", json_boolean (peer->present));
  row_set (row, "blocked", json_boolean (peer->blocked));
  row_set (row, "warning", cf_json_text (warning));
  row_set (row, "looks_like", warning ? json_string (cf_fpr_hex (&peer->lookalike, hex)) : NULL);
  free (warning);
  return row;
}

json_t *
cf_contact_json (struct cf_core *core, const struct cf_peer *peer)
{
  json_t *row = cf_peer_json (core, peer), *verified = NULL;

  if (!row)
    return NULL;
  if (peer->verified_how) {
    verified = json_object ();
    if (verified) {
      row_set (verified, "how", json_string (peer->verified_how));
      row_set (verified, "when", cf_json_time (peer->verified_utc_ms));
    }
  }
  row_set (row, "verified", verified);
  row_set (row, "online", json_boolean (peer->present || cf_link_is_up (core, &peer->fpr)));
  row_set (row, "route", cf_json_text (cf_link_route (core, &peer->fpr)));
  row_set (row, "carrier", cf_json_text (cf_link_carrier (core, &peer->fpr)));
  return row;
}

/* A row for each peer that is WANTED. */
static gpg_error_t
rows_of (struct cf_command *cmd, bool (*wanted) (const struct cf_peer *peer),
         json_t *(*row) (struct cf_core *core, const struct cf_peer *peer))
{
  gpg_error_t err = 0;
  size_t pos = 0;
  const void *key;
  void *value;

  while (!err && cf_map_next (cmd->core->peers->by_fpr, &pos, &key, &value))
    if (wanted (value))
      err = cf_command_row (cmd, row (cmd->core, value));
  return err;
}

/* --- PEERS --- */

struct cf_peer_watch {
  struct cf_peer_watch *next, **link;
  struct cf_command *cmd;
};

static void
watch_free (struct cf_peer_watch *w)
{
  *w->link = w->next;
  if (w->next)
    w->next->link = w->link;
  free (w);
}

static void
watch_cancelled (struct cf_command *cmd)
{
  watch_free (cmd->state);
}

static void
watch_end (struct cf_peer_watch *w, gpg_error_t err)
{
  struct cf_command *cmd = w->cmd;

  watch_free (w);
  cf_command_done (cmd, err);
}

void
cf_peer_watches_tell (struct cf_peers *peers, const struct cf_peer *peer)
{
  struct cf_peer_watch *next;

  for (struct cf_peer_watch *w = peers->watches; w; w = next) {
    gpg_error_t err;

    next = w->next;
    err = cf_command_row (w->cmd, cf_peer_json (peers->core, peer));
    if (err)
      watch_end (w, err); /* it does not take what we say */
  }
}

void
cf_peer_watches_free (struct cf_peers *peers)
{
  while (peers->watches)
    watch_end (peers->watches, 0);
}

static bool
is_near (const struct cf_peer *peer)
{
  return peer->present && !peer->blocked;
}

static void
run_peers (struct cf_command *cmd)
{
  gpg_error_t err = rows_of (cmd, is_near, cf_peer_json);
  struct cf_peers *peers = cmd->core->peers;
  struct cf_peer_watch *w = NULL;

  if (err || !cf_command_option (cmd, "watch")) {
    cf_command_done (cmd, err);
    return;
  }
  w = calloc (1, sizeof *w);
  if (!w) {
    cf_command_done (cmd, cf_err (GPG_ERR_ENOMEM));
    return;
  }
  w->cmd = cmd;
  w->next = peers->watches;
  w->link = &peers->watches;
  if (w->next)
    w->next->link = &w->next;
  peers->watches = w;
  cmd->state = w;
  cmd->cancelled = watch_cancelled;
}

/* --- CONTACTS --- */

static bool
is_contact (const struct cf_peer *peer)
{
  return peer->contact || peer->blocked;
}

/* How he is reached is told to who asks: an event of it would be another with every try. */
static json_t *
contact_row (struct cf_core *core, const struct cf_peer *peer)
{
  json_t *row = cf_contact_json (core, peer);

  if (row)
    row_set (row, "reach", cf_status_reach_json (core, peer));
  return row;
}

static void
run_contacts (struct cf_command *cmd)
{
  cf_command_done (cmd, rows_of (cmd, is_contact, contact_row));
}

/* --- ADD --- */

/* Make PEER a contact; what ADDRESS (NULL: there was none) has to show him is kept with it. */
static gpg_error_t
keep (struct cf_core *core, struct cf_peer *peer, const struct cf_address *address)
{
  const struct cf_address before = peer->address;
  gpg_error_t err;

  if (address && address->has_token)
    peer->address = *address;
  err = cf_peer_keep (core, peer, NULL, NULL);
  if (err)
    peer->address = before;
  else
    cf_nodes_seek (core);
  return err;
}

static void
add_finish (struct cf_command *cmd, const struct cf_fpr *fpr, const struct cf_key_info *key,
            const struct cf_address *address)
{
  gpg_error_t err;
  struct cf_peers *peers = cmd->core->peers;
  struct cf_peer *peer;

  if (cf_fpr_equal (fpr, &cmd->core->self->fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_PERSON_SELF, NULL);
    return;
  }
  err = cf_peers_get (peers, fpr, &peer);
  if (!err && key) {
    if (key->user_id && !peer->user_id)
      peer->user_id = cf_text_display (key->user_id, strlen (key->user_id), false);
    cf_peers_take_key (peers, peer, key);
  }
  if (!err && cf_command_option (cmd, "check"))
    cf_peers_compare (peers, peer); /* whom it only looks like; nothing is kept */
  else if (!err)
    err = keep (cmd->core, peer, address);
  if (!err)
    err = cf_command_row (cmd, cf_contact_json (cmd->core, peer));
  cf_command_done (cmd, err);
}

/* What waits for gpg while the client may go. */
struct add {
  struct cf_command *cmd;
  struct cf_gpg_job *job;
};

static void
add_cancelled (struct cf_command *cmd)
{
  struct add *add = cmd->state;

  cf_gpg_cancel (cmd->core->gpg, add->job);
  free (add);
}

static void
add_imported (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct add *add = arg;
  struct cf_command *cmd = add->cmd;

  free (add);
  cmd->state = NULL;
  cmd->cancelled = NULL;
  if (err)
    cf_command_done (cmd, err);
  else
    add_finish (cmd, &key->fpr, key, NULL);
}

static void
add_got_key (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  struct add *add = NULL;

  if (!err && !len)
    err = cf_err (GPG_ERR_NO_DATA);
  if (!err && !(add = calloc (1, sizeof *add)))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err) {
    add->cmd = cmd;
    err = cf_gpg_key_import_chosen (cmd->core->gpg, data, len, add_imported, add, &add->job);
  }
  if (err) {
    free (add);
    cf_command_done (cmd, err);
    return;
  }
  cmd->state = add;
  cmd->cancelled = add_cancelled;
}

/* An OpenPGP key in binary begins with a byte that no text does. */
static bool
is_key (const char *data, size_t len)
{
  static const char armor[] = "-----BEGIN PGP ";

  return ((unsigned char) data[0] & 0x80 && (unsigned char) data[0] != 0xef) || memmem (data, len, armor, sizeof armor - 1);
}

static void
add_got_file (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  json_t *row = NULL;

  if (err || !len || is_key (data, len)) {
    add_got_key (cmd, err, data, len);
    return;
  }
  err = cf_peer_file_add (cmd->core->peers->file, data, len, cf_command_option (cmd, "check") != NULL, &row);
  if (gpg_err_code (err) == GPG_ERR_NO_DATA)
    cf_command_say (cmd, cf_err (GPG_ERR_INV_DATA),
                    json_array_size (json_object_get (row, "malformed")) ? CF_SAY_NO_KEY_NO_PLACES : CF_SAY_PLACES_NONE, NULL);
  else {
    if (!err)
      err = cf_command_row (cmd, json_incref (row));
    cf_command_done (cmd, err);
  }
  json_decref (row);
}

static void
run_add (struct cf_command *cmd)
{
  gpg_error_t err;
  struct cf_address address;
  struct cf_fpr fpr;

  if (cf_command_option (cmd, "key") || cf_command_option (cmd, "file")) {
    if (cmd->argc)
      err = cf_err (GPG_ERR_SYNTAX);
    else if (cf_command_option (cmd, "key"))
      err = cf_command_inquire (cmd, "KEY", CF_GPG_BLOCK_MAX, false, add_got_key);
    else
      err = cf_command_inquire (cmd, "FILE", CF_PEERLIST_MAX, false, add_got_file);
    if (err)
      cf_command_done (cmd, err);
    return;
  }
  if (!cmd->argc) {
    cf_command_done (cmd, cf_err (GPG_ERR_SYNTAX));
    return;
  }
  if (!cf_fpr_parse (cmd->argv[0], &fpr)) {
    add_finish (cmd, &fpr, NULL, NULL);
    return;
  }
  if (strchr (cmd->argv[0], '@') && strncasecmp (cmd->argv[0], "confab:", 7)) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_SUPPORTED), CF_SAY_MAIL_LOOKUP, NULL);
    return;
  }
  err = cf_address_parse (cmd->argv[0], &address);
  if (err)
    cf_peer_fail_address (cmd, err);
  else
    add_finish (cmd, &address.fpr, NULL, &address);
}

/* --- REMOVE --- */

static bool
has_open_conversation (struct cf_core *core, const struct cf_fpr *fpr)
{
  const struct cf_conversation *c = core->conversations ? core->conversations->first : NULL;

  for (; c; c = c->next)
    if (c->state == CF_CONVERSATION_OPEN && cf_fpr_equal (&c->peer, fpr))
      return true;
  return false;
}

static void
run_remove (struct cf_command *cmd)
{
  gpg_error_t err;
  struct cf_peer *peer = cf_peer_resolve (cmd, cmd->argv[0]);

  if (!peer)
    return;
  if (!peer->contact) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_CONTACT_UNKNOWN, cmd->argv[0], NULL);
    return;
  }
  if (has_open_conversation (cmd->core, &peer->fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_CONTACT_IN_USE, NULL);
    return;
  }
  err = cf_peers_unkeep (cmd->core->peers, peer);
  cf_command_done (cmd, err);
}

/* --- BLOCK, UNBLOCK --- */

/* Whom TEXT names; one whose fingerprint is given need not be known. */
static struct cf_peer *
whom_to_block (struct cf_command *cmd, const char *text)
{
  struct cf_peer *peer;
  struct cf_fpr fpr;
  gpg_error_t err;

  if (cf_fpr_parse (text, &fpr))
    return cf_peer_resolve (cmd, text);
  if (cf_fpr_equal (&fpr, &cmd->core->self->fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_PERSON_SELF, NULL);
    return NULL;
  }
  err = cf_peers_get (cmd->core->peers, &fpr, &peer);
  if (!err)
    return peer;
  cf_command_done (cmd, err);
  return NULL;
}

static void
set_blocked (struct cf_command *cmd, struct cf_peer *peer, bool blocked)
{
  gpg_error_t err = peer->blocked == blocked ? 0 : cf_peer_set_blocked (cmd->core, peer, blocked);

  if (!err)
    err = cf_command_row (cmd, cf_contact_json (cmd->core, peer));
  cf_command_done (cmd, err);
}

static void
run_block (struct cf_command *cmd)
{
  struct cf_peer *peer = whom_to_block (cmd, cmd->argv[0]);

  if (peer)
    set_blocked (cmd, peer, true);
}

static void
run_unblock (struct cf_command *cmd)
{
  struct cf_peer *peer = cf_peer_resolve (cmd, cmd->argv[0]);

  if (peer)
    set_blocked (cmd, peer, false);
}

const struct cf_command_def cf_peer_commands[] = {
  { "PEERS", "PEERS [--watch]",
    "Who answers \"who's there\".  Rows: fingerprint, user_id, name, addr, source, last_seen, contact, validity,\n"
    "key_state, expires_at, present, blocked, warning (null, or whom this only looks like), looks_like (that contact's\n"
    "fingerprint, or null).  With --watch a row follows for every change, until the client goes.",
    "watch", 0, 0, true, run_peers, 0 },
  { "CONTACTS", "CONTACTS", "Whom you have kept, or blocked.  Rows: those of PEERS, and verified (null or how, when), online, route,\n"
    "reach: {detail, hint, code, args}, how it is reached now or why not (STATUS PEER says more).",
    "", 0, 0, true, run_contacts, 0 },
  { "ADD", "ADD [--check] (ADDRESS | --key | --file)",
    "Make a contact from an address (confab:...), a fingerprint, or with --key from an exported public key, asked for\n"
    "by INQUIRE KEY.  With --check only say who it is: no contact is made, and a key is one of a stranger.  Row: that of\n"
    "CONTACTS.  With --file, asked for by INQUIRE FILE, it may be a key or a contact file (a line HOST:PORT and a name for\n"
    "each): its addresses are added to the file \"peers\" in the home, and asked who is there.  Row: file, added, known,\n"
    "malformed (line, message, code, args).",
    "key file check", 0, 1, true, run_add, 0 },
  { "REMOVE", "REMOVE PEER", "Forget a contact; one with an open conversation stays.", "", 1, 1, true, run_remove, 0 },
  { "BLOCK", "BLOCK PEER",
    "Hear nothing from PEER any more: no tunnel, no request, no event.  Conversations with him are stopped; he sees\n"
    "somebody who is not at home.  A fingerprint need not be known yet.  Row: that of CONTACTS.",
    "", 1, 1, true, run_block, 0 },
  { "UNBLOCK", "UNBLOCK PEER", "Take a BLOCK back: conversations go on.  Row: that of CONTACTS.", "", 1, 1, true,
    run_unblock, 0 },
  { NULL, NULL, NULL, NULL, 0, 0, false, NULL, 0 },
};
