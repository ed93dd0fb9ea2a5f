/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.c - EXPORT: history as JSON, envelopes as PGP/MIME mails or as they are, and what gpg needs to read them.
 *
 * In pages, one a turn of the loop, so that a long conversation does not hold
 * up the others.  A mail is what RFC 3156 says; its plaintext are the entries
 * as they were signed:
 *
 *   gpg --homedir HOMEDIR --pinentry-mode loopback --passphrase-fd 0 -d MAIL
 */
#include "core/export.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"
#include "core/armor.h"
#include "core/conversation.h"
#include "core/history.h"
#include "core/store/store.h"

#define PAGE 64
#define REMAINS_MAX ((size_t) 32 << 20) /* bytes of texts in one mail: an envelope has 256 at most */

enum export_format { EXPORT_MBOX, EXPORT_JSON, EXPORT_ENVELOPES };

struct export {
  struct cf_command *cmd;
  struct cf_timer timer;
  enum export_format format;
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  const struct cf_conversation *conv; /* for the length of a page */
  int64_t row;      /* the last one answered */
  uint64_t told[2]; /* sequences up to which an envelope was answered: theirs, ours */
  size_t count;     /* of this page */
  gpg_error_t err;
};

/* --- rows --- */

/* A time as a mail's From line or its Date header has it. */
static void
mail_time (int64_t utc_ms, bool from_line, char out[64])
{
  static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970 began with a Thursday */
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char *day = days + 3 * (utc_ms > 0 ? utc_ms / 86400000 % 7 : 0), *month;
  char text[CF_TIME_SIZE];

  cf_time_format (utc_ms > 0 ? utc_ms : 0, text); /* 2026-11-21T22:47:26.123Z */
  month = months + 3 * ((text[5] - '0') * 10 + text[6] - '0' - 1);
  if (from_line)
    snprintf (out, 64, "%.3s %.3s %.2s %.8s %.4s", day, month, text + 8, text + 11, text);
  else
    snprintf (out, 64, "%.3s, %.2s %.3s %.4s %.8s +0000", day, text + 8, month, text, text + 11);
}

struct remains {
  struct cf_buf text;
  gpg_error_t err;
};

static void
remains_add (struct remains *r, const char *text, size_t len)
{
  if (!r->err)
    r->err = cf_buf_add (&r->text, text, len);
}

/* What is left of a message whose envelope is gone.  Each line of it is quoted: "From " at the beginning of one would
   begin another mail, of which the peer could make what he likes. */
static bool
add_remains (void *arg, const struct cf_message_row *m)
{
  struct remains *r = arg;
  char at[CF_TIME_SIZE], *shown, *line;

  if (m->gone || !m->text_len)
    return true;
  shown = line = cf_text_display (m->text, m->text_len, true);
  if (!shown) {
    r->err = cf_err (GPG_ERR_ENOMEM);
    return false;
  }
  cf_time_format (m->sent_utc_ms, at);
  remains_add (r, at, strlen (at));
  while (line) {
    char *end = strchr (line, '\n');

    remains_add (r, "\n> ", 3);
    remains_add (r, line, end ? (size_t) (end - line) : strlen (line));
    line = end ? end + 1 : NULL;
  }
  remains_add (r, "\n\n", 2);
  cf_wipe (shown, strlen (shown));
  free (shown);
  return !r->err;
}

/* The mail of an envelope that held, among others, what is gone: one who deletes what he said takes the signatures of
   the others in it away, and must not take away what they said.  NEW as in mail_row; caller frees.  NULL: an error. */
static char *
remains_content (const struct export *x, const struct cf_envelope_row *e, uint64_t new)
{
  struct remains r = { .err = 0 };
  gpg_error_t err;
  char *content = NULL;

  cf_buf_init (&r.text, REMAINS_MAX);
  err = cf_store_message_range (x->cmd->core->store, x->conversation, e->outgoing, new, e->number, add_remains, &r);
  if (!err)
    err = r.err;
  if (!err)
    content = cf_sprintf ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                          "No longer kept as they were signed: one of these messages was deleted, or has disappeared.\n"
                          "%s\n%.*s", cf_buf_len (&r.text) ? "The others, as the history has them, not signed:\n" : "",
                          (int) cf_buf_len (&r.text), cf_buf_len (&r.text) ? (const char *) cf_buf_data (&r.text) : "");
  cf_buf_done (&r.text);
  return content;
}

