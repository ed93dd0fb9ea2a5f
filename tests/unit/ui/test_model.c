/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_model.c - lists that follow a daemon that does as the test says. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "tests/unit/ui/fake_daemon.h"
#include "ui/client/transfers.h"

#define ROWS_MAX 16

/* What the daemon has of one list. */
struct table {
  const char *verb;
  const char *rows[ROWS_MAX];
  unsigned fetched;
  bool hold;              /* answer later, */
  struct fake_conn *held; /* ... here */
};

struct world {
  struct fake *fake;
  struct cf_model *model;
  struct cf_model_listener *listener, *other;
  struct table tables[CF_MODEL_LISTS];
  unsigned changed[CF_MODEL_LISTS + 1], events, states;
  char last_id[CF_MODEL_LISTS + 1][64]; /* "*" for NULL */
};

static struct world *world;

#define A "{\"conversation\":\"aa\",\"title\":\"Ana\",\"peer\":\"F1\",\"state\":\"open\",\"unread\":2,\"online\":true,\"last_activity\":\"2026-01-01T10:00:00.000Z\"}"
#define B "{\"conversation\":\"bb\",\"title\":\"Bob\",\"peer\":\"F2\",\"state\":\"open\",\"unread\":0,\"online\":true,\"last_activity\":\"2026-01-03T10:00:00.000Z\"}"
#define C "{\"conversation\":\"cc\",\"title\":\"Cy\",\"peer\":\"F2\",\"state\":\"closed\",\"pinned\":true,\"unread\":1,\"muted\":true,\"last_activity\":\"2025-01-03T10:00:00.000Z\"}"

static void
answer (struct table *table, struct fake_conn *conn)
{
  for (size_t i = 0; table->rows[i]; i++)
    fake_row (conn, table->rows[i]);
  fake_say (conn, "OK");
  table->held = NULL;
}

static bool
on_line (void *arg, struct fake_conn *conn, const char *line)
{
  struct world *w = arg;

  for (size_t i = 0; i < CF_MODEL_LISTS; i++)
    if (!strcmp (line, w->tables[i].verb)) {
      w->tables[i].fetched++;
      if (w->tables[i].hold)
        w->tables[i].held = conn;
      else
        answer (&w->tables[i], conn);
      return true;
    }
  return false;
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  (void) arg;
  (void) state;
  (void) why;
  world->states++;
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  (void) arg;
  world->changed[list]++;
  snprintf (world->last_id[list], sizeof world->last_id[list], "%s", id ? id : "*");
  if (id) /* every row can be walked while it is told */
    for (const json_t *row = NULL; (row = cf_model_next (world->model, list, row));)
      assert_true (json_is_object (row));
}

static void
on_event (void *arg, const json_t *event)
{
  (void) arg;
  (void) event;
  world->events++;
}

static int
setup (void **state)
{
  static const char *const verbs[] = { "PEERS", "CONTACTS", "REQUESTS", "CONVERSATIONS", "CONFIG", "TRANSFERS" };
  static const struct cf_model_handler handler = { on_state, on_changed, on_event };
  struct cf_session_config config = { NULL, false };

  (void) state;
  world = calloc (1, sizeof *world);
  world->fake = fake_new (on_line, world);
  for (size_t i = 0; i < CF_MODEL_LISTS; i++)
    world->tables[i].verb = verbs[i];
  config.home = world->fake->home;
  assert_int_equal (cf_model_new (&config, &world->model), 0);
  assert_int_equal (cf_model_listen (world->model, &handler, NULL, &world->listener), 0);
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  cf_model_free (world->model);
  fake_free (world->fake);
  free (world);
  return 0;
}

#define WAIT(cond) FAKE_WAIT (world->fake, cf_model_session (world->model), cond)

static void
conversations (const char *a, const char *b, const char *c)
{
  const char **rows = world->tables[CF_MODEL_CONVERSATIONS].rows;

  rows[0] = a;
  rows[1] = b;
  rows[2] = c;
  rows[3] = NULL;
}

static bool
all_complete (void)
{
  for (int i = 0; i < CF_MODEL_LISTS; i++)
    if (!cf_model_complete (world->model, (enum cf_model_list) i))
      return false;
  return cf_model_status (world->model) != NULL && world->fake->events;
}

