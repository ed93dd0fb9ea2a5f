/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entry.c - entries and the plaintext of envelopes, bytes in, bytes out.
 *
 *   Message-ID: 32 hexadecimal digits
 *   Conversation: 32 hexadecimal digits
 *   To: FINGERPRINT, FINGERPRINT
 *   Sequence: 7
 *   Date: 2026-11-21T22:47:26.123Z
 *   Previous: 64 hexadecimal digits
 *   In-Reply-To: 32 hexadecimal digits        (replies; always of edit, delete, reaction, file-end)
 *   Kind: text
 *   Last-Sequences: 6 4                       (close, timer)
 *   Expires: 3600                             (timer; of text and file what disappears)
 *   X-Anything: skipped                       (never built)
 *   Content-Type: text/plain; charset=utf-8
 *   Content-Length: 5
 *
 *   Hello
 *   (an empty line)
 *
 * Order, case and spaces are fixed.  After the last entry comes
 * "Padding: 0000123", an empty line and that many spaces.
 */
#include "core/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/file/offer.h"

#define CONTENT_TYPE "text/plain; charset=utf-8"
#define PADDING_HEADER "Padding: "
#define PADDING_DIGITS 7
#define PADDING_LEN (sizeof PADDING_HEADER - 1 + PADDING_DIGITS + 2)
#define PADDING_CLASS_MIN 512u
#define PADDING_DOUBLING_MAX 4096u

/* --- building --- */

static const char *const kind_names[] = {
  [CF_ENTRY_TEXT] = "text",         [CF_ENTRY_CLOSE] = "close",       [CF_ENTRY_EDIT] = "edit",
  [CF_ENTRY_DELETE] = "delete",     [CF_ENTRY_REACTION] = "reaction", [CF_ENTRY_TIMER] = "timer",
  [CF_ENTRY_FILE] = "file",         [CF_ENTRY_FILE_END] = "file-end",
};

const char *
cf_entry_kind_name (enum cf_entry_kind kind)
{
  return kind < CF_ENTRY_OTHER ? kind_names[kind] : "";
}

enum cf_entry_kind
cf_entry_kind_named (const char *name)
{
  int kind = CF_ENTRY_TEXT;

  while (kind < CF_ENTRY_OTHER && strcmp (name, kind_names[kind]) != 0)
    kind++;
  return (enum cf_entry_kind) kind;
}

bool
cf_entry_changes (enum cf_entry_kind kind)
{
  return kind == CF_ENTRY_EDIT || kind == CF_ENTRY_DELETE || kind == CF_ENTRY_REACTION;
}

bool
cf_entry_is_shown (enum cf_entry_kind kind)
{
  return kind != CF_ENTRY_CLOSE && kind != CF_ENTRY_FILE_END && !cf_entry_changes (kind);
}

bool
cf_entry_may_expire (enum cf_entry_kind kind)
{
  return kind == CF_ENTRY_TEXT || kind == CF_ENTRY_FILE;
}

static const char *
kind_text (const struct cf_entry *e)
{
  return e->kind == CF_ENTRY_OTHER ? e->kind_name : cf_entry_kind_name (e->kind);
}

/* A kind is a lower-case word, so that it can stand in a line and be shown. */
static bool
kind_is_valid (const char *name, size_t len)
{
  size_t i;

  if (len == 0 || len > CF_ENTRY_KIND_MAX)
    return false;
  for (i = 0; i < len; i++)
    if ((name[i] < 'a' || name[i] > 'z') && name[i] != '-')
      return false;
  return true;
}

/* Entries that say where their author stood. */
static bool
has_last (enum cf_entry_kind kind)
{
  return kind == CF_ENTRY_CLOSE || kind == CF_ENTRY_TIMER;
}

/* A mark, not words: no control characters, no spaces.  (What Unicode has more of, is taken out when it is shown: its
   tables change, and what is well-formed must not.) */
static bool
body_is_mark (const struct cf_entry *e)
{
  size_t i;

  for (i = 0; i < e->body_len; i++)
    if ((unsigned char) e->body[i] <= 0x20 || e->body[i] == 0x7f)
      return false;
  return e->body_len <= CF_REACTION_MAX;
}

