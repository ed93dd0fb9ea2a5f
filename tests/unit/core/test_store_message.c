/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_message.c - the tables of what was said: what comes back is what was put in, and forgetting is whole. */
#include "core/store/store_message.h"
#include "tests/unit/core/store_unit.h"

static struct cf_message_row
row (const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, uint64_t sequence, const char *text)
{
  struct cf_message_row m;

  memset (&m, 0, sizeof m);
  memcpy (m.conversation, conversation, sizeof m.conversation);
  snprintf ((char *) m.id, sizeof m.id, "%d-%llu", outgoing, (unsigned long long) sequence);
  m.outgoing = outgoing;
  m.sequence = sequence;
  m.sent_utc_ms = 1000;
  m.hash[0] = (uint8_t) sequence;
  m.text = text;
  m.text_len = strlen (text);
  return m;
}

static void
add (struct fixture *f, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, uint64_t sequence,
     const char *text)
{
  struct cf_message_row m = row (conversation, outgoing, sequence, text);

  assert_int_equal (cf_store_message_add (f->store, &m), 0);
}

static bool
join (void *arg, const struct cf_message_row *m)
{
  strcat (arg, m->text);
  strcat (arg, ";");
  return true;
}

static const char *
search_before (struct fixture *f, const uint8_t conversation[CF_CONVERSATION_ID_LEN], int64_t before, const char *match,
               size_t limit)
{
  static char all[1000];

  all[0] = 0;
  assert_int_equal (cf_store_message_history (f->store, conversation, before, match, limit, join, all), 0);
  return all;
}

static const char *
search (struct fixture *f, const uint8_t conversation[CF_CONVERSATION_ID_LEN], const char *match, size_t limit)
{
  return search_before (f, conversation, INT64_MAX, match, limit);
}

