/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_entry.c - entries: build and parse are inverses, and nothing but the canonical form is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/entry.h"

/* A small generator of its own, so that a failing case can be repeated. */
static uint64_t dice_state = 88172645463325252u;

static uint32_t
dice (uint32_t bound)
{
  dice_state ^= dice_state << 13;
  dice_state ^= dice_state >> 7;
  dice_state ^= dice_state << 17;
  return (uint32_t) (dice_state >> 16) % bound;
}

#define A_ROOT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define AN_OFFER                                                                                                     \
  "Key: " A_ROOT "\nSize: 5\nData: 5\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\n"                    \
  "Media-Type: text/plain\nName: a%25b.txt\n"

static void
fill (uint8_t *p, size_t len)
{
  while (len--)
    *p++ = (uint8_t) dice (256);
}

static void
random_entry (struct cf_entry *e, char *body)
{
  static const char *const pieces[] = { "a", "\n", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", ": ", "\r", "\n\n",
                                        "Message-ID: ", "Padding: 0000000\n\n" };
  size_t i, n = 1 + dice (40);

  memset (e, 0, sizeof *e);
  fill (e->message_id, sizeof e->message_id);
  fill (e->conversation, sizeof e->conversation);
  for (i = 0; i < CF_ENTRY_TO_MAX; i++) {
    bool longer = dice (2);

    e->to[i].version = longer ? 5 : 4;
    e->to[i].len = longer ? 32 : 20;
    fill (e->to[i].bytes, e->to[i].len);
  }
  e->sequence = dice (3) ? 2 + dice (1000) : CF_SEQUENCE_MAX - dice (5);
  e->date_utc_ms = (int64_t) dice (2000000000) * 1000 + dice (1000);
  fill (e->previous, sizeof e->previous);
  e->kind = dice (CF_ENTRY_OTHER + 1);
  if (e->kind == CF_ENTRY_OTHER)
    strcpy (e->kind_name, "file-offer");
  body[0] = 0;
  if (e->kind == CF_ENTRY_CLOSE || e->kind == CF_ENTRY_TIMER) {
    e->last_own = e->sequence - 1;
    e->last_peer = dice (99);
  } else
    e->is_reply = cf_entry_changes (e->kind) || e->kind == CF_ENTRY_FILE_END || (e->kind != CF_ENTRY_FILE && dice (2));
  if (e->is_reply)
    fill (e->in_reply_to, sizeof e->in_reply_to);
  if (cf_entry_may_expire (e->kind) || e->kind == CF_ENTRY_TIMER)
    e->lifetime_s = dice (2) ? dice (CF_LIFETIME_MAX_S + 1) : 0;
  if (e->kind == CF_ENTRY_REACTION)
    strcpy (body, dice (2) ? "\xf0\x9f\x91\x8d" : "");
  if (e->kind == CF_ENTRY_FILE)
    strcpy (body, AN_OFFER);
  if (e->kind == CF_ENTRY_FILE_END)
    strcpy (body, "Root: " A_ROOT "\nSize: 5\n");
  if (e->kind != CF_ENTRY_TEXT && e->kind != CF_ENTRY_EDIT && e->kind != CF_ENTRY_OTHER)
    n = 0;
  for (i = 0; i < n; i++)
    strcat (body, pieces[dice (sizeof pieces / sizeof *pieces)]);
  e->body = body;
  e->body_len = strlen (body);
}

static void
assert_same (const struct cf_entry *a, const struct cf_entry *b)
{
  assert_memory_equal (a->message_id, b->message_id, sizeof a->message_id);
  assert_memory_equal (a->conversation, b->conversation, sizeof a->conversation);
  assert_true (cf_fpr_equal (&a->to[0], &b->to[0]) && cf_fpr_equal (&a->to[1], &b->to[1]));
  assert_true (a->sequence == b->sequence && a->date_utc_ms == b->date_utc_ms && a->kind == b->kind);
  assert_memory_equal (a->previous, b->previous, sizeof a->previous);
  assert_int_equal (a->is_reply, b->is_reply);
  assert_memory_equal (a->in_reply_to, b->in_reply_to, sizeof a->in_reply_to);
  assert_true (a->last_own == b->last_own && a->last_peer == b->last_peer && a->lifetime_s == b->lifetime_s);
  assert_int_equal (a->body_len, b->body_len);
  assert_memory_equal (a->body, b->body, a->body_len);
}