static bool
body_is_offer (const struct cf_entry *e)
{
  struct cf_file_offer offer;
  bool is = !cf_file_offer_parse (e->body, e->body_len, &offer);

  cf_wipe (&offer, sizeof offer);
  return is;
}

static bool
body_is_end (const struct cf_entry *e)
{
  uint8_t root[CF_HASH_LEN];
  uint64_t size;

  return !cf_file_end_parse (e->body, e->body_len, root, &size);
}

/* What holds for the kinds, each for itself. */
static bool
kind_fits (const struct cf_entry *e)
{
  if (has_last (e->kind) && (e->last_own != e->sequence - 1 || e->last_peer > CF_SEQUENCE_MAX || e->is_reply))
    return false;
  if (e->lifetime_s > (cf_entry_may_expire (e->kind) || e->kind == CF_ENTRY_TIMER ? CF_LIFETIME_MAX_S : 0))
    return false;
  switch (e->kind) {
  case CF_ENTRY_TEXT: return e->body_len > 0;
  case CF_ENTRY_CLOSE:
  case CF_ENTRY_TIMER: return e->body_len == 0;
  case CF_ENTRY_EDIT: return e->is_reply && e->body_len > 0;
  case CF_ENTRY_DELETE: return e->is_reply && e->body_len == 0;
  case CF_ENTRY_REACTION: return e->is_reply && body_is_mark (e);
  case CF_ENTRY_FILE: return !e->is_reply && body_is_offer (e);
  case CF_ENTRY_FILE_END: return e->is_reply && body_is_end (e);
  case CF_ENTRY_OTHER: break;
  }
  return true;
}

/* What holds for the values of an entry, whether it is to be built or was parsed. */
static bool
entry_is_valid (const struct cf_entry *e)
{
  static const uint8_t zeroes[CF_HASH_LEN];
  size_t i;

  for (i = 0; i < CF_ENTRY_TO_MAX; i++)
    if (cf_fpr_is_none (&e->to[i]))
      return false;
  if (e->sequence == 0 || e->sequence > CF_SEQUENCE_MAX || e->body_len > CF_TEXT_MAX)
    return false;
  if (e->sequence == 1 && memcmp (e->previous, zeroes, sizeof zeroes) != 0)
    return false;
  if (!kind_fits (e))
    return false;
  return cf_text_is_utf8 (e->body_len ? e->body : "", e->body_len);
}

static gpg_error_t
add_text (struct cf_buf *out, const char *text)
{
  return cf_buf_add (out, text, strlen (text));
}

/* The headers whose values are digits of one kind or another. */
static char *
format_headers (const struct cf_entry *e)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];
  char reply[2 * CF_MESSAGE_ID_LEN + 1], previous[2 * CF_HASH_LEN + 1];
  char to0[CF_FPR_HEX_SIZE], to1[CF_FPR_HEX_SIZE], date[CF_TIME_SIZE];
  char last[64] = "", expires[32] = "";

  if (e->kind == CF_ENTRY_TIMER || e->lifetime_s)
    snprintf (expires, sizeof expires, "Expires: %u\n", (unsigned) e->lifetime_s);
  if (has_last (e->kind))
    snprintf (last, sizeof last, "Last-Sequences: %llu %llu\n", (unsigned long long) e->last_own,
              (unsigned long long) e->last_peer);
  return cf_sprintf ("Message-ID: %s\nConversation: %s\nTo: %s, %s\nSequence: %llu\nDate: %s\nPrevious: %s\n"
                     "%s%s%sKind: %s\n%s%sContent-Type: " CONTENT_TYPE "\nContent-Length: %zu\n\n",
                     cf_hex (e->message_id, sizeof e->message_id, id),
                     cf_hex (e->conversation, sizeof e->conversation, conversation), cf_fpr_hex (&e->to[0], to0),
                     cf_fpr_hex (&e->to[1], to1), (unsigned long long) e->sequence,
                     cf_time_format (e->date_utc_ms, date), cf_hex (e->previous, sizeof e->previous, previous),
                     e->is_reply ? "In-Reply-To: " : "",
                     e->is_reply ? cf_hex (e->in_reply_to, sizeof e->in_reply_to, reply) : "",
                     e->is_reply ? "\n" : "", kind_text (e), last, expires, e->body_len);
}

