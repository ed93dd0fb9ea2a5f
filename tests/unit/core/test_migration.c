/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_migration.c - stores of every earlier version come to the newest with all that was in them; a step that fails
 * leaves what was there.
 *
 * schema_1.sql is version 1 as it went out.  A later version's store is made of it by our own steps; schema_N.sql, where
 * there is one, has the rows of what version N added.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/secmem.h"
#include "core/store/internal.h"
#include "core/store/store_conversation.h"
#include "core/store/store_event.h"
#include "core/store/store_gate.h"
#include "core/store/store_message.h"
#include "core/store/store_people.h"
#include "core/store/store_peer.h"
#include "core/store/store_post.h"
#include "core/store/store_self.h"
#include "core/store/store_transfer.h"

#define COUNT(a) (sizeof (a) / sizeof *(a))
#define NOW_UTC_MS INT64_C (1750000000000)

struct fixture {
  struct cf_env env;
  char dir[64], path[96];
  uint8_t key[CF_STORE_KEY_LEN];
  struct cf_store *store;
};

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  f->env.log = NULL; /* failing steps are reported to the log, and are wanted here */
  strcpy (f->dir, "/tmp/cf-migrate-XXXXXX");
  assert_non_null (mkdtemp (f->dir));
  snprintf (f->path, sizeof f->path, "%s/db", f->dir);
  memset (f->key, 0x5a, sizeof f->key);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;
  char wal[128];

  cf_store_close (f->store);
  unlink (f->path);
  snprintf (wal, sizeof wal, "%s-wal", f->path);
  unlink (wal);
  rmdir (f->dir);
  free (f);
  return 0;
}

static gpg_err_code_t
open_with (struct fixture *f, const struct store_step *steps, size_t count)
{
  return gpg_err_code (store_open (&f->env, f->path, f->key, steps, count, &f->store));
}

static void
close_store (struct fixture *f)
{
  cf_store_close (f->store);
  f->store = NULL;
}

static int64_t
number (struct cf_store *store, const char *sql)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, sql);
  int64_t n = -1;

  if (cf_stmt_step (s, &err)) {
    n = cf_column_int (s, 0);
    cf_stmt_reset (s);
  }
  assert_int_equal (err, 0);
  return n;
}

/* ---- stores of old ---- */

/* The rows that version VERSION came with; NULL: none.  The caller frees. */
static char *
read_sql (unsigned version)
{
  const char *dir = getenv ("CF_SRCDIR");
  char path[512], *text = NULL;
  size_t len;

  snprintf (path, sizeof path, "%s/tests/unit/core/schema_%u.sql", dir ? dir : ".", version);
  return cf_file_read (path, 1 << 20, &text, &len) ? NULL : text;
}

/* A store of VERSION, closed again. */
static void
make_version (struct fixture *f, unsigned version)
{
  struct store_step *steps = calloc (version, sizeof *steps);
  char *sql;

  assert_non_null (steps);
  sql = read_sql (1);
  assert_non_null (sql);
  steps[0].parts[0] = sql;
  assert_int_equal (open_with (f, steps, 1), 0);
  for (unsigned v = 2; v <= version; v++) {
    close_store (f);
    steps[v - 1] = store_steps[v - 1];
    assert_int_equal (open_with (f, steps, v), 0);
    free (sql);
    sql = read_sql (v);
    if (sql)
      assert_int_equal (store_exec (f->store, sql), 0);
  }
  assert_int_equal (number (f->store, "PRAGMA user_version"), version);
  close_store (f);
  free (sql);
  free (steps);
}

/* All CREATEs of the store without white space; the caller frees. */
static char *
schema (struct cf_store *store)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
  gpg_error_t err;
  char *text = NULL;
  size_t len;
  FILE *out = open_memstream (&text, &len);

  assert_non_null (out);
  while (cf_stmt_step (s, &err)) {
    for (const char *p = cf_column_text (s, 0); *p; p++)
      if (!isspace ((unsigned char) *p))
        putc (*p, out);
    putc ('\n', out);
  }
  assert_int_equal (err, 0);
  fclose (out);
  return text;
}