static void
test_inverse (void **state)
{
  int round;

  (void) state;
  for (round = 0; round < 500; round++) {
    struct cf_entry e, back;
    struct cf_buf b;
    char body[2000];
    size_t used = 0, cut;

    random_entry (&e, body);
    cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
    assert_int_equal (cf_entry_build (&e, &b), 0);
    assert_int_equal (cf_entry_parse (cf_buf_data (&b), cf_buf_len (&b), &back, &used), 0);
    assert_int_equal (used, cf_buf_len (&b));
    assert_same (&e, &back);
    if (round < 50)
      for (cut = 0; cut < cf_buf_len (&b); cut++) {
        /* An exact copy, so that a sanitizer sees one byte too many. */
        uint8_t *copy = malloc (cut ? cut : 1);

        memcpy (copy, cf_buf_data (&b), cut);
        assert_int_not_equal (cf_entry_parse (copy, cut, &back, &used), 0);
        free (copy);
      }
    cf_buf_done (&b);
  }
}

/* Whatever one byte is changed to, either it is refused or it builds to the very same bytes. */
static void
test_one_form (void **state)
{
  int round;

  (void) state;
  for (round = 0; round < 20000; round++) {
    struct cf_entry e, back;
    struct cf_buf b, again;
    char body[2000];
    size_t used = 0;
    uint8_t *copy;
    size_t len;

    random_entry (&e, body);
    cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
    cf_buf_init (&again, CF_ENVELOPE_PLAIN_MAX);
    assert_int_equal (cf_entry_build (&e, &b), 0);
    len = cf_buf_len (&b);
    copy = malloc (len);
    memcpy (copy, cf_buf_data (&b), len);
    copy[dice ((uint32_t) len)] = (uint8_t) (dice (4) ? dice (128) : dice (256));
    if (cf_entry_parse (copy, len, &back, &used) == 0) {
      assert_int_equal (cf_entry_build (&back, &again), 0);
      assert_int_equal (cf_buf_len (&again), used);
      assert_memory_equal (cf_buf_data (&again), copy, used);
    }
    free (copy);
    cf_buf_done (&b);
    cf_buf_done (&again);
  }
}

#define ID "0123456789abcdef0123456789abcdef"
#define FPR1 "1111111111111111111111111111111111111111"
#define FPR2 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH ID ID
#define HEAD "Message-ID: " ID "\nConversation: " ID "\n"
#define TO "To: " FPR1 ", " FPR2 "\n"
#define DATE "Date: 2026-11-21T22:47:26.123Z\n"
#define TYPE "Content-Type: text/plain; charset=utf-8\n"
#define REST "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 2\n\nhi\n\n"

/* None of these is an entry. */
static const char *const bad[] = {
  "",
  "\n",
  HEAD TO "Sequence: 0\n" DATE REST,
  HEAD TO "Sequence: 07\n" DATE REST,
  HEAD TO "Sequence: +7\n" DATE REST,
  HEAD TO "Sequence: -7\n" DATE REST,
  HEAD TO "Sequence: 7 \n" DATE REST,
  HEAD TO "Sequence:  7\n" DATE REST,
  HEAD TO "Sequence: 9007199254740992\n" DATE REST,
  HEAD TO "Sequence: 99999999999999999999999999999999\n" DATE REST,
  HEAD TO "Sequence: 1\n" DATE REST, /* the first has no Previous */
  HEAD TO "sequence: 7\n" DATE REST,
  HEAD TO "Sequence: 7\r\n" DATE REST,
  HEAD TO "Sequence: 7\n 8\n" DATE REST, /* folded */
  HEAD TO "Sequence: 7\nSequence: 7\n" DATE REST,
  HEAD HEAD TO "Sequence: 7\n" DATE REST,
  HEAD "Sequence: 7\n" TO DATE REST,
  HEAD "To: " FPR1 "\nSequence: 7\n" DATE REST,
  HEAD "To: " FPR1 "," FPR2 "\nSequence: 7\n" DATE REST,
  HEAD "To: " FPR1 ", " FPR2 ", " FPR2 "\nSequence: 7\n" DATE REST,
  HEAD "To: " FPR1 ", aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nSequence: 7\n" DATE REST,
  HEAD TO "Sequence: 7\nDate: 2026-11-21T22:47:26Z\n" REST,
  HEAD TO "Sequence: 7\nDate: 2026-13-21T22:47:26.123Z\n" REST,
  HEAD TO "Sequence: 7\nDate: yesterday\n" REST,
  HEAD TO "Sequence: 7\n" DATE "Critical: yes\n" REST,
  HEAD TO "Sequence: 7\n" DATE "Previous: " ID "\nKind: text\n" TYPE "Content-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: Text\n" TYPE "Content-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: \n" TYPE "Content-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\n" TYPE "Content-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\nContent-Type: text/html\nContent-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 0\n\n\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 1\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 3\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 18446744073709551615\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE "Content-Length: 2\n\n\xff\xfe\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: close\n" TYPE "Content-Length: 0\n\n\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: close\nLast-Sequences: 7 1\n" TYPE "Content-Length: 0\n\n\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: close\nLast-Sequences: 6 1\n" TYPE "Content-Length: 2\n\nhi\n\n",
  HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: close\nLast-Sequences: 6\n" TYPE "Content-Length: 0\n\n\n\n",
  HEAD TO "Sequence: 7\n" DATE "In-Reply-To: " ID "\n" REST, /* out of order */
};

