/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_entry.c - the plaintext of envelopes: parse and build are inverses, and a checked plaintext walks.
 *
 * The first byte says which way: text to be parsed, or values to be built.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/entry.h"
#include "tests/fuzz/fuzz.h"

/* What was parsed has one form, unless it holds headers of a later version. */
static void
check_same (const struct cf_entry *e, const void *data, size_t len)
{
  struct cf_buf out;

  FUZZ_CHECK (e->sequence && e->sequence <= CF_SEQUENCE_MAX && e->body_len <= CF_TEXT_MAX);
  FUZZ_CHECK (cf_text_is_utf8 (e->body, e->body_len));
  cf_buf_init (&out, CF_ENVELOPE_PLAIN_MAX);
  FUZZ_CHECK (!cf_entry_build (e, &out));
  FUZZ_CHECK (cf_buf_len (&out) <= len);
  if (cf_buf_len (&out) == len)
    FUZZ_CHECK (!memcmp (cf_buf_data (&out), data, len));
  else
    FUZZ_CHECK (memmem (data, len, "\nX-", 3));
  cf_buf_done (&out);
}

static void
parse_plain (const uint8_t *data, size_t len)
{
  size_t count, entries_len, used, pos = 0;
  struct cf_entry e;

  if (!cf_entry_parse (data, len, &e, &used))
    check_same (&e, data, used);
  if (cf_envelope_check (data, len, &count, &entries_len))
    return;
  FUZZ_CHECK (count && count <= CF_ENVELOPE_ENTRIES_MAX && len == cf_envelope_padded_len (entries_len));
  while (pos < entries_len) {
    FUZZ_CHECK (!cf_entry_parse (data + pos, len - pos, &e, &used));
    check_same (&e, data + pos, used);
    pos += used;
    count--;
  }
  FUZZ_CHECK (!count && pos == entries_len);
}

/* By bits 2, 3 and 7 of the flags. */
static const enum cf_entry_kind kinds[] = { CF_ENTRY_TEXT, CF_ENTRY_CLOSE,  CF_ENTRY_OTHER,    CF_ENTRY_TEXT,
                                            CF_ENTRY_EDIT, CF_ENTRY_DELETE, CF_ENTRY_REACTION, CF_ENTRY_TIMER };

static void
fill_entry (struct fuzz_in *in, struct cf_entry *e)
{
  uint8_t flags = fuzz_u8 (in);
  size_t n;

  memset (e, 0, sizeof *e);
  memset (e->message_id, fuzz_u8 (in), sizeof e->message_id);
  memset (e->conversation, fuzz_u8 (in), sizeof e->conversation);
  for (int i = 0; i < CF_ENTRY_TO_MAX; i++) {
    e->to[i].version = flags & (1 << i) ? 5 : 4;
    e->to[i].len = flags & (1 << i) ? 32 : 20;
    memset (e->to[i].bytes, fuzz_u8 (in), e->to[i].len);
  }
  e->kind = kinds[((flags >> 2) & 3) | (flags & 0x80 ? 4 : 0)];
  e->is_reply = flags & 0x10;
  e->sequence = flags & 0x20 ? CF_SEQUENCE_MAX - fuzz_u8 (in) + 4 : fuzz_u32 (in);
  e->date_utc_ms = (int64_t) ((uint64_t) fuzz_u32 (in) << 20) * (flags & 0x40 ? -1 : 1);
  e->date_utc_ms += fuzz_u8 (in);
  memset (e->previous, e->sequence > 1 ? fuzz_u8 (in) : 0, sizeof e->previous);
  if (e->is_reply)
    memset (e->in_reply_to, fuzz_u8 (in), sizeof e->in_reply_to);
  e->last_own = e->sequence - 1;
  e->last_peer = fuzz_u8 (in);
  if ((flags & 0x0c) == 0x0c)
    e->lifetime_s = fuzz_u32 (in);
  if (e->kind == CF_ENTRY_OTHER)
    for (int i = 0, len = fuzz_u8 (in) % (CF_ENTRY_KIND_MAX + 1); i < len; i++)
      e->kind_name[i] = (char) fuzz_u8 (in);
  e->body = (const char *) fuzz_bytes (in, e->kind == CF_ENTRY_CLOSE ? 0 : in->left, &n);
  e->body_len = n;
}

