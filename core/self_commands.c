/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_commands.c - commands about ourselves: identity, address, settings, events, the end. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/command.h"
#include "core/event.h"
#include "core/nodes.h"
#include "core/peer.h"
#include "core/said.h"
#include "core/self.h"
#include "core/settings.h"
#include "core/store/files.h"
#include "core/store/salvage.h"
#include "core/visibility.h"
#include "core/status.h"

/* ---- INIT, UNLOCK ---- */

static gpg_error_t
row_identity (struct cf_command *cmd)
{
  const struct cf_self *self = cmd->core->self;
  char hex[CF_FPR_HEX_SIZE], *address = cf_self_address (self);
  json_t *row = NULL;

  if (address)
    row = json_pack ("{s:s, s:s, s:s}", "fingerprint", cf_fpr_hex (&self->fpr, hex), "user_id", self->user_id, "address",
                     address);
  free (address);
  return cf_command_row (cmd, row);
}

static void
on_ready (void *arg, gpg_error_t err)
{
  struct cf_command *cmd = arg;

  if (!err)
    err = row_identity (cmd);
  cf_command_done (cmd, err);
}

static void
stop_waiting (struct cf_command *cmd)
{
  cf_core_forget (cmd->core, cmd);
}

static void
run_init (struct cf_command *cmd)
{
  const char *identity = cf_command_option (cmd, "identity"), *generate = cf_command_option (cmd, "generate");
  struct cf_fpr fpr;
  gpg_error_t err;

  if (!identity == !generate) {
    cf_command_say (cmd, cf_err (identity ? GPG_ERR_INV_ARG : GPG_ERR_AMBIGUOUS),
                    identity ? CF_SAY_IDENTITY_BOTH : CF_SAY_IDENTITY_WHICH, NULL);
    return;
  }
  if (identity && cf_fpr_parse (identity, &fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_FINGERPRINT, identity, NULL);
    return;
  }
  cmd->cancelled = stop_waiting;
  err = cf_self_init (cmd->core, identity ? &fpr : NULL, generate, on_ready, cmd);
  if (gpg_err_code (err) == GPG_ERR_EEXIST)
    cf_command_say (cmd, err, CF_SAY_IDENTITY_EXISTS, NULL);
  else if (err)
    cf_command_done (cmd, err);
}

static void
run_unlock (struct cf_command *cmd)
{
  cmd->cancelled = stop_waiting;
  cf_core_unlock (cmd->core, on_ready, cmd);
}

/* ---- SALVAGE ---- */

static gpg_error_t
row_salvaged (struct cf_command *cmd, const struct cf_salvaged *salvaged)
{
  char *saved = cf_store_saved_path (cmd->core->home, salvaged->saved_utc_ms);
  json_t *tables = json_array (), *row = NULL;

  for (size_t i = 0; i < salvaged->count; i++) {
    const struct cf_salvaged_table *t = &salvaged->tables[i];

    json_array_append_new (tables, json_pack ("{s:s, s:I, s:b}", "table", t->name, "rows", (json_int_t) t->rows, "damaged",
                                              (int) t->damaged));
  }
  if (saved && json_array_size (tables) == salvaged->count)
    row = json_pack ("{s:s, s:I, s:I, s:O}", "saved", saved, "missing", (json_int_t) salvaged->missing, "ended",
                     (json_int_t) salvaged->ended, "tables", tables);
  json_decref (tables);
  free (saved);
  return cf_command_row (cmd, row);
}

static void
run_salvage (struct cf_command *cmd)
{
  struct cf_core *core = cmd->core;
  gpg_error_t err = 0;

  if (cf_command_option (cmd, "result"))
    err = core->salvaged ? row_salvaged (cmd, core->salvaged) : 0;
  else
    err = core->state == CF_CORE_EMPTY ? cf_err (CF_ERR_NO_IDENTITY) : cf_store_salvage_ask (core->home);
  cf_command_done (cmd, err);
}

/* ---- IDENTITIES ---- */