/* The ids of LIST in order, joined. */
static const char *
order_of (enum cf_model_list list, const char *key)
{
  static char text[256];

  *text = 0;
  for (const json_t *row = NULL; (row = cf_model_next (world->model, list, row));) {
    strncat (text, cf_row_text (row, key), sizeof text - strlen (text) - 1);
    strncat (text, " ", sizeof text - strlen (text) - 1);
  }
  return text;
}

static int64_t
unread_of (const char *id)
{
  return cf_row_number (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, id), "unread");
}

/* ---- lists ---- */

static void
test_fetch (void **state)
{
  (void) state;
  conversations (A, B, C);
  world->tables[CF_MODEL_SETTINGS].rows[0] = "{\"key\":\"theme\",\"value\":\"dark\"}";
  world->tables[CF_MODEL_SETTINGS].rows[1] = "{\"key\":\"name\",\"value\":\"\"}";
  assert_false (cf_model_complete (world->model, CF_MODEL_PEERS));
  WAIT (all_complete ());
  assert_string_equal (order_of (CF_MODEL_CONVERSATIONS, "conversation"), "cc bb aa ");
  assert_string_equal (order_of (CF_MODEL_SETTINGS, "key"), "theme name ");
  assert_int_equal (cf_model_count (world->model, CF_MODEL_CONVERSATIONS), 3);
  assert_string_equal (cf_model_setting (world->model, "theme"), "dark");
  assert_string_equal (cf_model_setting (world->model, "nothing"), "");
  assert_int_equal (cf_model_unread (world->model), 2); /* cc is muted */
  assert_string_equal (cf_row_text (cf_model_conversation_with (world->model, "F2"), "conversation"), "bb");
  assert_null (cf_model_conversation_with (world->model, "F3"));
  assert_null (cf_model_conversation_with (world->model, ""));
  assert_null (cf_model_get (world->model, CF_MODEL_PEERS, "nobody"));
  assert_string_equal (world->last_id[CF_MODEL_CONVERSATIONS], "*");
  assert_int_equal (world->changed[CF_MODEL_CONVERSATIONS], 1);
}

static void
test_hostile_rows (void **state)
{
  const char **rows = world->tables[CF_MODEL_CONVERSATIONS].rows;

  (void) state;
  rows[0] = "{}";
  rows[1] = "{\"conversation\":7}";
  rows[2] = "{\"conversation\":\"\"}";
  rows[3] = "{\"conversation\":\"dd\",\"unread\":\"x\",\"last_activity\":[],\"pinned\":3,\"muted\":{}}";
  rows[4] = "{\"conversation\":\"ee\",\"unread\":-5}";
  rows[5] = "{\"conversation\":\"ff\",\"unread\":9000000000000000000,\"state\":\"open\"}";
  rows[6] = "{\"conversation\":\"dd\",\"unread\":1}"; /* twice: the last one counts */
  rows[7] = "[1]";
  WAIT (all_complete ());
  assert_int_equal (cf_model_count (world->model, CF_MODEL_CONVERSATIONS), 3);
  assert_int_equal (cf_model_unread (world->model), INT32_MAX);
  fake_event (world->fake, true, "conversation", "");
  fake_event (world->fake, true, "conversation", "\"conversation\":[]");
  fake_event (world->fake, true, "conversation", "\"deleted\":true");
  fake_event (world->fake, true, "message", "\"conversation\":\"dd\",\"text\":{},\"direction\":5");
  fake_event (world->fake, true, "message", "\"conversation\":null");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"dd\"");
  fake_event (world->fake, true, "message_changed", "\"message\":\"x\"");
  fake_event (world->fake, false, "typing", "\"typing\":true");
  fake_event (world->fake, true, "request", "\"request\":{}");
  fake_event (world->fake, true, "draft", "");
  fake_event (world->fake, true, "setting", "");
  fake_event (world->fake, true, "of_another_version", "\"a\":1");
  fake_row (world->fake->events, "{\"event\":7}");
  fake_row (world->fake->events, "{}");
  WAIT (world->events == 14);
  assert_int_equal (cf_model_count (world->model, CF_MODEL_REQUESTS), 0);
}

/* ---- events ---- */

