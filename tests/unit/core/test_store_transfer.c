/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_transfer.c - rows of files and their maps: what comes back, and that they go with their message. */
#include "core/store/store_message.h"
#include "core/store/store_transfer.h"
#include "tests/unit/core/store_unit.h"

static struct cf_transfer_row
row (const uint8_t conversation[CF_CONVERSATION_ID_LEN], const char *id)
{
  struct cf_transfer_row t;

  memset (&t, 0, sizeof t);
  memcpy (t.conversation, conversation, sizeof t.conversation);
  snprintf ((char *) t.id, sizeof t.id, "%s", id);
  memset (t.offer.key, 7, sizeof t.offer.key);
  t.offer.size = CF_FILE_SIZE_MAX;
  t.offer.data = 5;
  t.offer.files = 1;
  t.offer.modified_utc_ms = -1;
  strcpy (t.offer.media_type, "image/png");
  memcpy (t.offer.name, "\xff<b>.png", 8);
  t.offer.name_len = 8;
  t.offered_utc_ms = 100;
  return t;
}

static int64_t
add (struct fixture *f, const struct cf_transfer_row *t)
{
  int64_t n = 0;

  assert_int_equal (cf_store_transfer_add (f->store, t, &n), 0);
  assert_true (n > 0);
  return n;
}

struct seen {
  int count;
  char ids[200];
  struct cf_transfer_row last; /* strings are gone */
  char path[20], dir[20], reason[20];
};

static bool
see (void *arg, const struct cf_transfer_row *t)
{
  struct seen *seen = arg;

  seen->count++;
  strcat (seen->ids, (const char *) t->id);
  seen->last = *t;
  snprintf (seen->path, sizeof seen->path, "%s", t->path ? t->path : "-");
  snprintf (seen->dir, sizeof seen->dir, "%s", t->dir ? t->dir : "-");
  snprintf (seen->reason, sizeof seen->reason, "%s", t->reason ? t->reason : "-");
  return true;
}

static struct seen
get (struct fixture *f, const uint8_t *conversation, const char *id)
{
  struct cf_transfer_row t = row (conversation, id);
  struct seen seen = { .count = 0 };

  assert_int_equal (cf_store_transfer_get (f->store, conversation, t.id, see, &seen), 0);
  return seen;
}

static void
test_comes_back (void **state)
{
  struct fixture *f = *state;
  struct cf_transfer_row t = row (one, "a");
  struct seen seen;
  int64_t n;

  t.outgoing = true;
  t.path = "/tmp/a";
  t.has_stat = true;
  memset (t.stat_hash, 3, sizeof t.stat_hash);
  t.row = add (f, &t);
  assert_int_equal (gpg_err_code (cf_store_transfer_add (f->store, &t, &n)), GPG_ERR_EEXIST);
  seen = get (f, one, "a");
  assert_memory_equal (&seen.last.offer, &t.offer, sizeof t.offer);
  assert_true (seen.last.outgoing && seen.last.has_stat && !seen.last.has_root);
  assert_memory_equal (seen.last.stat_hash, t.stat_hash, sizeof t.stat_hash);
  assert_string_equal (seen.path, "/tmp/a");
  assert_string_equal (seen.dir, "-");

  t.state = 5;
  t.detail = 4;
  t.paused_by_us = t.peer_ended = t.has_root = true;
  memset (t.root, 9, sizeof t.root);
  t.done = CF_FILE_SIZE_MAX;
  t.skipped = 3;
  t.reason = "why";
  t.path = NULL;
  t.dir = "/tmp/d";
  t.has_stat = false;
  t.updated_utc_ms = 7;
  t.ended_utc_ms = 8;
  t.offer.size = 1; /* is not saved: the offer stays as it was signed */
  assert_int_equal (cf_store_transfer_save (f->store, &t), 0);
  seen = get (f, one, "a");
  assert_int_equal (seen.last.offer.size, CF_FILE_SIZE_MAX);
  assert_int_equal (seen.last.state, 5);
  assert_int_equal (seen.last.detail, 4);
  assert_true (seen.last.paused_by_us && seen.last.peer_ended && !seen.last.paused_by_peer && !seen.last.settled);
  assert_memory_equal (seen.last.root, t.root, sizeof t.root);
  assert_false (seen.last.has_stat);
  assert_int_equal (seen.last.done, CF_FILE_SIZE_MAX);
  assert_int_equal (seen.last.skipped, 3);
  assert_int_equal (seen.last.updated_utc_ms, 7);
  assert_int_equal (seen.last.ended_utc_ms, 8);
  assert_string_equal (seen.path, "-");
  assert_string_equal (seen.dir, "/tmp/d");
  assert_string_equal (seen.reason, "why");
}