/* What is in the mail of an envelope, from Content-Type on: the envelope, unless it held what is gone.  ID is that of the
   conversation; caller frees.  NULL: an error. */
static char *
mail_content (const struct export *x, const struct cf_envelope_row *e, const char *id, uint64_t new)
{
  char *armor, *content;

  if (!e->sealed_len)
    return remains_content (x, e, new);
  armor = malloc (cf_armor_size (e->sealed_len));
  if (!armor)
    return NULL;
  cf_armor (e->sealed, e->sealed_len, armor);
  content = cf_sprintf ("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"=-%s\"\n\n"
                        "--=-%s\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"
                        "--=-%s\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\n\n%s\n--=-%s--\n\n",
                        id, id, id, armor, id);
  free (armor);
  return content;
}

/* NEW is the first sequence that no mail before has: batches of a peer who crashed may overlap. */
static json_t *
mail_row (const struct export *x, const struct cf_envelope_row *e, uint64_t new)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1], own[CF_FPR_HEX_SIZE], peer[CF_FPR_HEX_SIZE], from_line[64], date[64];
  char *content, *mail = NULL;
  json_t *row = NULL;

  cf_hex (x->conversation, sizeof x->conversation, id);
  content = mail_content (x, e, id, new);
  if (!content)
    goto leave;
  cf_fpr_hex (&x->conv->own_key, own);
  cf_fpr_hex (&x->conv->peer_key, peer);
  mail_time (e->created_utc_ms, true, from_line);
  mail_time (e->created_utc_ms, false, date);
  mail = cf_sprintf ("From confab@confab.invalid %s\nFrom: %s@confab.invalid\nTo: %s@confab.invalid\nDate: %s\n"
                     "Message-ID: <%s.%llu.%s@confab.invalid>\nSubject: Confab conversation %.8s\n"
                     "X-Confab-Messages: %llu-%llu\nMIME-Version: 1.0\n%s",
                     from_line, e->outgoing ? own : peer, e->outgoing ? peer : own, date, id,
                     (unsigned long long) e->number, e->outgoing ? "out" : "in", id, (unsigned long long) new,
                     (unsigned long long) e->number, content);
  if (mail)
    row = json_pack ("{s:s}", "mail", mail);
leave:
  free (mail);
  free (content);
  return row;
}

static json_t *
envelope_row (const struct cf_envelope_row *e, uint64_t new)
{
  size_t size = sodium_base64_encoded_len (e->sealed_len, sodium_base64_VARIANT_ORIGINAL);
  char *text = malloc (size), date[CF_TIME_SIZE];
  json_t *row;

  if (!text)
    return NULL;
  sodium_bin2base64 (text, size, e->sealed, e->sealed_len, sodium_base64_VARIANT_ORIGINAL);
  row = json_pack ("{s:s, s:I, s:I, s:s, s:s?}", "direction", e->outgoing ? "out" : "in", "first",
                   (json_int_t) new, "last", (json_int_t) e->number, "created_at",
                   cf_time_format (e->created_utc_ms, date), "envelope", e->sealed_len ? text : NULL);
  free (text);
  return row;
}

static bool
export_envelope (void *arg, const struct cf_envelope_row *e)
{
  struct export *x = arg;
  uint64_t *told = &x->told[e->outgoing], new = e->first > *told ? e->first : *told + 1;
  json_t *row = x->format == EXPORT_MBOX ? mail_row (x, e, new) : envelope_row (e, new);

  *told = e->number;
  x->row = e->row;
  x->count++;
  x->err = row ? cf_command_row (x->cmd, row) : cf_err (GPG_ERR_ENOMEM);
  return !x->err;
}