static void
test_messages (void **state)
{
  (void) state;
  conversations (A, B, C);
  WAIT (all_complete ());
  usleep (3000); /* behind the millisecond in which the lists came */
  fake_event (world->fake, true, "message",
              "\"conversation\":\"aa\",\"message\":\"m1\",\"direction\":\"in\",\"state\":\"delivered\",\"text\":\"hello\"");
  WAIT (world->events == 1);
  assert_int_equal (unread_of ("aa"), 3);
  assert_string_equal (order_of (CF_MODEL_CONVERSATIONS, "conversation"), "cc aa bb ");
  assert_string_equal (cf_row_text (json_object_get (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "aa"),
                                                     "last_message"), "text"), "hello");
  fake_event (world->fake, true, "message",
              "\"conversation\":\"bb\",\"message\":\"m2\",\"direction\":\"out\",\"state\":\"queued\",\"text\":\"hi\"");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"bb\",\"message\":\"m2\",\"state\":\"sent\"");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"bb\",\"message\":\"other\",\"state\":\"read\"");
  WAIT (world->events == 4);
  assert_int_equal (unread_of ("bb"), 0);
  assert_string_equal (cf_row_text (json_object_get (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "bb"),
                                                     "last_message"), "state"), "sent");
  fake_event (world->fake, true, "message_changed",
              "\"conversation\":\"bb\",\"message\":\"m2\",\"direction\":\"out\",\"state\":\"sent\",\"text\":\"\",\"deleted\":true");
  WAIT (world->events == 5);
  assert_true (cf_row_true (json_object_get (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "bb"),
                                             "last_message"), "deleted"));
  assert_int_equal (world->tables[CF_MODEL_CONVERSATIONS].fetched, 1);
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"bb\",\"message\":\"m2\"");
  WAIT (world->tables[CF_MODEL_CONVERSATIONS].fetched == 2);
}

static void
test_conversations (void **state)
{
  (void) state;
  conversations (A, B, NULL);
  WAIT (all_complete ());
  fake_event (world->fake, true, "conversation",
              "\"conversation\":\"aa\",\"state\":\"open\",\"pinned\":true,\"unread\":0,\"last_activity\":\"2026-01-01T10:00:00.000Z\"");
  WAIT (world->events == 1);
  assert_string_equal (order_of (CF_MODEL_CONVERSATIONS, "conversation"), "aa bb ");
  assert_string_equal (world->last_id[CF_MODEL_CONVERSATIONS], "aa");
  assert_int_equal (json_object_size (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "aa")), 5);
  fake_event (world->fake, true, "conversation", "\"conversation\":\"dd\",\"state\":\"requested\",\"peer\":\"F9\"");
  WAIT (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "dd"));
  fake_event (world->fake, true, "conversation", "\"conversation\":\"aa\",\"state\":\"closed\",\"deleted\":true");
  fake_event (world->fake, true, "conversation", "\"conversation\":\"zz\",\"state\":\"closed\",\"deleted\":true");
  fake_event (world->fake, false, "draft", "\"conversation\":\"bb\",\"draft\":\"half a tho\"");
  WAIT (world->events == 5);
  assert_null (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "aa"));
  assert_string_equal (cf_row_text (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "bb"), "draft"), "half a tho");
}

static void
test_people (void **state)
{
  (void) state;
  conversations (A, B, NULL);
  world->tables[CF_MODEL_CONTACTS].rows[0] = "{\"fingerprint\":\"F1\",\"name\":\"Ana\"}";
  WAIT (all_complete ());
  fake_event (world->fake, false, "peer_seen", "\"fingerprint\":\"F8\",\"name\":\"zoe\"");
  fake_event (world->fake, false, "peer_seen", "\"fingerprint\":\"F9\",\"user_id\":\"Yan <y@x>\"");
  WAIT (world->events == 2);
  assert_string_equal (order_of (CF_MODEL_PEERS, "fingerprint"), "F9 F8 ");
  fake_event (world->fake, false, "peer_gone", "\"fingerprint\":\"F8\"");
  fake_event (world->fake, false, "peer_gone", "\"fingerprint\":\"F7\"");
  WAIT (world->events == 4);
  assert_int_equal (cf_model_count (world->model, CF_MODEL_PEERS), 1);
  fake_event (world->fake, false, "contact", "\"fingerprint\":\"F1\",\"removed\":true");
  fake_event (world->fake, false, "contact", "\"fingerprint\":\"F4\",\"name\":\"Dan\"");
  WAIT (cf_model_get (world->model, CF_MODEL_CONTACTS, "F4"));
  assert_null (cf_model_get (world->model, CF_MODEL_CONTACTS, "F1"));
  assert_int_equal (world->tables[CF_MODEL_CONTACTS].fetched, 1); /* events have said it all */
}