static void
test_version_1_is_what_went_out (void **state)
{
  struct fixture *f = *state;
  struct cf_store *fresh = NULL;
  char *then, *now;

  make_version (f, 1);
  assert_int_equal (open_with (f, store_steps, 1), 0);
  assert_int_equal (store_open (&f->env, ":memory:", f->key, store_steps, 1, &fresh), 0);
  then = schema (f->store);
  now = schema (fresh);
  assert_string_equal (now, then);
  free (then);
  free (now);
  cf_store_close (fresh);
}

/* ---- what was in them, as today's code reads it ---- */

static gpg_error_t
see_conversation (void *arg, const struct cf_conversation *row)
{
  unsigned *seen = arg;

  if (row->state == CF_CONVERSATION_OPEN) {
    assert_int_equal (row->id[0], 0xc1);
    assert_string_equal (row->note, "the boat");
    assert_int_equal (row->sent_sequence, 2);
    assert_int_equal (row->received_sequence, 1);
    assert_int_equal (row->acked_sequence, 1);
    assert_int_equal (row->sent_hash[31], 0xa2);
    assert_int_equal (row->passphrase[31], 0x9f);
    assert_int_equal (row->secret[31], 0x5c);
  } else
    assert_string_equal (row->trouble, "key");
  free (row->note);
  free (row->trouble);
  cf_secmem_free (row->passphrase);
  cf_secmem_free (row->secret);
  *seen |= 1u << row->state;
  return 0;
}

static gpg_error_t
see_peer (void *arg, struct cf_peer *peer)
{
  int *seen = arg;

  if (peer->contact) {
    assert_string_equal (peer->name, "bob");
    assert_string_equal (peer->verified_how, "password");
    assert_int_equal (peer->pair_secret[31], 0x9a);
    assert_true (!peer->pair_secret_before || peer->pair_secret_before[31] == 0xb2); /* NULL: of version 1 */
    assert_true (!peer->expires_utc_ms || peer->expires_utc_ms == 1800000000000); /* 0: of before version 4 */
    assert_true (!peer->address.has_token || peer->address.token[15] == 0x70); /* none: of before version 8 */
    assert_int_equal (peer->device_count, 1);
    assert_true (peer->devices[0].tied);
    assert_int_equal (peer->devices[0].addr_count, 1);
    if (peer->devices[0].node_count) { /* none: of before version 11 */
      assert_int_equal (peer->devices[0].node_count, 2);
      assert_int_equal (peer->devices[0].nodes[1].addr.bytes[15], 8);
    }
  } else
    assert_true (peer->blocked);
  cf_peer_free (peer);
  ++*seen;
  return 0;
}

static gpg_error_t
see_request (void *arg, struct cf_request *row)
{
  int *seen = arg;

  assert_int_equal (row->state, CF_REQUEST_ASKED);
  if (cf_request_verifies (row)) { /* from version 3 on */
    assert_int_equal (row->conversation[15], 0xc1);
    cf_request_free (row);
    return 0;
  }
  assert_memory_equal (row->conversation, row->id, sizeof row->id);
  assert_string_equal (row->note, "hello");
  assert_int_equal (row->peer_nonce[31], 2);
  cf_request_free (row);
  ++*seen;
  return 0;
}

static gpg_error_t
see_stranger (void *arg, const struct cf_fpr *fpr, int64_t seen_utc_ms)
{
  int *seen = arg;

  assert_int_equal (fpr->bytes[19], 0x57);
  assert_true (seen_utc_ms == INT64_C (1700000004000));
  ++*seen;
  return 0;
}