gpg_error_t
cf_entry_build (const struct cf_entry *e, struct cf_buf *out)
{
  gpg_error_t err;
  char *headers = NULL, date[CF_TIME_SIZE];
  int64_t back;

  if (!entry_is_valid (e) || !kind_is_valid (kind_text (e), strlen (kind_text (e))) || cf_entry_kind_named (kind_text (e)) != e->kind)
    return cf_err (GPG_ERR_INV_VALUE);
  if (cf_time_parse (cf_time_format (e->date_utc_ms, date), &back) || back != e->date_utc_ms)
    return cf_err (GPG_ERR_INV_VALUE);
  headers = format_headers (e);
  if (!headers)
    return cf_err (GPG_ERR_ENOMEM);
  err = add_text (out, headers);
  if (!err && e->body_len)
    err = cf_buf_add (out, e->body, e->body_len);
  if (!err)
    err = add_text (out, "\n\n");
  free (headers);
  return err;
}

/* --- parsing --- */

/* A cursor over lines that latches its first error. */
struct scan {
  const char *p;
  size_t left;
  bool bad;
};

/* The next line without its LF; printable ASCII only, bounded. */
static bool
take_line (struct scan *s, const char **r_line, size_t *r_len)
{
  size_t i;

  for (i = 0; !s->bad && i < s->left && i <= CF_ENTRY_LINE_MAX; i++) {
    unsigned char c = (unsigned char) s->p[i];

    if (c == '\n') {
      *r_line = s->p;
      *r_len = i;
      s->p += i + 1;
      s->left -= i + 1;
      return true;
    }
    if (c < 0x20 || c > 0x7e)
      break;
  }
  s->bad = true;
  *r_line = "";
  *r_len = 0;
  return false;
}

/* Does the next line begin with NAME ": "? */
static bool
next_is (const struct scan *s, const char *name)
{
  size_t len = strlen (name);

  return !s->bad && s->left >= len + 2 && memcmp (s->p, name, len) == 0 && s->p[len] == ':' && s->p[len + 1] == ' ';
}

/* The value of the header NAME, which must come next, as a string in OUT. */
static void
take_header (struct scan *s, const char *name, char out[CF_ENTRY_LINE_MAX + 1])
{
  const char *line;
  size_t len, skip = strlen (name) + 2;

  out[0] = 0;
  if (!next_is (s, name)) {
    s->bad = true;
    return;
  }
  if (!take_line (s, &line, &len))
    return;
  memcpy (out, line + skip, len - skip);
  out[len - skip] = 0;
}

/* Lower-case hexadecimal of exactly LEN bytes. */
static void
take_hex (struct scan *s, const char *name, void *out, size_t len)
{
  char value[CF_ENTRY_LINE_MAX + 1], again[2 * CF_HASH_LEN + 1];

  take_header (s, name, value);
  if (s->bad || cf_unhex (value, out, len) || strcmp (value, cf_hex (out, len, again)) != 0)
    s->bad = true;
}

/* A number up to MAX, from *P to STOP. */
static uint64_t
parse_number (struct scan *s, const char **p, char stop, uint64_t max)
{
  uint64_t v = 0;

  if (cf_text_number (p, *p + strlen (*p), max, &v) || **p != stop)
    s->bad = true;
  return v;
}

static uint64_t
take_number (struct scan *s, const char *name, uint64_t max)
{
  char value[CF_ENTRY_LINE_MAX + 1];
  const char *p = value;

  take_header (s, name, value);
  return s->bad ? 0 : parse_number (s, &p, 0, max);
}