/* Who comes, goes and is called otherwise shows at once, without asking. */
static void
test_contacts (void **state)
{
  (void) state;
  conversations (A, B, NULL);
  world->tables[CF_MODEL_CONTACTS].rows[0] = "{\"fingerprint\":\"F1\",\"name\":\"Ana\",\"online\":true}";
  WAIT (all_complete ());
  fake_event (world->fake, false, "link", "\"fingerprint\":\"F1\",\"online\":false,\"route\":null");
  WAIT (world->events == 1);
  assert_false (cf_row_true (cf_model_get (world->model, CF_MODEL_CONTACTS, "F1"), "online"));
  assert_false (cf_row_true (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "aa"), "online"));
  assert_true (cf_row_true (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "bb"), "online"));
  fake_event (world->fake, false, "contact", "\"fingerprint\":\"F1\",\"name\":\"Ana\",\"present\":true,\"online\":true");
  fake_event (world->fake, false, "link", "\"fingerprint\":\"F1\",\"online\":true,\"route\":\"lan\"");
  fake_event (world->fake, false, "link", "\"fingerprint\":\"F1\",\"online\":false,\"route\":null");
  fake_event (world->fake, false, "link", "\"fingerprint\":\"F7\",\"online\":true,\"route\":\"lan\"");
  WAIT (world->events == 5);
  assert_true (cf_row_true (cf_model_get (world->model, CF_MODEL_CONTACTS, "F1"), "online")); /* he is near all the same */
  assert_false (cf_row_true (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "aa"), "online"));
  assert_non_null (cf_model_get (world->model, CF_MODEL_PEERS, "F1"));
  assert_null (cf_model_get (world->model, CF_MODEL_CONTACTS, "F7"));
  assert_int_equal (world->tables[CF_MODEL_CONVERSATIONS].fetched, 1);
  fake_event (world->fake, false, "contact", "\"fingerprint\":\"F1\",\"name\":\"Anna\",\"present\":true,\"blocked\":true");
  WAIT (world->tables[CF_MODEL_CONVERSATIONS].fetched == 2); /* their titles have another name */
  assert_null (cf_model_get (world->model, CF_MODEL_PEERS, "F1"));
  assert_string_equal (cf_row_text (cf_model_get (world->model, CF_MODEL_CONTACTS, "F1"), "name"), "Anna");
}

static void
test_requests (void **state)
{
  (void) state;
  WAIT (all_complete ());
  fake_event (world->fake, true, "request", "\"request\":\"r1\",\"state\":\"waiting\",\"since\":\"2026-01-02\"");
  fake_event (world->fake, true, "request", "\"request\":\"r2\",\"state\":\"waiting\",\"since\":\"2026-01-01\"");
  fake_event (world->fake, true, "request_state", "\"request\":\"r3\",\"state\":\"lapsed\"");
  WAIT (world->events == 3);
  assert_string_equal (order_of (CF_MODEL_REQUESTS, "request"), "r2 r1 ");
  fake_event (world->fake, true, "request_state", "\"request\":\"r2\",\"state\":\"opened\"");
  WAIT (world->events == 4);
  assert_string_equal (order_of (CF_MODEL_REQUESTS, "request"), "r1 ");
}

static void
test_settings (void **state)
{
  (void) state;
  world->tables[CF_MODEL_SETTINGS].rows[0] = "{\"key\":\"theme\",\"value\":\"dark\",\"meaning\":\"x\"}";
  WAIT (all_complete ());
  fake_event (world->fake, false, "setting", "\"key\":\"theme\",\"value\":\"light\"");
  WAIT (world->events == 1);
  assert_string_equal (cf_model_setting (world->model, "theme"), "light");
  assert_string_equal (world->last_id[CF_MODEL_SETTINGS], "theme");
  world->tables[CF_MODEL_SETTINGS].rows[0] = "{\"key\":\"theme\",\"value\":\"system\"}";
  cf_model_refresh (world->model, CF_MODEL_SETTINGS);
  WAIT (!strcmp (cf_model_setting (world->model, "theme"), "system"));
}