static bool
see_message (void *arg, const struct cf_message_row *m)
{
  static const char *const texts[] = { "The quick brown fox", "jumps over Ärger", "the lazy dog" };
  int *seen = arg;

  assert_in_range (m->row, 1, COUNT (texts));
  assert_string_equal (m->text, texts[m->row - 1]);
  assert_int_equal (m->kind, CF_ENTRY_TEXT);
  assert_int_equal (m->outgoing, m->row != 2);
  assert_int_equal (m->is_reply, m->row == 2);
  assert_int_equal (m->state, m->row == 3 ? CF_MESSAGE_SENT : CF_MESSAGE_DELIVERED);
  ++*seen;
  return true;
}

static bool
see_envelope (void *arg, const struct cf_envelope_row *e)
{
  uint64_t *number = arg;

  assert_int_equal (e->ack[31], 0xad);
  assert_int_equal (e->first, 2);
  *number = e->number;
  return true;
}

static void
check_people (struct cf_store *store)
{
  struct cf_guess guess;
  struct cf_fpr bob;
  uint8_t *prs = NULL;
  int seen = 0;

  assert_int_equal (cf_store_peer_load (store, see_peer, &seen), 0);
  assert_int_equal (seen, 2);
  assert_int_equal (cf_store_stranger_load (store, 10, see_stranger, &seen), 0);
  assert_int_equal (seen, 3);
  assert_int_equal (cf_store_request_all (store, see_request, &seen), 0);
  assert_int_equal (seen, 4);
  assert_int_equal (cf_fpr_parse ("B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0", &bob), 0);
  assert_int_equal (cf_store_guess_get (store, &bob, &guess), 0);
  assert_int_equal (guess.wrong, 2);
  memset (bob.bytes, 0xe1, bob.len);
  assert_int_equal (cf_store_expectation_get (store, &bob, NOW_UTC_MS, &prs), 0);
  assert_non_null (prs);
  assert_int_equal (prs[31], 0x9c);
  cf_secmem_free (prs);
}

static void
check_talk (struct cf_store *store)
{
  uint8_t id[CF_CONVERSATION_ID_LEN];
  unsigned states = 0;
  int seen = 0;
  uint64_t waiting = 0;
  bool used = false;

  memset (id, 0xc1, sizeof id);
  assert_int_equal (cf_store_conversation_all (store, see_conversation, &states), 0);
  assert_int_equal (states, 1u << CF_CONVERSATION_OPEN | 1u << CF_CONVERSATION_CLOSED);
  assert_int_equal (cf_store_message_history (store, id, INT64_MAX, NULL, 10, see_message, &seen), 0);
  assert_int_equal (seen, 3);
  assert_int_equal (cf_store_message_history (store, id, INT64_MAX, "\"brown\"", 10, see_message, &seen), 0);
  assert_int_equal (seen, 4);
  assert_int_equal (cf_store_envelope_waiting (store, see_envelope, &waiting), 0);
  assert_int_equal (waiting, 2);
  memset (id, 0xc3, sizeof id);
  assert_int_equal (cf_store_id_used (store, id, &used), 0);
  assert_true (used);
}

static bool
see_key (void *arg, int64_t row, const uint8_t *block, size_t len, gpg_error_t *r_err)
{
  int *seen = arg;

  (void) r_err;
  assert_int_equal (row, 5);
  assert_int_equal (len, 3);
  assert_memory_equal (block, "\x99\xb1\x0c", 3);
  ++*seen;
  return true;
}

static void
check_keys (struct cf_store *store, unsigned version)
{
  int seen = 0;

  assert_int_equal (cf_store_people_after (store, 0, see_key, &seen), 0);
  assert_int_equal (seen, version >= 5);
}

static gpg_error_t
see_reaction (void *arg, bool outgoing, const char *emoji)
{
  int *seen = arg;

  assert_false (outgoing);
  assert_string_equal (emoji, "\xf0\x9f\x91\x8d");
  ++*seen;
  return 0;
}