static void
take_to (struct scan *s, struct cf_fpr to[CF_ENTRY_TO_MAX])
{
  char value[CF_ENTRY_LINE_MAX + 1], again[2 * CF_FPR_HEX_SIZE + 2], one[CF_FPR_HEX_SIZE], two[CF_FPR_HEX_SIZE];
  char *comma;

  take_header (s, "To", value);
  comma = strchr (value, ',');
  if (s->bad || !comma || comma[1] != ' ') {
    s->bad = true;
    return;
  }
  *comma = 0;
  if (cf_fpr_parse (value, &to[0]) || cf_fpr_parse (comma + 2, &to[1])) {
    s->bad = true;
    return;
  }
  *comma = ',';
  snprintf (again, sizeof again, "%s, %s", cf_fpr_hex (&to[0], one), cf_fpr_hex (&to[1], two));
  if (strcmp (value, again) != 0)
    s->bad = true;
}

static void
take_date (struct scan *s, int64_t *r_utc_ms)
{
  char value[CF_ENTRY_LINE_MAX + 1], again[CF_TIME_SIZE];

  take_header (s, "Date", value);
  if (s->bad || cf_time_parse (value, r_utc_ms) || strcmp (value, cf_time_format (*r_utc_ms, again)) != 0)
    s->bad = true;
}

static void
take_kind (struct scan *s, struct cf_entry *e)
{
  char value[CF_ENTRY_LINE_MAX + 1];

  take_header (s, "Kind", value);
  if (s->bad || !kind_is_valid (value, strlen (value))) {
    s->bad = true;
    return;
  }
  strcpy (e->kind_name, value); /* kind_is_valid bounds it */
  e->kind = cf_entry_kind_named (value);
}

static void
take_last (struct scan *s, struct cf_entry *e)
{
  char value[CF_ENTRY_LINE_MAX + 1];
  const char *p = value;

  take_header (s, "Last-Sequences", value);
  if (s->bad)
    return;
  e->last_own = parse_number (s, &p, ' ', CF_SEQUENCE_MAX);
  if (s->bad)
    return;
  p++;
  e->last_peer = parse_number (s, &p, 0, CF_SEQUENCE_MAX);
}

/* What stays does not say so: there is one form of each thing. */
static void
take_expires (struct scan *s, struct cf_entry *e)
{
  e->lifetime_s = (uint32_t) take_number (s, "Expires", CF_LIFETIME_MAX_S);
  if (cf_entry_may_expire (e->kind) && !e->lifetime_s)
    s->bad = true;
}

/* Headers that a later version may have added. */
static void
skip_extra (struct scan *s)
{
  const char *line;
  size_t len;
  int count = 0;

  while (!s->bad && s->left >= 2 && memcmp (s->p, "X-", 2) == 0)
    if (!take_line (s, &line, &len) || ++count > CF_ENTRY_EXTRA_MAX)
      s->bad = true;
}

static void
take_body (struct scan *s, struct cf_entry *e)
{
  char value[CF_ENTRY_LINE_MAX + 1];
  const char *line;
  size_t len;

  take_header (s, "Content-Type", value);
  if (s->bad || strcmp (value, CONTENT_TYPE) != 0)
    s->bad = true;
  e->body_len = (size_t) take_number (s, "Content-Length", CF_TEXT_MAX);
  if (!take_line (s, &line, &len) || len != 0 || s->left < e->body_len + 2) {
    s->bad = true;
    return;
  }
  e->body = s->p;
  if (s->p[e->body_len] != '\n' || s->p[e->body_len + 1] != '\n')
    s->bad = true;
  s->p += e->body_len + 2;
  s->left -= e->body_len + 2;
}

gpg_error_t
cf_entry_parse (const void *data, size_t len, struct cf_entry *r_entry, size_t *r_used)
{
  struct scan s = { data, len, false };
  struct cf_entry e;

  memset (&e, 0, sizeof e);
  take_hex (&s, "Message-ID", e.message_id, sizeof e.message_id);
  take_hex (&s, "Conversation", e.conversation, sizeof e.conversation);
  take_to (&s, e.to);
  e.sequence = take_number (&s, "Sequence", CF_SEQUENCE_MAX);
  take_date (&s, &e.date_utc_ms);
  take_hex (&s, "Previous", e.previous, sizeof e.previous);
  if (next_is (&s, "In-Reply-To")) {
    e.is_reply = true;
    take_hex (&s, "In-Reply-To", e.in_reply_to, sizeof e.in_reply_to);
  }
  take_kind (&s, &e);
  if (!s.bad && has_last (e.kind))
    take_last (&s, &e);
  if (e.kind == CF_ENTRY_TIMER || (cf_entry_may_expire (e.kind) && next_is (&s, "Expires")))
    take_expires (&s, &e);
  skip_extra (&s);
  take_body (&s, &e);
  if (s.bad || !entry_is_valid (&e))
    return cf_err (CF_ERR_PROTOCOL);
  *r_entry = e;
  *r_used = len - s.left;
  return 0;
}