static void
test_typing (void **state)
{
  (void) state;
  conversations (A, NULL, NULL);
  WAIT (all_complete ());
  fake_event (world->fake, false, "typing", "\"conversation\":\"aa\",\"typing\":true");
  WAIT (cf_model_typing (world->model, "aa"));
  assert_int_equal (world->changed[CF_MODEL_CONVERSATIONS], 2);
  fake_event (world->fake, false, "typing", "\"conversation\":\"aa\",\"typing\":false");
  WAIT (!cf_model_typing (world->model, "aa"));
  fake_event (world->fake, false, "typing", "\"conversation\":\"aa\",\"typing\":true");
  WAIT (cf_model_typing (world->model, "aa"));
  fake_event (world->fake, true, "message", "\"conversation\":\"aa\",\"direction\":\"in\",\"message\":\"m\"");
  WAIT (!cf_model_typing (world->model, "aa"));
  fake_event (world->fake, false, "typing", "\"conversation\":\"aa\",\"typing\":true");
  WAIT (cf_model_typing (world->model, "aa"));
  fake_stop (world->fake); /* who knows now */
  WAIT (!cf_model_typing (world->model, "aa"));
  fake_start (world->fake);
  WAIT (all_complete ());
  world->events = 0;
  for (unsigned i = 0; i < 200; i++) { /* more than are kept */
    char fields[80];

    snprintf (fields, sizeof fields, "\"conversation\":\"t%u\",\"typing\":true", i);
    fake_event (world->fake, false, "typing", fields);
    WAIT (world->events == i + 1);
  }
  assert_true (cf_model_typing (world->model, "t63"));
  assert_false (cf_model_typing (world->model, "t150"));
}

/* ---- fetches and events that cross ---- */

static void
test_crossing (void **state)
{
  struct table *table = &world->tables[CF_MODEL_CONVERSATIONS];

  (void) state;
  conversations (A, B, NULL);
  table->hold = true;
  WAIT (table->held && world->fake->events);
  /* While the list is on its way: one more, one gone, a message. */
  fake_event (world->fake, true, "conversation", "\"conversation\":\"dd\",\"state\":\"open\",\"unread\":0");
  fake_event (world->fake, true, "conversation", "\"conversation\":\"bb\",\"deleted\":true");
  fake_event (world->fake, true, "message", "\"conversation\":\"aa\",\"direction\":\"in\",\"message\":\"m\"");
  WAIT (world->events == 3);
  table->hold = false;
  answer (table, table->held);
  WAIT (cf_model_complete (world->model, CF_MODEL_CONVERSATIONS));
  assert_non_null (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "dd"));
  assert_null (cf_model_get (world->model, CF_MODEL_CONVERSATIONS, "bb"));
  assert_int_equal (unread_of ("aa"), 2);
  conversations (A, NULL, NULL);
  WAIT (table->fetched == 2); /* whether the message was counted is for the daemon to say */
}

/* After a restart the same events come again; they count nothing twice. */
static void
test_resync (void **state)
{
  unsigned states;

  (void) state;
  conversations (A, B, NULL);
  WAIT (all_complete ());
  fake_stop (world->fake);
  WAIT (cf_session_state (cf_model_session (world->model)) == CF_SESSION_CONNECTING);
  assert_int_equal (cf_model_count (world->model, CF_MODEL_CONVERSATIONS), 2); /* not blank meanwhile */
  assert_false (cf_model_complete (world->model, CF_MODEL_CONVERSATIONS));
  states = world->states;
  conversations (A, B, C);
  world->fake->cursor = 5;
  fake_start (world->fake);
  WAIT (all_complete ());
  assert_int_equal (world->states, states + 1);
  assert_int_equal (cf_model_count (world->model, CF_MODEL_CONVERSATIONS), 3);
  fake_row (world->fake->events, "{\"event\":\"message\",\"cursor\":4,\"at\":\"2026-01-01T00:00:00Z\",\"conversation\":\"aa\","
                                 "\"direction\":\"in\",\"message\":\"m\",\"state\":\"delivered\"}");
  WAIT (world->events == 1);
  assert_int_equal (unread_of ("aa"), 2);
}

/* ---- listeners ---- */

static unsigned heard;

static void
leave (void *arg, enum cf_model_list list, const char *id)
{
  (void) arg;
  (void) list;
  (void) id;
  heard++;
  cf_model_unlisten (world->model, world->other);
  cf_model_unlisten (world->model, world->listener);
  world->other = world->listener = NULL;
}

static void
test_listeners (void **state)
{
  static const struct cf_model_handler handler = { .changed = leave };

  (void) state;
  heard = 0;
  WAIT (all_complete ());
  assert_int_equal (cf_model_listen (world->model, &handler, NULL, &world->other), 0);
  fake_event (world->fake, true, "request", "\"request\":\"r1\",\"state\":\"waiting\"");
  fake_event (world->fake, true, "request", "\"request\":\"r2\",\"state\":\"waiting\"");
  WAIT (cf_model_count (world->model, CF_MODEL_REQUESTS) == 2);
  assert_int_equal (heard, 1);
}