/* What our user marks things with, and what is said about a message later; before version 7 there was none of it. */
static void
check_marks (struct cf_store *store, unsigned version)
{
  uint8_t id[CF_CONVERSATION_ID_LEN];
  char *draft = NULL;
  int seen = 0;

  memset (id, 0xc1, sizeof id);
  assert_int_equal (cf_store_draft_get (store, id, &draft), 0);
  assert_int_equal (draft != NULL, version >= 7);
  free (draft);
  assert_int_equal (cf_store_reactions (store, 1, see_reaction, &seen), 0);
  assert_int_equal (seen, version >= 7);
  assert_int_equal (number (store, "SELECT count(*) FROM conversation WHERE pinned"), version >= 7);
  assert_int_equal (number (store, "SELECT count(*) FROM message WHERE hidden"), 0);
}

static bool
see_transfer (void *arg, const struct cf_transfer_row *t)
{
  (*(int *) arg)++;
  assert_int_equal (t->offer.key[31], 0xf1);
  assert_int_equal (t->done, CF_FILE_BLOCK);
  assert_string_equal (t->dir, "/home/ada/Downloads");
  return true;
}

static gpg_error_t
see_chunk (void *arg, size_t chunk, const void *data, size_t len)
{
  (*(int *) arg)++;
  assert_int_equal (chunk, 0);
  assert_int_equal (len, 1);
  assert_memory_equal (data, "Z", 1);
  return 0;
}

/* Before version 9 there were no files. */
static void
check_files (struct cf_store *store, unsigned version)
{
  int transfers = 0, chunks = 0;

  assert_int_equal (cf_store_transfer_open (store, see_transfer, &transfers), 0);
  assert_int_equal (cf_store_transfer_chunks (store, 1, see_chunk, &chunks), 0);
  assert_int_equal (transfers, version >= 9);
  assert_int_equal (chunks, version >= 9);
}

static gpg_error_t
see_held (void *arg, const struct cf_held_row *row)
{
  (*(int *) arg)++;
  assert_int_equal (row->conversation[15], 0xc1);
  assert_int_equal (row->number, 2);
  assert_int_equal (row->node[31], 0x71);
  assert_true (row->until_utc_ms == 1900000000000);
  return 0;
}

static gpg_error_t
see_owed (void *arg, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  (*(int *) arg)++;
  assert_int_equal (conversation[15], 0xc1);
  assert_int_equal (number, 1);
  return 0;
}

/* Before version 12 nothing waited at nodes. */
static void
check_post (struct cf_store *store, unsigned version)
{
  int held = 0, owed = 0;

  assert_int_equal (cf_store_held_all (store, NOW_UTC_MS, see_held, &held), 0);
  assert_int_equal (cf_store_owed_all (store, see_owed, &owed), 0);
  assert_int_equal (held, version >= 12);
  assert_int_equal (owed, version >= 12);
}

static void
check_all (struct cf_store *store)
{
  struct cf_store_self self = { 0 };
  uint64_t cursor = 0;
  char *value = NULL;

  assert_int_equal (cf_store_self_load (store, &self), 0);
  assert_string_equal (self.user_id, "Ada <ada@example.org>");
  assert_int_equal (self.device_secret[31], 0x5e);
  cf_store_self_done (&self);
  assert_int_equal (cf_store_setting_get (store, "name", &value), 0);
  assert_string_equal (value, "Ada");
  free (value);
  assert_int_equal (cf_store_event_last (store, &cursor), 0);
  assert_int_equal (cursor, 7);
  check_people (store);
  check_talk (store);
  assert_int_equal (number (store, "SELECT count(*) FROM message_text WHERE text MATCH 'arg*'"), 1); /* Ärger */
  assert_int_equal (number (store, "PRAGMA foreign_keys"), 1);
}