static void
build_plain (struct fuzz_in *in)
{
  struct cf_entry e, back;
  struct cf_buf out;
  size_t used, count, entries_len;

  fill_entry (in, &e);
  cf_buf_init (&out, CF_ENVELOPE_PLAIN_MAX);
  if (!cf_entry_build (&e, &out)) {
    FUZZ_CHECK (!cf_entry_parse (cf_buf_data (&out), cf_buf_len (&out), &back, &used));
    FUZZ_CHECK (used == cf_buf_len (&out) && back.kind == e.kind && back.sequence == e.sequence);
    FUZZ_CHECK (back.date_utc_ms == e.date_utc_ms && back.body_len == e.body_len && back.lifetime_s == e.lifetime_s);
    FUZZ_CHECK (!e.body_len || !memcmp (back.body, e.body, e.body_len));
    check_same (&back, cf_buf_data (&out), used);
    FUZZ_CHECK (!cf_envelope_pad (&out));
    FUZZ_CHECK (!cf_envelope_check (cf_buf_data (&out), cf_buf_len (&out), &count, &entries_len));
    FUZZ_CHECK (count == 1 && entries_len == used);
  }
  cf_buf_done (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };

  if (fuzz_u8 (&in) & 1)
    build_plain (&in);
  else
    parse_plain (in.p, in.left);
  return 0;
}

/* A plaintext of E twice, and one with a header of a later version in it. */
static void
emit_plain (fuzz_emit *emit, const char *kind, const struct cf_entry *e)
{
  static const char extra[] = "X-Later: 1\n";
  struct cf_buf plain, out;
  char name[32] = "plain-";
  const uint8_t *at;
  size_t before;

  cf_buf_init (&plain, CF_ENVELOPE_PLAIN_MAX);
  FUZZ_CHECK (!cf_entry_build (e, &plain) && !cf_entry_build (e, &plain) && !cf_envelope_pad (&plain));
  cf_buf_init (&out, CF_ENVELOPE_PLAIN_MAX);
  FUZZ_CHECK (!cf_buf_add (&out, "", 1) && !cf_buf_add (&out, cf_buf_data (&plain), cf_buf_len (&plain)));
  emit (strcat (name, kind), cf_buf_data (&out), cf_buf_len (&out));
  at = memmem (cf_buf_data (&plain), cf_buf_len (&plain), "Content-Type", 12);
  before = (size_t) (at - cf_buf_data (&plain));
  cf_buf_clear (&out);
  FUZZ_CHECK (!cf_buf_add (&out, "", 1) && !cf_buf_add (&out, cf_buf_data (&plain), before)
              && !cf_buf_add (&out, extra, sizeof extra - 1)
              && !cf_buf_add (&out, at, cf_buf_len (&plain) - before));
  memcpy (name, "extra", 5);
  emit (name, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  cf_buf_done (&plain);
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const bodies[] = { "hello", "a\n\nMessage-ID: x\n", "\xc3\xa4", "", "anew", "", "\xf0\x9f\x91\x8d", "" };
  static const char *const names[] = { "text", "reply", "other", "close", "edit", "delete", "reaction", "timer" };
  static const uint8_t flags[] = { 0, 0x10, 8, 4, 0x90, 0x94, 0x98, 0x8c };
  /* Behind the flags: ids, keys, sequence 7, date, previous, reply or last, length of the kind's name, the name. */
  static const char values[] = "\1\2\3\4\0\0\0\7\0\1\0\0\3\3\3\3abc";

  for (int i = 0; i < 8; i++) {
    uint8_t raw[64] = { 1, flags[i] };
    struct fuzz_in in = { raw + 1, sizeof values };
    struct cf_entry e;
    size_t n = strlen (bodies[i]);

    memcpy (raw + 2, values, sizeof values - 1);
    memcpy (raw + 1 + sizeof values, bodies[i], n);
    emit (names[i], raw, 1 + sizeof values + n);
    fill_entry (&in, &e);
    e.body = bodies[i];
    e.body_len = n;
    e.lifetime_s = e.kind == CF_ENTRY_TIMER ? 3600 : 0;
    strcpy (e.kind_name, "file-offer");
    emit_plain (emit, names[i], &e);
  }
}