static void
test_hostile (void **state)
{
  static const char good[] = HEAD TO "Sequence: 7\n" DATE REST;
  static const char extra[] = HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\nX-Later: one\n" TYPE
                                      "Content-Length: 2\n\nhi\n\n";
  static const char nul[] = HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n" TYPE
                                    "Content-Length: 2\n\nh\0\n\n";
  struct cf_entry e;
  size_t i, used;

  (void) state;
  assert_int_equal (cf_entry_parse (good, sizeof good - 1, &e, &used), 0);
  assert_int_equal (used, sizeof good - 1);
  assert_int_equal (cf_entry_parse (extra, sizeof extra - 1, &e, &used), 0);
  assert_int_equal (gpg_err_code (cf_entry_parse (nul, sizeof nul - 1, &e, &used)), CF_ERR_PROTOCOL);
  for (i = 0; i < sizeof bad / sizeof *bad; i++)
    if (cf_entry_parse (bad[i], strlen (bad[i]), &e, &used) == 0)
      fail_msg ("taken: %s", bad[i]);
}

static void
test_headers_bounded (void **state)
{
  struct cf_buf b;
  struct cf_entry e;
  size_t used;
  int i;
  static const char head[] = HEAD TO "Sequence: 7\n" DATE "Previous: " HASH "\nKind: text\n";
  static const char tail[] = TYPE "Content-Length: 2\n\nhi\n\n";

  (void) state;
  cf_buf_init (&b, 100000);
  assert_int_equal (cf_buf_add (&b, head, sizeof head - 1), 0);
  for (i = 0; i <= CF_ENTRY_EXTRA_MAX; i++)
    assert_int_equal (cf_buf_add (&b, "X-A: b\n", 7), 0);
  assert_int_equal (cf_buf_add (&b, tail, sizeof tail - 1), 0);
  assert_int_not_equal (cf_entry_parse (cf_buf_data (&b), cf_buf_len (&b), &e, &used), 0);
  cf_buf_clear (&b);
  assert_int_equal (cf_buf_add (&b, head, sizeof head - 1), 0);
  assert_int_equal (cf_buf_add (&b, "X-", 2), 0);
  for (i = 0; i < CF_ENTRY_LINE_MAX; i++)
    assert_int_equal (cf_buf_add (&b, "y", 1), 0);
  assert_int_equal (cf_buf_add (&b, "\n", 1), 0);
  assert_int_equal (cf_buf_add (&b, tail, sizeof tail - 1), 0);
  assert_int_not_equal (cf_entry_parse (cf_buf_data (&b), cf_buf_len (&b), &e, &used), 0);
  cf_buf_done (&b);
}

static void
test_refused_to_build (void **state)
{
  struct cf_entry e, x;
  struct cf_buf b;
  char body[2000];

  (void) state;
  do
    random_entry (&e, body);
  while (e.kind != CF_ENTRY_TEXT);
  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  x = e, x.sequence = 0;
  assert_int_equal (gpg_err_code (cf_entry_build (&x, &b)), GPG_ERR_INV_VALUE);
  x = e, x.body_len = 0;
  assert_int_equal (gpg_err_code (cf_entry_build (&x, &b)), GPG_ERR_INV_VALUE);
  x = e, x.body = "\xc0\x80", x.body_len = 2;
  assert_int_equal (gpg_err_code (cf_entry_build (&x, &b)), GPG_ERR_INV_VALUE);
  x = e, x.kind = CF_ENTRY_OTHER, strcpy (x.kind_name, "a b");
  assert_int_equal (gpg_err_code (cf_entry_build (&x, &b)), GPG_ERR_INV_VALUE);
  x = e, x.date_utc_ms = INT64_MAX;
  assert_int_equal (gpg_err_code (cf_entry_build (&x, &b)), GPG_ERR_INV_VALUE);
  assert_int_equal (cf_buf_len (&b), 0);
  cf_buf_done (&b);
}