static void
test_every_version_comes_to_the_newest (void **state)
{
  struct fixture *f = *state;

  for (unsigned version = 1; version <= store_step_count; version++) {
    make_version (f, version);
    assert_int_equal (gpg_err_code (cf_store_open (&f->env, f->path, f->key, &f->store)), 0);
    assert_int_equal (number (f->store, "PRAGMA user_version"), store_step_count);
    check_all (f->store);
    assert_int_equal (number (f->store, "SELECT count(*) FROM request WHERE verifies IS NOT NULL"), version >= 3);
    check_keys (f->store, version);
    check_marks (f->store, version);
    check_files (f->store, version);
    check_post (f->store, version);
    assert_int_equal (number (f->store, "SELECT sum(revoked) FROM contact"), version >= 10 ? 1700000000000 : 0);
    assert_int_equal (number (f->store, "SELECT sum(nodes != '') FROM device"), version >= 11);
    close_store (f);
    assert_int_equal (unlink (f->path), 0);
  }
}

/* ---- steps as they may be ---- */

/* The table that devices refer to is made anew, with a column more. */
static const char rebuild[]
  = "CREATE TABLE contact_new (fpr BLOB PRIMARY KEY, user_id TEXT, name TEXT, contact INTEGER NOT NULL,"
    " blocked INTEGER NOT NULL, key_state INTEGER NOT NULL, validity INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
    " verified_how TEXT, verified_at INTEGER NOT NULL, pair_secret BLOB, pair_secret_before BLOB,"
    " expires INTEGER NOT NULL, address TEXT, revoked INTEGER NOT NULL, colour TEXT);"
    "INSERT INTO contact_new SELECT *, 'blue' FROM contact;"
    "DROP TABLE contact;"
    "ALTER TABLE contact_new RENAME TO contact;";

/* Our newest, and one more of PARTS; the caller frees. */
static struct store_step *
one_more (const char *part, const char *next)
{
  struct store_step *steps = calloc (store_step_count + 1, sizeof *steps);

  assert_non_null (steps);
  memcpy (steps, store_steps, store_step_count * sizeof *steps);
  steps[store_step_count].parts[0] = part;
  steps[store_step_count].parts[1] = next;
  return steps;
}

static void
test_a_table_is_rebuilt (void **state)
{
  struct fixture *f = *state;
  struct store_step *steps = one_more (rebuild, "ALTER TABLE message ADD COLUMN star INTEGER NOT NULL DEFAULT 0;");

  make_version (f, 1);
  assert_int_equal (open_with (f, steps, store_step_count + 1), 0);
  check_all (f->store);
  assert_int_equal (number (f->store, "SELECT count(*) FROM contact WHERE colour = 'blue'"), 2);
  assert_int_equal (number (f->store, "SELECT sum(star) FROM message"), 0);
  /* The reference from devices still holds, and is watched again. */
  assert_int_equal (store_exec (f->store, "DELETE FROM contact"), 0);
  assert_int_equal (number (f->store, "SELECT count(*) FROM device"), 0);
  free (steps);
}