static json_t *
key_json (const struct cf_key_info *key)
{
  char hex[CF_FPR_HEX_SIZE], expires[CF_TIME_SIZE];
  const char *id = key->user_id ? key->user_id : "";
  char *user_id = cf_text_display (id, strlen (id), false);
  json_t *row = NULL;

  if (user_id)
    row = json_pack ("{s:s, s:s, s:s, s:s?, s:s, s:b, s:b}", "fingerprint", cf_fpr_hex (&key->fpr, hex), "user_id",
                     user_id, "algorithm", key->algorithm ? key->algorithm : "", "expires_at",
                     key->expires_utc_ms ? cf_time_format (key->expires_utc_ms, expires) : NULL, "key_state",
                     cf_key_state_name (key->state), "on_card", (int) key->on_card, "usable",
                     (int) (key->state == CF_KEY_OK && key->can_sign));
  free (user_id);
  return row;
}

static void
on_identities (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count)
{
  struct cf_command *cmd = arg;

  for (size_t i = 0; !err && i < count; i++)
    err = cf_command_row (cmd, key_json (&keys[i]));
  cf_command_done (cmd, err);
}

static void
cancel_job (struct cf_command *cmd)
{
  cf_gpg_cancel (cmd->core->gpg, cmd->state);
}

static void
run_identities (struct cf_command *cmd)
{
  struct cf_gpg_job *job = NULL;
  gpg_error_t err;

  cmd->cancelled = cancel_job;
  err = cf_gpg_secret_keys (cmd->core->gpg, on_identities, cmd, &job);
  cmd->state = job;
  if (err)
    cf_command_done (cmd, err);
}

/* ---- STATUS, ADDRESS, STOP ---- */

static void
run_status (struct cf_command *cmd)
{
  struct cf_peer *peer;

  if (!cmd->argc && cf_command_option (cmd, "watch"))
    cf_command_say (cmd, cf_err (GPG_ERR_SYNTAX), CF_SAY_ARGUMENTS_FEW, "STATUS", "STATUS [[--watch] PEER]", NULL);
  else if (!cmd->argc)
    cf_command_done (cmd, cf_command_row (cmd, cf_status_json (cmd->core)));
  else if (cf_command_is_ready (cmd)) {
    peer = cf_peer_resolve (cmd, cmd->argv[0]);
    if (peer && cf_command_option (cmd, "watch"))
      cf_status_watch (cmd, peer);
    else if (peer)
      cf_command_done (cmd, cf_command_row (cmd, cf_status_peer_json (cmd->core, peer)));
  }
}

static void
run_address (struct cf_command *cmd)
{
  gpg_error_t err = cf_command_option (cmd, "renew") ? cf_self_renew_address (cmd->core->self) : 0;

  cf_command_done (cmd, err ? err : row_identity (cmd));
}

static void
stop_waiting_to_revoke (struct cf_command *cmd)
{
  if (cmd->core->self)
    cf_self_revoke_forget (cmd->core->self);
}

static void
run_revoke (struct cf_command *cmd)
{
  gpg_error_t err = cf_self_revoke_devices (cmd->core->self, on_ready, cmd);

  if (gpg_err_code (err) == GPG_ERR_TOO_YOUNG)
    cf_command_say (cmd, err, CF_SAY_CLOCK_BEHIND, NULL);
  else if (err)
    cf_command_done (cmd, err);
  else
    cmd->cancelled = stop_waiting_to_revoke;
}

static void
run_stop (struct cf_command *cmd)
{
  struct cf_core *core = cmd->core;

  cf_command_done (cmd, 0); /* CMD is gone */
  cf_core_stop (core);
}

/* ---- CONFIG, VISIBILITY ---- */

static gpg_error_t
row_setting (struct cf_command *cmd, const struct cf_setting_def *def)
{
  char *value = cf_setting (cmd->core, def->key);
  struct cf_said meaning;
  json_t *row = NULL;

  cf_said_make (&meaning, def->meaning, NULL);
  if (value && meaning.message)
    row = json_pack ("{s:s, s:s, s:s, s:s}", "key", def->key, "value", value, "default", def->value, "meaning",
                     meaning.message);
  if (row)
    cf_said_set (&meaning, row, "code", "args");
  cf_said_done (&meaning);
  free (value);
  return cf_command_row (cmd, row);
}