/* Each kind has what belongs to it, and nothing else. */
static void
test_kinds (void **state)
{
  static const struct {
    enum cf_entry_kind kind;
    const char *body;
    bool is_reply;
    uint32_t lifetime_s;
    bool fits;
  } cases[] = {
    { CF_ENTRY_TEXT, "x", false, 60, true },
    { CF_ENTRY_TEXT, "x", false, CF_LIFETIME_MAX_S + 1, false },
    { CF_ENTRY_EDIT, "x", true, 0, true },
    { CF_ENTRY_EDIT, "x", false, 0, false },
    { CF_ENTRY_EDIT, "", true, 0, false },
    { CF_ENTRY_EDIT, "x", true, 60, false },
    { CF_ENTRY_DELETE, "", true, 0, true },
    { CF_ENTRY_DELETE, "", false, 0, false },
    { CF_ENTRY_DELETE, "x", true, 0, false },
    { CF_ENTRY_REACTION, "\xf0\x9f\x91\x8d", true, 0, true },
    { CF_ENTRY_REACTION, "", true, 0, true },
    { CF_ENTRY_REACTION, "x", false, 0, false },
    { CF_ENTRY_REACTION, "two words", true, 0, false },
    { CF_ENTRY_REACTION, "\033", true, 0, false },
    { CF_ENTRY_REACTION, "012345678901234567890123456789012", true, 0, false },
    { CF_ENTRY_TIMER, "", false, 0, true },
    { CF_ENTRY_TIMER, "", false, 60, true },
    { CF_ENTRY_TIMER, "", true, 60, false },
    { CF_ENTRY_TIMER, "x", false, 60, false },
    { CF_ENTRY_CLOSE, "", false, 60, false },
    { CF_ENTRY_FILE, AN_OFFER, false, 0, true },
    { CF_ENTRY_FILE, AN_OFFER, false, 60, true },
    { CF_ENTRY_FILE, AN_OFFER, true, 0, false },
    { CF_ENTRY_FILE, AN_OFFER "x", false, 0, false },
    { CF_ENTRY_FILE, "x", false, 0, false },
    { CF_ENTRY_FILE_END, "Root: " A_ROOT "\nSize: 5\n", true, 0, true },
    { CF_ENTRY_FILE_END, "Root: " A_ROOT "\nSize: 5\n", false, 0, false },
    { CF_ENTRY_FILE_END, "Root: " A_ROOT "\nSize: 05\n", true, 0, false },
    { CF_ENTRY_FILE_END, "Root: " A_ROOT "\nSize: 5\n", true, 60, false },
  };
  struct cf_entry e;
  char body[2000];

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct cf_buf b;

    random_entry (&e, body);
    e.kind = cases[i].kind;
    e.is_reply = cases[i].is_reply;
    e.lifetime_s = cases[i].lifetime_s;
    e.last_own = e.sequence - 1;
    e.last_peer = 0;
    e.body = cases[i].body;
    e.body_len = strlen (e.body);
    cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
    assert_int_equal (cf_entry_build (&e, &b) == 0, cases[i].fits);
    cf_buf_done (&b);
  }
}

static void
test_envelope (void **state)
{
  size_t count, entries_len, len, n;

  (void) state;
  for (n = 1; n <= 12; n++) {
    struct cf_buf b;
    struct cf_entry e;
    char body[2000];
    uint8_t *copy;
    size_t i;

    cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
    for (i = 0; i < n; i++) {
      random_entry (&e, body);
      assert_int_equal (cf_entry_build (&e, &b), 0);
    }
    len = cf_buf_len (&b);
    assert_int_equal (gpg_err_code (cf_envelope_check (cf_buf_data (&b), len, &count, &entries_len)), CF_ERR_PROTOCOL);
    assert_int_equal (cf_envelope_pad (&b), 0);
    assert_int_equal (cf_buf_len (&b), cf_envelope_padded_len (len));
    assert_int_equal (cf_envelope_check (cf_buf_data (&b), cf_buf_len (&b), &count, &entries_len), 0);
    assert_int_equal (count, n);
    assert_int_equal (entries_len, len);
    copy = malloc (cf_buf_len (&b));
    for (i = len; i < cf_buf_len (&b); i++) {
      memcpy (copy, cf_buf_data (&b), cf_buf_len (&b));
      copy[i] ^= 1;
      assert_int_not_equal (cf_envelope_check (copy, cf_buf_len (&b), &count, &entries_len), 0);
      assert_int_not_equal (cf_envelope_check (cf_buf_data (&b), i, &count, &entries_len), 0);
    }
    free (copy);
    cf_buf_done (&b);
  }
  /* Padding alone is no envelope. */
  assert_int_not_equal (cf_envelope_check ("Padding: 0000000\n\n", 18, &count, &entries_len), 0);
}