/* ---- transfers ---- */

#define T1 "{\"transfer\":\"t1\",\"conversation\":\"aa\",\"message\":\"m1\",\"state\":\"active\",\"offered_at\":\"2026-01-01T10:00:00.000Z\",\"ended_at\":null}"
#define T2 "{\"transfer\":\"t2\",\"conversation\":\"bb\",\"message\":\"m2\",\"state\":\"offered\",\"offered_at\":\"2026-01-02T10:00:00.000Z\",\"ended_at\":null}"
#define T3 "{\"transfer\":\"t3\",\"conversation\":\"aa\",\"message\":\"m3\",\"state\":\"done\",\"offered_at\":\"2026-01-03T10:00:00.000Z\",\"ended_at\":\"2026-01-03T11:00:00.000Z\"}"

static void
test_transfers (void **state)
{
  json_t *message = json_pack ("{s:s, s:{s:s, s:s}}", "message", "m1", "attachment", "transfer", "t1", "state", "offered");
  json_t *old = json_pack ("{s:s, s:{s:s, s:s}}", "message", "m0", "attachment", "transfer", "t0", "state", "done");
  const json_t *row;

  (void) state;
  world->tables[CF_MODEL_TRANSFERS].rows[0] = T3;
  world->tables[CF_MODEL_TRANSFERS].rows[1] = T1;
  world->tables[CF_MODEL_TRANSFERS].rows[2] = T2;
  WAIT (all_complete ());
  assert_string_equal (order_of (CF_MODEL_TRANSFERS, "transfer"), "t2 t1 t3 ");
  row = cf_transfer_next (world->model, "aa", NULL);
  assert_string_equal (cf_row_text (row, "transfer"), "t1");
  row = cf_transfer_next (world->model, "aa", row);
  assert_string_equal (cf_row_text (row, "transfer"), "t3");
  assert_null (cf_transfer_next (world->model, "aa", row));
  assert_string_equal (cf_row_text (cf_transfer_of_message (world->model, message), "state"), "active");
  assert_string_equal (cf_row_text (cf_transfer_of_message (world->model, old), "state"), "done");
  assert_null (cf_transfer_of_message (world->model, NULL));
  json_object_set_new (message, "deleted", json_true ());
  assert_null (cf_transfer_of_message (world->model, message));
  fake_event (world->fake, true, "transfer",
              "\"transfer\":\"t1\",\"conversation\":\"aa\",\"state\":\"done\",\"offered_at\":\"2026-01-01T10:00:00.000Z\","
              "\"ended_at\":\"2026-01-04T10:00:00.000Z\"");
  WAIT (cf_transfer_ended (cf_model_get (world->model, CF_MODEL_TRANSFERS, "t1")));
  assert_string_equal (world->last_id[CF_MODEL_TRANSFERS], "t1");
  assert_string_equal (order_of (CF_MODEL_TRANSFERS, "transfer"), "t2 t3 t1 ");
  world->tables[CF_MODEL_TRANSFERS].rows[2] = NULL; /* with its message */
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"bb\",\"message\":\"m2\"");
  WAIT (cf_model_count (world->model, CF_MODEL_TRANSFERS) == 2);
  json_decref (message);
  json_decref (old);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_fetch, setup, teardown),
    cmocka_unit_test_setup_teardown (test_hostile_rows, setup, teardown),
    cmocka_unit_test_setup_teardown (test_messages, setup, teardown),
    cmocka_unit_test_setup_teardown (test_conversations, setup, teardown),
    cmocka_unit_test_setup_teardown (test_people, setup, teardown),
    cmocka_unit_test_setup_teardown (test_contacts, setup, teardown),
    cmocka_unit_test_setup_teardown (test_requests, setup, teardown),
    cmocka_unit_test_setup_teardown (test_settings, setup, teardown),
    cmocka_unit_test_setup_teardown (test_transfers, setup, teardown),
    cmocka_unit_test_setup_teardown (test_typing, setup, teardown),
    cmocka_unit_test_setup_teardown (test_crossing, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resync, setup, teardown),
    cmocka_unit_test_setup_teardown (test_listeners, setup, teardown),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