/* Of many nodes the one that is wrong is named. */
static void
refuse_setting (struct cf_command *cmd, const struct cf_setting_def *def, const char *value)
{
  gpg_error_t err = cf_err (GPG_ERR_INV_VALUE);
  char node[CF_NODE_NAME_SIZE], most[24];

  if (def->fits != cf_nodes_fits)
    cf_command_say_hint (cmd, err, cf_phrase (def->meaning)->message, CF_SAY_SETTING_VALUE, value, def->key, NULL);
  else if (cf_nodes_wrong (value, node))
    cf_command_say (cmd, err, CF_SAY_SETTING_NODE, node, NULL);
  else {
    snprintf (most, sizeof most, "%d", CF_NODES_MAX);
    cf_command_say (cmd, err, CF_SAY_SETTING_NODES, most, NULL);
  }
}

static void
set_setting (struct cf_command *cmd, const struct cf_setting_def *def, const char *value)
{
  gpg_error_t err = cf_setting_set (cmd->core, def, value);

  if (gpg_err_code (err) == GPG_ERR_INV_VALUE) {
    refuse_setting (cmd, def, value);
    return;
  }
  if (!err)
    err = row_setting (cmd, def);
  cf_command_done (cmd, err);
}

static void
run_config (struct cf_command *cmd)
{
  const struct cf_setting_def *def = cmd->argc ? cf_setting_find (cmd->argv[0]) : NULL;
  gpg_error_t err = 0;

  if (cmd->argc && !def) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_SETTING_UNKNOWN, cmd->argv[0], NULL);
    return;
  }
  if (cmd->argc == 2) {
    set_setting (cmd, def, cmd->argv[1]);
    return;
  }
  if (def)
    err = row_setting (cmd, def);
  else
    for (def = cf_settings; !err && def->key; def++)
      err = row_setting (cmd, def);
  cf_command_done (cmd, err);
}

static void
run_visibility (struct cf_command *cmd)
{
  enum cf_visibility visibility;
  int64_t for_ms = 0;
  gpg_error_t err = 0;

  if (!cf_command_duration (cmd, "for", CF_VISIBILITY_FOR_MAX_MS, &for_ms))
    return;
  if (!cmd->argc && for_ms) {
    cf_command_say (cmd, cf_err (GPG_ERR_MISSING_VALUE), CF_SAY_VISIBILITY_WHICH, NULL);
    return;
  }
  if (cmd->argc) {
    if (!cf_visibility_parse (cmd->argv[0], &visibility)) {
      cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_VISIBILITY, cmd->argv[0], NULL);
      return;
    }
    err = cf_visibility_set (cmd->core, visibility, for_ms);
  }
  if (!err)
    err = cf_command_row (cmd, cf_visibility_json (cmd->core));
  cf_command_done (cmd, err);
}

/* ---- EVENTS ---- */

static void
on_event (void *arg, json_t *event)
{
  struct cf_command *cmd = arg;
  struct cf_event_listener *listener = cmd->state;
  struct cf_core *core = cmd->core;
  gpg_error_t err = cf_command_row (cmd, json_deep_copy (event));

  if (!err)
    return;
  /* The client reads too slowly, or there is no memory: it comes back with its cursor. */
  cf_event_unlisten (core, listener);
  cf_command_done (cmd, err);
}

static void
stop_listening (struct cf_command *cmd)
{
  cf_event_unlisten (cmd->core, cmd->state);
}

static void
run_events (struct cf_command *cmd)
{
  const char *text = cf_command_option (cmd, "since");
  struct cf_event_listener *listener;
  uint64_t since = UINT64_MAX;
  gpg_error_t err;

  if (cmd->argc)
    text = cmd->argv[0];
  if (text) {
    if (!*text || strlen (text) > 18 || strspn (text, "0123456789") != strlen (text)) {
      cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_CURSOR, text, NULL);
      return;
    }
    since = strtoull (text, NULL, 10);
  }
  err = cf_event_listen (cmd->core, since, on_event, cmd, &listener);
  if (err) {
    cf_command_done (cmd, err);
    return;
  }
  cmd->state = listener;
  cmd->cancelled = stop_listening;
}