static void
test_comes_back (void **state)
{
  struct fixture *f = *state;
  struct cf_message_row m = row (one, true, 1, "hello");
  uint8_t hash[CF_HASH_LEN];
  size_t n;

  m.is_reply = true;
  memset (m.reply_to, 9, sizeof m.reply_to);
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  assert_int_equal (gpg_err_code (cf_store_message_add (f->store, &m)), GPG_ERR_EEXIST);
  m.id[0] = 'x'; /* the same sequence, another id */
  assert_int_equal (gpg_err_code (cf_store_message_add (f->store, &m)), GPG_ERR_EEXIST);
  m.outgoing = false;
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  m.sequence = 0; /* what did not hold has none, and there may be many */
  m.signature = CF_SIGNATURE_BAD;
  for (n = 0; n < 3; n++) {
    m.id[0] = (uint8_t) n;
    assert_int_equal (cf_store_message_add (f->store, &m), 0);
  }
  m.id[0] = 'n'; /* nor has what became of a key, but it counts for itself */
  m.signature = CF_SIGNATURE_KEY_CHANGED;
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  assert_int_equal (cf_store_message_bad_count (f->store, one, &n), 0);
  assert_int_equal (n, 3);
  assert_int_equal (cf_store_message_notices (f->store, one, &n), 0);
  assert_int_equal (n, 1);
  assert_int_equal (cf_store_message_hidden (f->store, one, false, 1, 9, &n), 0);
  assert_int_equal (n, 0);
  m.id[0] = 'y';
  m.signature = CF_SIGNATURE_VALID;
  m.sequence = 2;
  m.kind = CF_ENTRY_CLOSE;
  m.hidden = true;
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  assert_int_equal (cf_store_message_hidden (f->store, one, false, 1, 9, &n), 0);
  assert_int_equal (n, 1);
  assert_int_equal (cf_store_message_hidden (f->store, one, false, 3, 9, &n), 0);
  assert_int_equal (n, 0);
  assert_int_equal (cf_store_message_hidden (f->store, one, true, 1, 9, &n), 0);
  assert_int_equal (n, 0);
  assert_int_equal (cf_store_message_hash (f->store, one, true, 1, hash), 0);
  assert_int_equal (hash[0], 1);
  assert_int_equal (gpg_err_code (cf_store_message_hash (f->store, one, true, 2, hash)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (cf_store_message_hash (f->store, two, true, 1, hash)), GPG_ERR_NOT_FOUND);
}

static bool
count_state (void *arg, const struct cf_message_row *m)
{
  int *seen = arg;

  seen[m->state]++;
  return true;
}

static void
test_states_only_rise (void **state)
{
  struct fixture *f = *state;
  int seen[5] = { 0 };
  uint64_t i;

  for (i = 1; i <= 5; i++)
    add (f, one, true, i, "x");
  assert_int_equal (cf_store_message_raise (f->store, one, true, 1, 3, CF_MESSAGE_DELIVERED, 5000, NULL, NULL), 0);
  assert_int_equal (cf_store_message_raise (f->store, one, true, 1, 5, CF_MESSAGE_SENT, 6000, count_state, seen), 0);
  assert_int_equal (seen[CF_MESSAGE_QUEUED], 2); /* FN hears of those that change only */
  assert_int_equal (seen[CF_MESSAGE_DELIVERED], 0);
  memset (seen, 0, sizeof seen);
  assert_int_equal (cf_store_message_outgoing (f->store, one, 0, 100, count_state, seen), 0);
  assert_int_equal (seen[CF_MESSAGE_DELIVERED], 3);
  assert_int_equal (seen[CF_MESSAGE_SENT], 2);
}

static bool
copy_row (void *arg, const struct cf_message_row *m)
{
  struct cf_message_row *copy = arg;

  *copy = *m;
  copy->text = copy->kind_name = NULL;
  return false;
}

static struct cf_message_row
stored (struct fixture *f, bool outgoing, uint64_t sequence)
{
  struct cf_message_row m = row (one, outgoing, sequence, ""), copy;

  assert_int_equal (cf_store_message_get (f->store, one, m.id, copy_row, &copy), 0);
  return copy;
}

static void
add_batch (struct fixture *f, bool outgoing, bool acked, uint64_t first, uint64_t number)
{
  struct cf_envelope_row e = { .outgoing = outgoing, .acked = acked, .first = first, .number = number,
                               .sealed = "sealed", .sealed_len = 6 };

  memcpy (e.conversation, one, sizeof e.conversation);
  e.peer.version = 4;
  e.peer.len = 20;
  assert_int_equal (cf_store_envelope_add (f->store, &e), 0);
}

static size_t
batch_len (struct fixture *f, bool outgoing, uint64_t sequence)
{
  uint64_t number;
  size_t len = 99;

  assert_int_equal (cf_store_envelope_find (f->store, one, outgoing, sequence, &number, &len), 0);
  return len;
}

/* What was signed stays beside what is shown until it is in an envelope, and no longer. */
static void
test_signed_and_shown (void **state)
{
  struct fixture *f = *state;
  struct cf_message_row m;
  char all[100] = "";

  add (f, one, true, 1, "first");
  add (f, one, true, 2, "second");
  m = stored (f, true, 1);
  assert_int_equal (cf_store_message_edit (f->store, &m, "premier", 7, 1234), 0);
  assert_int_equal (cf_store_message_edit (f->store, &m, "1st", 3, 1235), 0);
  m = stored (f, true, 2);
  assert_int_equal (cf_store_message_wipe (f->store, &m, CF_MESSAGE_TAKEN_BACK), 0);
  assert_string_equal (search (f, one, NULL, 10), "1st;;");
  assert_string_equal (search (f, one, "\"first\"", 10), "");
  assert_string_equal (search (f, one, "\"premier\"", 10), "");
  assert_string_equal (search (f, one, "\"1st\"", 10), "1st;");
  assert_int_equal (cf_store_message_outgoing (f->store, one, 0, 10, join, all), 0);
  assert_string_equal (all, "first;second;");
  add_batch (f, true, false, 1, 2);
  assert_int_equal (cf_store_message_sealed (f->store, one, 1, 2), 0);
  all[0] = 0;
  assert_int_equal (cf_store_message_outgoing (f->store, one, 0, 10, join, all), 0);
  assert_string_equal (all, "1st;;");
}

/* The envelopes of what is gone, those of its edits, too; not while somebody waits for them. */
static void
test_gone_for_good (void **state)
{
  struct fixture *f = *state;
  struct cf_message_row m = row (one, true, 3, "never shown"), secret;

  add (f, one, true, 1, "secret");
  add (f, one, true, 2, "harmless");
  m.kind = CF_ENTRY_EDIT;
  m.hidden = m.is_reply = true;
  secret = stored (f, true, 1);
  memcpy (m.reply_to, secret.id, sizeof m.reply_to);
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  add_batch (f, true, true, 1, 1);
  add_batch (f, true, true, 2, 2);
  add_batch (f, true, false, 3, 3);
  m = stored (f, true, 1);
  assert_int_equal (cf_store_reaction_set (f->store, m.row, false, "!", 1), 0);
  assert_int_equal (cf_store_message_wipe (f->store, &m, CF_MESSAGE_VANISHED), 0);
  assert_int_equal (batch_len (f, true, 1), 0);
  assert_int_equal (batch_len (f, true, 2), 6);
  assert_int_equal (batch_len (f, true, 3), 6);
  assert_int_equal (cf_store_envelope_settle (f->store, one, 1, 3), 0);
  assert_int_equal (cf_store_envelope_blank (f->store, one, true, 1, 3), 0);
  assert_int_equal (batch_len (f, true, 2), 6);
  assert_int_equal (batch_len (f, true, 3), 0);
  assert_string_equal (search (f, one, NULL, 10), "harmless;");
  assert_string_equal (search (f, one, "\"secret\"", 10), "");
  assert_int_equal (cf_store_message_scrub (f->store, INT64_MAX), 0);
  assert_int_equal (cf_store_truncate (f->store), 0);
  assert_string_equal (search (f, one, "\"harmless\"", 10), "harmless;");
}

static bool
count_row (void *arg, const struct cf_message_row *m)
{
  (void) m;
  ++*(size_t *) arg;
  return true;
}

static void
test_expiry (void **state)
{
  struct fixture *f = *state;
  struct cf_message_row m = row (one, false, 1, "short");
  size_t seen = 0, count = 0;
  int64_t due = 1;

  m.lifetime_s = 60;
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  add (f, one, false, 2, "long");
  assert_int_equal (cf_store_message_next_due (f->store, &due), 0);
  assert_int_equal (due, 0);
  for (int again = 0; again < 2; again++) { /* its time begins once */
    assert_int_equal (cf_store_message_expire (f->store, one, false, 1, 2, 1000 + again, count_row, &seen, &count), 0);
    assert_int_equal (count, !again);
  }
  assert_int_equal (seen, 1);
  assert_int_equal (cf_store_message_next_due (f->store, &due), 0);
  assert_int_equal (due, 61000);
  seen = 0;
  assert_int_equal (cf_store_message_due (f->store, 60999, 10, count_row, &seen), 0);
  assert_int_equal (seen, 0);
  assert_int_equal (cf_store_message_due (f->store, 61000, 10, count_row, &seen), 0);
  assert_int_equal (seen, 1);
  m = stored (f, false, 1);
  assert_int_equal (cf_store_message_wipe (f->store, &m, CF_MESSAGE_VANISHED), 0);
  assert_int_equal (cf_store_message_next_due (f->store, &due), 0);
  assert_int_equal (due, 0);
}

static void
test_history (void **state)
{
  struct fixture *f = *state;
  struct cf_message_row m;

  add (f, one, true, 1, "Grüße aus Zürich");
  add (f, one, false, 1, "grusse back");
  add (f, two, true, 1, "zurich elsewhere");
  m = row (one, true, 2, "");
  m.kind = CF_ENTRY_CLOSE;
  m.hidden = true;
  assert_int_equal (cf_store_message_add (f->store, &m), 0);
  assert_string_equal (search (f, one, NULL, 10), "Grüße aus Zürich;grusse back;");
  assert_string_equal (search (f, one, NULL, 1), "grusse back;");
  assert_string_equal (search (f, one, "\"zurich\"", 10), "Grüße aus Zürich;");
  assert_string_equal (search (f, two, "\"ZÜRICH\"", 10), "zurich elsewhere;");
  assert_string_equal (search (f, one, "\"elsewhere\"", 10), "");
}

/* The latest ones first, page by page, whatever else has the same words. */
static void
test_search_pages (void **state)
{
  struct fixture *f = *state;
  char text[32];

  for (uint64_t i = 1; i <= 30; i++) { /* rows 2 * I - 1 and 2 * I */
    snprintf (text, sizeof text, "every n%u", (unsigned) i);
    add (f, one, true, i, text);
    snprintf (text, sizeof text, "every m%u", (unsigned) i);
    add (f, two, i % 2, (i + 1) / 2, text);
  }
  assert_string_equal (search (f, one, "\"every\"", 3), "every n28;every n29;every n30;");
  assert_string_equal (search_before (f, one, 2 * 28 - 1, "\"every\"", 2), "every n26;every n27;");
  assert_string_equal (search_before (f, two, 2 * 28 - 1, "\"every\"", 2), "every m26;every m27;");
  assert_string_equal (search_before (f, one, 2, "\"every\"", 2), "every n1;");
  assert_string_equal (search_before (f, one, 1, "\"every\"", 2), "");
  assert_string_equal (search (f, one, "\"every\" \"n7\"", 3), "every n7;");
  assert_string_equal (search (f, one, "\"m7\"", 3), "");
  assert_int_equal (cf_store_message_forget (f->store, two), 0);
  assert_string_equal (search (f, two, "\"every\"", 3), "");
  assert_string_equal (search (f, one, "\"every\"", 3), "every n28;every n29;every n30;");
}

static void
add_envelope_of (struct fixture *f, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, uint64_t first,
                 uint64_t number)
{
  struct cf_envelope_row e;

  memset (&e, 0, sizeof e);
  memcpy (e.conversation, conversation, sizeof e.conversation);
  e.peer.version = 4;
  e.peer.len = 20;
  e.outgoing = outgoing;
  e.acked = !outgoing;
  e.first = first;
  e.number = number;
  e.sealed = "sealed";
  e.sealed_len = 6;
  assert_int_equal (cf_store_envelope_add (f->store, &e), 0);
}

static void
add_envelope (struct fixture *f, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, uint64_t number)
{
  add_envelope_of (f, conversation, outgoing, number, number);
}

static bool
list_numbers (void *arg, const struct cf_envelope_row *e)
{
  char one_number[32];

  snprintf (one_number, sizeof one_number, "%llu%s ", (unsigned long long) e->number, e->orphan ? "o" : "");
  strcat (arg, one_number);
  assert_int_equal (e->peer.version, 4);
  return true;
}

static const char *
waiting (struct fixture *f)
{
  static char all[200];

  all[0] = 0;
  assert_int_equal (cf_store_envelope_waiting (f->store, list_numbers, all), 0);
  return all;
}

static void
test_forgetting (void **state)
{
  struct fixture *f = *state;
  uint64_t numbers[4], last, i;
  size_t count;

  for (i = 1; i <= 3; i++) {
    add (f, one, true, i, "secret word");
    add_envelope (f, one, true, i);
    add_envelope (f, one, false, i);
  }
  add (f, two, true, 1, "secret too");
  assert_string_equal (waiting (f), "1 2 3 ");
  assert_int_equal (cf_store_envelope_settle (f->store, one, 1, 1), 0);
  assert_int_equal (cf_store_envelope_last (f->store, one, &last), 0);
  assert_int_equal (last, 3);
  assert_int_equal (cf_store_envelope_numbers (f->store, one, 2, 4, numbers, &count), 0);
  assert_int_equal (count, 2);
  assert_int_equal (cf_store_message_forget (f->store, one), 0);
  assert_string_equal (waiting (f), "2o 3o ");
  assert_string_equal (search (f, one, NULL, 10), "");
  assert_string_equal (search (f, one, "\"secret\"", 10), "");
  assert_string_equal (search (f, two, "\"secret\"", 10), "secret too;");
  assert_int_equal (cf_store_envelope_remove (f->store, one, 2), 0);
  assert_string_equal (waiting (f), "3o ");
}

/* Batches that were sealed again: those that a later one contains are not told. */
static void
test_each_entry_once (void **state)
{
  static const struct {
    bool outgoing;
    uint64_t first, number;
  } kept[] = { { false, 1, 1 }, { false, 2, 4 }, { true, 1, 3 }, { false, 2, 5 }, { false, 4, 7 }, { true, 4, 300 },
               { false, 8, 8 }, { false, 8, 9 }, { false, 7, 10 } };
  struct fixture *f = *state;
  char all[200] = "";

  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    add_envelope_of (f, one, kept[i].outgoing, kept[i].first, kept[i].number);
  add_envelope_of (f, two, false, 1, 9);
  assert_int_equal (cf_store_envelope_after (f->store, one, 0, 100, list_numbers, all), 0);
  assert_string_equal (all, "1 3 5 7 300 10 ");
  all[0] = 0;
  assert_int_equal (cf_store_envelope_after (f->store, one, 3, 2, list_numbers, all), 0);
  assert_string_equal (all, "5 7 ");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_comes_back, setup, teardown),
    cmocka_unit_test_setup_teardown (test_states_only_rise, setup, teardown),
    cmocka_unit_test_setup_teardown (test_history, setup, teardown),
    cmocka_unit_test_setup_teardown (test_signed_and_shown, setup, teardown),
    cmocka_unit_test_setup_teardown (test_gone_for_good, setup, teardown),
    cmocka_unit_test_setup_teardown (test_expiry, setup, teardown),
    cmocka_unit_test_setup_teardown (test_search_pages, setup, teardown),
    cmocka_unit_test_setup_teardown (test_each_entry_once, setup, teardown),
    cmocka_unit_test_setup_teardown (test_forgetting, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