/* PART fails with CODE: the store stays in our newest version with all that was in it. */
static void
check_refused (struct fixture *f, const char *part, gpg_err_code_t code)
{
  struct store_step *steps = one_more ("CREATE TABLE half (a); DELETE FROM event;", part);

  make_version (f, 1);
  for (int again = 0; again < 2; again++) {
    assert_int_equal (open_with (f, steps, store_step_count + 1), code);
    assert_null (f->store);
  }
  assert_int_equal (gpg_err_code (cf_store_open (&f->env, f->path, f->key, &f->store)), 0);
  assert_int_equal (number (f->store, "PRAGMA user_version"), store_step_count);
  assert_int_equal (number (f->store, "SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
  check_all (f->store);
  close_store (f);
  steps[store_step_count].parts[1] = NULL;
  assert_int_equal (open_with (f, steps, store_step_count + 1), 0);
  assert_int_equal (number (f->store, "SELECT count(*) FROM event"), 0);
  free (steps);
}

static void
test_a_step_that_fails_changes_nothing (void **state)
{
  check_refused (*state, "UPDATE message SET hash = NULL;", GPG_ERR_CONFLICT);
}

static void
test_a_step_that_loses_a_row_referred_to_is_refused (void **state)
{
  check_refused (*state, "DELETE FROM contact;", CF_ERR_STORE);
}

static void
test_a_newer_store_is_left_alone (void **state)
{
  struct fixture *f = *state;
  struct store_step *steps = one_more (rebuild, NULL);

  make_version (f, 1);
  assert_int_equal (open_with (f, steps, store_step_count + 1), 0);
  close_store (f);
  assert_int_equal (open_with (f, store_steps, store_step_count), GPG_ERR_UNKNOWN_VERSION);
  assert_int_equal (open_with (f, steps, store_step_count + 1), 0);
  check_all (f->store);
  assert_int_equal (number (f->store, "SELECT count(*) FROM contact WHERE colour = 'blue'"), 2);
  free (steps);
}

/* A page that the step itself never reads: its table is not touched. */
static void
test_a_damaged_store_is_not_carried_over (void **state)
{
  struct fixture *f = *state;
  struct store_step *steps = one_more ("CREATE TABLE more (a);", NULL);
  int64_t page;
  uint8_t byte;
  int fd;

  make_version (f, 1);
  assert_int_equal (gpg_err_code (cf_store_open (&f->env, f->path, f->key, &f->store)), 0);
  page = number (f->store, "SELECT rootpage FROM sqlite_master WHERE name = 'message'");
  close_store (f);
  fd = open (f->path, O_RDWR | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_int_equal (pread (fd, &byte, 1, (page - 1) * 4096 + 77), 1);
  byte ^= 1;
  assert_int_equal (pwrite (fd, &byte, 1, (page - 1) * 4096 + 77), 1);
  close (fd);
  assert_int_equal (open_with (f, steps, store_step_count + 1), CF_ERR_STORE);
  assert_int_equal (open_with (f, store_steps, store_step_count), 0);
  free (steps);
}

/* Events of old had the text of messages; none has it any more. */
static void
test_events_lose_their_words (void **state)
{
  static const char *const bodies[]
      = { "{\"event\":\"message\",\"at\":\"2026-11-21T22:47:26.123Z\",\"message\":\"00112233445566778899aabbccddeeff\","
          "\"conversation\":\"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1\",\"text\":\"words\"}",
          "{\"event\":\"error\",\"at\":\"2026-11-21T22:47:26.123Z\",\"message\":\"something\",\"hint\":\"words\"}" };
  struct fixture *f = *state;
  struct cf_stmt *s;
  gpg_error_t err;
  uint64_t cursor;

  make_version (f, 6);
  assert_int_equal (open_with (f, store_steps, 6), 0);
  for (size_t i = 0; i < COUNT (bodies); i++)
    assert_int_equal (cf_store_event_add (f->store, 1, bodies[i], &cursor), 0);
  close_store (f);
  assert_int_equal (gpg_err_code (cf_store_open (&f->env, f->path, f->key, &f->store)), 0);
  s = cf_store_event_walk (f->store, cursor - 2, 2);
  assert_true (cf_stmt_step (s, &err));
  assert_string_equal (cf_column_text (s, 2),
                       "{\"event\":\"message\",\"at\":\"2026-11-21T22:47:26.123Z\",\"message\":"
                       "\"00112233445566778899aabbccddeeff\",\"conversation\":\"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1\"}");
  assert_true (cf_stmt_step (s, &err));
  assert_string_equal (cf_column_text (s, 2), bodies[1]);
  cf_stmt_reset (s);
}

#define T(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_version_1_is_what_went_out),
    T (test_every_version_comes_to_the_newest),
    T (test_events_lose_their_words),
    T (test_a_table_is_rebuilt),
    T (test_a_step_that_fails_changes_nothing),
    T (test_a_step_that_loses_a_row_referred_to_is_refused),
    T (test_a_newer_store_is_left_alone),
    T (test_a_damaged_store_is_not_carried_over),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests_name ("migration", tests, NULL, NULL);
}