const struct cf_command_def cf_self_commands[] = {
  { "INIT", "INIT --identity=FPR | --generate=USERID",
    "Choose the identity, or make one, and begin.  Row: fingerprint, user_id, address.", "identity generate",
    0, 0, false, run_init, 0 },
  { "IDENTITIES", "IDENTITIES",
    "The secret keys of the user's keyring.  Rows: fingerprint, user_id, algorithm, expires_at (or null), key_state,\n"
    "on_card, usable.",
    "", 0, 0, false, run_identities, 0 },
  { "STATUS", "STATUS [[--watch] PEER]",
    "How things stand.  Row: version, state, fingerprint, user_id, name, address, listen, nodes, visibility,\n"
    "visibility_until, peers, conversations, cursor, refused: an object of counts by reason, counters, network: a list of\n"
    "{step, ok, detail, hint, code, args}, of which the first that is not ok is the one to mend.\n"
    "Of PEER: fingerprint, user_id, name, online, route, next_try_at (or null), detail, hint, code, args: how it is reached\n"
    "or why not; network: the ways, best first, a list of {step: lan, ipv6, direct, mapping, punching, relay, mailbox; state: used,\n"
    "trying, failed, waiting (not tried yet), none (there is nothing to try), spare (a better one is used); ok, tried, at\n"
    "(or null), detail, hint, code, args, tries: a list of {addr, carrier: tcp, udp; state: trying, failed, connected,\n"
    "given_up; at, error (or null)}}.  With --watch, again whenever it is another.",
    "watch", 0, 1, false, run_status, 0 },
  { "UNLOCK", "UNLOCK",
    "Open the store with the identity's key; pinentry may ask.  Row: fingerprint, user_id, address.", "", 0,
    0, false, run_unlock, 0 },
  { "SALVAGE", "SALVAGE [--result]",
    "A damaged store: what can still be read of it is put into a new one when it is unlocked next (STOP, then UNLOCK).\n"
    "With --result what became of that, if it was this daemon: a row of saved (where the damaged one lies), missing (how many\n"
    "messages), ended (how many conversations cannot go on), tables: a list of table, rows, damaged (some were lost).",
    "result", 0, 0, false, run_salvage, 0 },
  { "ADDRESS", "ADDRESS [--renew]",
    "What to give people who want to find us.  With --renew, strangers who have only an address from before are not let\n"
    "in any more while we are not visible to everyone; contacts are.  Row: fingerprint, user_id, address.",
    "renew", 0, 0, true, run_address, 0 },
  { "REVOKE-DEVICES", "REVOKE-DEVICES",
    "Void all device keys of the identity up to now, of this installation and of others, for whoever hears of it from this\n"
    "one; it has a new one at once.  Pinentry may ask.  Addresses given out before lead nowhere any more.\n"
    "Row: fingerprint, user_id, address.",
    "", 0, 0, true, run_revoke, 0 },
  { "CONFIG", "CONFIG [KEY [VALUE]]", "Settings.  Rows: key, value, default, meaning, code, args.", "", 0, 2, true, run_config, 0 },
  { "VISIBILITY", "VISIBILITY [--for=DURATION] [everyone|contacts|nobody]",
    "Who on the local network sees us; for a while, then as it was chosen for good last.  Row: visibility, until (or\n"
    "null), unrecognised (contacts who cannot see us when only contacts may: no conversation with them was opened by\n"
    "password).",
    "for", 0, 1, true, run_visibility, 0 },
  { "EVENTS", "EVENTS [--since=CURSOR | CURSOR]",
    "Rows as things happen, until the client goes: event, at, cursor, and the event's own fields.  With a cursor, first\n"
    "all that came after it; 0: all that is kept (the last 100,000).  gap (since, cursor) comes first when there are\n"
    "some that cannot be told any more, or the cursor is none of this store's: ask for the state anew.  Not kept are\n"
    "those of the moment: typing, draft, setting, network, peer_seen, peer_gone (a row of PEERS); contact (that of\n"
    "CONTACTS, whenever it is another than before; removed: no more); link (fingerprint, user_id, name, online, route:\n"
    "a contact, or the other side of a conversation, can be reached from now on, or no longer).",
    "since", 0, 1, false, run_events, 0 },
  { "STOP", "STOP", "End the daemon.", "", 0, 0, false, run_stop, 0 },
  { NULL, NULL, NULL, NULL, 0, 0, false, NULL, 0 },
};