void
cf_entry_hash (const void *data, size_t len, uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "entry");
  cf_hash_add (&h, data, len);
  cf_hash_final (&h, out);
}

/* --- envelopes --- */

/* Doubling up to 4 KiB; beyond, steps of an eighth of the power of two below: at most 12.5 % of waste, while
   the length tells little more than the order of magnitude. */
size_t
cf_envelope_padded_len (size_t len)
{
  size_t want = len + PADDING_LEN, top, step;

  for (top = PADDING_CLASS_MIN; top < want && top < PADDING_DOUBLING_MAX;)
    top *= 2;
  if (top >= want)
    return top;
  while (top <= want / 2)
    top *= 2;
  step = top / 8;
  return (want + step - 1) / step * step;
}

gpg_error_t
cf_envelope_pad (struct cf_buf *plain)
{
  gpg_error_t err;
  char header[64];
  uint8_t *space = NULL;
  size_t total = cf_envelope_padded_len (cf_buf_len (plain));
  size_t spaces = total - cf_buf_len (plain) - PADDING_LEN;

  if (total > CF_ENVELOPE_PLAIN_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  snprintf (header, sizeof header, PADDING_HEADER "%0*zu\n\n", PADDING_DIGITS, spaces);
  err = add_text (plain, header);
  if (!err && spaces)
    err = cf_buf_reserve (plain, spaces, &space);
  if (!err && spaces) {
    memset (space, ' ', spaces);
    cf_buf_commit (plain, spaces);
  }
  return err;
}

/* Is DATA, LEN bytes, exactly the padding of ENTRIES_LEN bytes of entries? */
static bool
padding_is_right (const char *data, size_t len, size_t entries_len)
{
  char header[64];
  size_t i;

  if (len < PADDING_LEN || entries_len + len != cf_envelope_padded_len (entries_len))
    return false;
  snprintf (header, sizeof header, PADDING_HEADER "%0*zu\n\n", PADDING_DIGITS, len - PADDING_LEN);
  if (memcmp (data, header, PADDING_LEN) != 0)
    return false;
  for (i = PADDING_LEN; i < len; i++)
    if (data[i] != ' ')
      return false;
  return true;
}

gpg_error_t
cf_envelope_check (const void *plain, size_t len, size_t *r_count, size_t *r_entries_len)
{
  const char *p = plain;
  size_t pos = 0, used, count = 0;
  struct cf_entry e;

  if (len > CF_ENVELOPE_PLAIN_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  while (len - pos >= sizeof PADDING_HEADER - 1 && memcmp (p + pos, PADDING_HEADER, sizeof PADDING_HEADER - 1) != 0) {
    if (count == CF_ENVELOPE_ENTRIES_MAX || cf_entry_parse (p + pos, len - pos, &e, &used))
      return cf_err (CF_ERR_PROTOCOL);
    pos += used;
    count++;
  }
  if (count == 0 || !padding_is_right (p + pos, len - pos, pos))
    return cf_err (CF_ERR_PROTOCOL);
  *r_count = count;
  *r_entries_len = pos;
  return 0;
}

void
cf_envelope_ack (const void *plain, size_t len, uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "ack");
  cf_hash_add (&h, plain, len);
  cf_hash_final (&h, out);
}

void
cf_envelope_ack_tag (const uint8_t ack[CF_HASH_LEN], uint64_t number, uint64_t taken, uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, ack, "taken");
  cf_hash_add_u64 (&h, number);
  cf_hash_add_u64 (&h, taken);
  cf_hash_final (&h, out);
}