static bool
export_message (void *arg, const struct cf_message_row *m)
{
  struct export *x = arg;
  json_t *row;

  x->row = m->row;
  x->count++;
  x->err = cf_message_json (x->cmd->core, x->conv, m, &row);
  if (!x->err)
    x->err = cf_command_row (x->cmd, row);
  return !x->err;
}

/* --- the command --- */

static void
export_end (struct export *x, gpg_error_t err)
{
  struct cf_command *cmd = x->cmd;

  cf_timer_cancel (cmd->core->env, &x->timer);
  cmd->state = NULL;
  cmd->cancelled = NULL;
  free (x);
  cf_command_done (cmd, err);
}

static void
export_cancelled (struct cf_command *cmd)
{
  struct export *x = cmd->state;

  cf_timer_cancel (cmd->core->env, &x->timer);
  cmd->state = NULL;
  free (x);
}

static void
export_page (void *arg)
{
  struct export *x = arg;
  struct cf_store *store = x->cmd->core->store;
  gpg_error_t err;

  x->conv = cf_conversation_find (x->cmd->core, x->conversation);
  if (!x->conv || !store) {
    export_end (x, cf_err (CF_ERR_CLOSED)); /* deleted meanwhile */
    return;
  }
  x->count = 0;
  if (x->format == EXPORT_JSON)
    err = cf_store_message_after (store, x->conversation, x->row, PAGE, export_message, x);
  else
    err = cf_store_envelope_after (store, x->conversation, x->row, PAGE, export_envelope, x);
  if (!err)
    err = x->err;
  if (err || x->count < PAGE)
    export_end (x, err);
  else
    cf_timer_after (x->cmd->core->env, &x->timer, 0);
}

/* What a person needs to read the mails with gpg alone. */
static void
export_secret (struct cf_command *cmd, const struct cf_conversation *conv)
{
  char own[CF_FPR_HEX_SIZE], peer[CF_FPR_HEX_SIZE], *passphrase = NULL, *home = NULL;
  gpg_error_t err;

  if (!conv->passphrase) {
    cf_command_say (cmd, cf_err (GPG_ERR_NO_SECKEY), CF_SAY_EXPORT_NO_KEY, NULL);
    return;
  }
  home = cf_paths_join (cmd->core->home, CF_CORE_CONVERSATION_HOME);
  err = home ? cf_secmem_new (&passphrase, 2 * CF_GPG_PASSPHRASE_LEN + 1) : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_command_row (cmd, json_pack ("{s:s, s:s, s:s, s:s}", "own_key", cf_fpr_hex (&conv->own_key, own),
                                          "peer_key", cf_fpr_hex (&conv->peer_key, peer), "homedir", home,
                                          "passphrase",
                                          cf_hex (conv->passphrase, CF_GPG_PASSPHRASE_LEN, passphrase)));
  cf_secmem_free (passphrase);
  free (home);
  cf_command_done (cmd, err);
}

void
cf_export_run (struct cf_command *cmd)
{
  const char *format = cf_command_option (cmd, "format");
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct export *x;

  if (!conv)
    return;
  if (cf_command_option (cmd, "secret")) {
    export_secret (cmd, conv);
    return;
  }
  if (format && strcmp (format, "mbox") != 0 && strcmp (format, "json") != 0 && strcmp (format, "envelopes") != 0) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_CHOICE, "--format", "mbox, json, envelopes", NULL);
    return;
  }
  x = calloc (1, sizeof *x);
  if (!x) {
    cf_command_done (cmd, cf_err_errno ());
    return;
  }
  x->cmd = cmd;
  x->format = !format || *format == 'm' ? EXPORT_MBOX : *format == 'j' ? EXPORT_JSON : EXPORT_ENVELOPES;
  memcpy (x->conversation, conv->id, sizeof x->conversation);
  cf_timer_init (&x->timer, export_page, x);
  cmd->state = x;
  cmd->cancelled = export_cancelled;
  export_page (x);
}