static void
test_classes (void **state)
{
  size_t len, classes = 0, last = 0;

  (void) state;
  for (len = 1; len < 300000; len++) {
    size_t padded = cf_envelope_padded_len (len);

    assert_true (padded >= len + 18 && padded >= last);
    if (len > 4096)
      assert_true (padded <= len + len / 8 + 18 + 1024);
    if (padded != last)
      classes++;
    last = padded;
    assert_int_equal (cf_envelope_padded_len (padded - 18), padded);
  }
  assert_true (classes < 64);
}

/* The envelope of doc/protocol.md, "Test vectors". */
static void
test_example (void **state)
{
  static const char entry[] = "Message-ID: 11111111111111111111111111111111\n"
                              "Conversation: 22222222222222222222222222222222\n"
                              "To: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n"
                              "Sequence: 1\n"
                              "Date: 2026-11-21T22:47:26.123Z\n"
                              "Previous: 0000000000000000000000000000000000000000000000000000000000000000\n"
                              "Kind: text\n"
                              "Content-Type: text/plain; charset=utf-8\n"
                              "Content-Length: 5\n"
                              "\n"
                              "Hello\n\n";
  struct cf_entry e, parsed;
  size_t used, i, count, entries_len;
  uint8_t hash[CF_HASH_LEN], tag[CF_HASH_LEN];
  char hex[2 * CF_HASH_LEN + 1];
  struct cf_buf b;

  (void) state;
  memset (&e, 0, sizeof e);
  memset (e.message_id, 0x11, sizeof e.message_id);
  memset (e.conversation, 0x22, sizeof e.conversation);
  for (i = 0; i < CF_ENTRY_TO_MAX; i++) {
    e.to[i].version = 4;
    e.to[i].len = 20;
    memset (e.to[i].bytes, i ? 0xbb : 0xaa, 20);
  }
  e.sequence = 1;
  e.date_utc_ms = 1795301246123;
  e.kind = CF_ENTRY_TEXT;
  e.body = "Hello";
  e.body_len = 5;
  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  assert_int_equal (cf_entry_build (&e, &b), 0);
  assert_int_equal (cf_buf_len (&b), sizeof entry - 1);
  assert_memory_equal (cf_buf_data (&b), entry, sizeof entry - 1);
  assert_int_equal (cf_entry_parse (entry, sizeof entry - 1, &parsed, &used), 0);
  assert_same (&e, &parsed);
  cf_entry_hash (entry, sizeof entry - 1, hash);
  assert_string_equal (cf_hex (hash, sizeof hash, hex), "0049d01058ef9efc69df316113dbb8c89a1b55ded832c49d4116f749813b2559");
  assert_int_equal (cf_envelope_pad (&b), 0);
  assert_int_equal (cf_buf_len (&b), 512);
  assert_memory_equal (cf_buf_data (&b) + sizeof entry - 1, "Padding: 0000120\n\n ", 19);
  assert_int_equal (cf_envelope_check (cf_buf_data (&b), cf_buf_len (&b), &count, &entries_len), 0);
  assert_int_equal (count, 1);
  cf_envelope_ack (cf_buf_data (&b), cf_buf_len (&b), hash);
  assert_string_equal (cf_hex (hash, sizeof hash, hex), "40cdd0246ea9f56d8becd6457cf676f4952f1098649b5c1e5052fa89befa4c79");
  cf_envelope_ack_tag (hash, 1, 1, tag);
  assert_string_equal (cf_hex (tag, sizeof tag, hex), "dc6af12c2789d866f1ba428e090e9ae9202b6cb78984179b55dca5dde558a3e5");
  cf_envelope_ack_tag (hash, 1, 0, tag);
  assert_string_not_equal (cf_hex (tag, sizeof tag, hex), "dc6af12c2789d866f1ba428e090e9ae9202b6cb78984179b55dca5dde558a3e5");
  cf_buf_done (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_inverse),        cmocka_unit_test (test_one_form),
    cmocka_unit_test (test_hostile),        cmocka_unit_test (test_headers_bounded),
    cmocka_unit_test (test_refused_to_build), cmocka_unit_test (test_kinds), cmocka_unit_test (test_envelope),
    cmocka_unit_test (test_classes),        cmocka_unit_test (test_example),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