static void
test_lists (void **state)
{
  struct fixture *f = *state;
  struct cf_transfer_row t;
  struct seen seen = { .count = 0 };

  for (int i = 0; i < 5; i++) {
    t = row (i % 2 ? two : one, (const char[2]){ (char) ('a' + i), 0 });
    t.settled = i < 2;
    t.ended_utc_ms = i < 3 ? 100 * i + 1 : 0;
    add (f, &t);
  }
  assert_int_equal (cf_store_transfer_open (f->store, see, &seen), 0);
  assert_string_equal (seen.ids, "cde");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_list (f->store, NULL, INT64_MAX, 101, 10, see, &seen), 0);
  assert_string_equal (seen.ids, "edcb");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_list (f->store, one, INT64_MAX, 0, 2, see, &seen), 0);
  assert_string_equal (seen.ids, "ec");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_list (f->store, one, seen.last.row, 0, SIZE_MAX, see, &seen), 0);
  assert_string_equal (seen.ids, "a");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_find (f->store, "6", 10, see, &seen), 0);
  assert_string_equal (seen.ids, "abcde");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_find (f->store, "640000", 10, see, &seen), 0);
  assert_string_equal (seen.ids, "d");
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_find (f->store, "64000000000000000000000000000000", 10, see, &seen), 0);
  assert_string_equal (seen.ids, "d");
  assert_int_equal (cf_store_transfer_find (f->store, "7", 10, see, &seen), 0);
  assert_int_equal (cf_store_transfer_find (f->store, "%", 10, see, &seen), 0);
  assert_string_equal (seen.ids, "d");
}

static gpg_error_t
see_chunk (void *arg, size_t chunk, const void *data, size_t len)
{
  sprintf ((char *) arg + strlen (arg), "%zu:%.*s ", chunk, (int) len, (const char *) data);
  return 0;
}

static gpg_error_t
stop (void *arg, size_t chunk, const void *data, size_t len)
{
  (void) data;
  (void) len;
  *(size_t *) arg = chunk;
  return cf_err (GPG_ERR_CANCELED);
}

static const char *
chunks (struct fixture *f, int64_t n)
{
  static char all[200];

  all[0] = 0;
  assert_int_equal (cf_store_transfer_chunks (f->store, n, see_chunk, all), 0);
  return all;
}

static void
test_chunks (void **state)
{
  struct fixture *f = *state;
  struct cf_transfer_row a = row (one, "a"), b = row (one, "b");
  int64_t n = add (f, &a), other = add (f, &b);
  size_t at = 0;

  assert_int_equal (cf_store_transfer_chunk_put (f->store, n, 9, "nine", 4), 0);
  assert_int_equal (cf_store_transfer_chunk_put (f->store, n, 2, "two", 3), 0);
  assert_int_equal (cf_store_transfer_chunk_put (f->store, other, 2, "his", 3), 0);
  assert_int_equal (cf_store_transfer_chunk_put (f->store, n, 9, "NINE", 4), 0);
  assert_string_equal (chunks (f, n), "2:two 9:NINE ");
  assert_int_equal (gpg_err_code (cf_store_transfer_chunks (f->store, n, stop, &at)), GPG_ERR_CANCELED);
  assert_int_equal (at, 2);
  assert_int_equal (cf_store_transfer_chunk_put (f->store, n, 2, "", 0), 0);
  assert_string_equal (chunks (f, n), "9:NINE ");
  assert_int_equal (cf_store_transfer_chunks_clear (f->store, n), 0);
  assert_string_equal (chunks (f, n), "");
  assert_string_equal (chunks (f, other), "2:his ");
}

static bool
wipe (void *arg, const struct cf_message_row *m)
{
  memcpy (arg, m, sizeof *m);
  return true;
}

/* No key, no name, no path of a file outlives its message. */
static void
test_goes_with_its_message (void **state)
{
  struct fixture *f = *state;
  static const char ids[] = "abcd";
  struct seen seen = { .count = 0 };
  struct cf_message_row m;

  for (int i = 0; i < 4; i++) {
    struct cf_transfer_row t = row (i == 3 ? two : one, (const char[2]){ ids[i], 0 });

    memset (&m, 0, sizeof m);
    memcpy (m.conversation, t.conversation, sizeof m.conversation);
    memcpy (m.id, t.id, sizeof m.id);
    m.sequence = (uint64_t) i + 1;
    m.text = "";
    assert_int_equal (cf_store_message_add (f->store, &m), 0);
    assert_int_equal (cf_store_transfer_chunk_put (f->store, add (f, &t), 0, "x", 1), 0);
  }
  assert_int_equal (cf_store_message_get (f->store, one, (const uint8_t[16]){ "a" }, wipe, &m), 0);
  assert_int_equal (cf_store_message_wipe (f->store, &m, CF_MESSAGE_TAKEN_BACK), 0);
  assert_int_equal (cf_store_message_get (f->store, one, (const uint8_t[16]){ "b" }, wipe, &m), 0);
  assert_int_equal (cf_store_message_wipe (f->store, &m, CF_MESSAGE_VANISHED), 0);
  assert_int_equal (cf_store_transfer_open (f->store, see, &seen), 0);
  assert_string_equal (seen.ids, "cd");
  assert_int_equal (cf_store_message_forget (f->store, one), 0);
  seen.ids[0] = 0;
  assert_int_equal (cf_store_transfer_open (f->store, see, &seen), 0);
  assert_string_equal (seen.ids, "d");
  assert_int_equal (gpg_err_code (cf_store_transfer_get (f->store, one, m.id, see, &seen)), GPG_ERR_NOT_FOUND);
  assert_string_equal (chunks (f, 1), "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_comes_back, setup, teardown),
    cmocka_unit_test_setup_teardown (test_lists, setup, teardown),
    cmocka_unit_test_setup_teardown (test_chunks, setup, teardown),
    cmocka_unit_test_setup_teardown (test_goes_with_its_message, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
