/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_store.c - a store in which any value may stand: written by an older Confab, by a bug, by somebody with the key.
 *
 * Bob's daemon dies; values of his tables are overwritten with what the input says; he starts again, perhaps not, and
 * shows what he has.  A start may fail, a command may fail: nothing crashes, and what is shown is text.
 */
#include <config.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/store/files.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 12
#define TABLES_MAX 32
#define COLUMNS_MAX 40

/* The store's columns, and what overwrites one in every row or in the last.  Tables of the index of words are SQLite's
   own: what it makes of wrong values there (some crash it) is not decided here. */
static struct table {
  char *all[COLUMNS_MAX], *last[COLUMNS_MAX];
  size_t count;
} tables[TABLES_MAX];
static size_t table_count;

static void
learn_columns (sqlite3 *db, struct table *t, const char *name)
{
  char *sql = cf_sprintf ("PRAGMA table_info(\"%s\")", name);
  sqlite3_stmt *s = NULL;

  FUZZ_CHECK (sql && !sqlite3_prepare_v2 (db, sql, -1, &s, NULL));
  while (sqlite3_step (s) == SQLITE_ROW) {
    size_t i = t->count++;

    FUZZ_CHECK (i < COLUMNS_MAX);
    t->all[i] = cf_sprintf ("UPDATE OR IGNORE \"%s\" SET \"%s\" = ?1", name, (const char *) sqlite3_column_text (s, 1));
    FUZZ_CHECK (t->all[i]);
    t->last[i] = cf_sprintf ("%s WHERE rowid = (SELECT max(rowid) FROM \"%s\")", t->all[i], name);
    FUZZ_CHECK (t->last[i]);
  }
  sqlite3_finalize (s);
  free (sql);
}

static void
learn_tables (sqlite3 *db)
{
  sqlite3_stmt *s = NULL;

  FUZZ_CHECK (!sqlite3_prepare_v2 (db,
                                   "SELECT name FROM sqlite_master WHERE type = 'table'"
                                   " AND name NOT LIKE 'message\\_text%' ESCAPE '\\'",
                                   -1, &s, NULL));
  while (sqlite3_step (s) == SQLITE_ROW) {
    FUZZ_CHECK (table_count < TABLES_MAX);
    learn_columns (db, &tables[table_count++], (const char *) sqlite3_column_text (s, 0));
  }
  sqlite3_finalize (s);
}

/* Bob's store, while he is down. */
static sqlite3 *
open_bobs (void)
{
  char *path = cf_store_path (fuzz_world.nodes[1]->home, CF_STORE_DB);
  sqlite3 *db = NULL;

  FUZZ_CHECK (path && !sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL));
  sqlite3_exec (db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
  free (path);
  return db;
}

static void
bind_value (sqlite3_stmt *s, struct fuzz_in *in)
{
  uint8_t kind = fuzz_u8 (in);
  const uint8_t *data;
  size_t len;

  switch (kind % 5) {
  case 0: sqlite3_bind_null (s, 1); break;
  case 1: sqlite3_bind_int64 (s, 1, (sqlite3_int64) ((uint64_t) fuzz_u32 (in) << (kind >> 3))); break;
  case 2: sqlite3_bind_int64 (s, 1, (int8_t) fuzz_u8 (in)); break;
  default:
    data = fuzz_bytes (in, fuzz_u8 (in) % 80, &len);
    if (kind % 5 == 3)
      sqlite3_bind_text (s, 1, (const char *) data, (int) len, SQLITE_TRANSIENT);
    else
      sqlite3_bind_blob (s, 1, data, (int) len, SQLITE_TRANSIENT);
  }
}

/* One column of one table, in every row or in the last. */
static void
overwrite (sqlite3 *db, struct fuzz_in *in)
{
  uint8_t which = fuzz_u8 (in), column_no = fuzz_u8 (in);
  const struct table *t = &tables[(which & 127) % table_count];
  const char *sql = which & 128 ? t->last[column_no % t->count] : t->all[column_no % t->count];
  sqlite3_stmt *s = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &s, NULL))
    return;
  bind_value (s, in);
  (void) sqlite3_step (s);
  sqlite3_finalize (s);
}

static void
tamper (struct fuzz_in *in)
{
  sqlite3 *db = open_bobs ();

  sqlite3_exec (db, "BEGIN", NULL, NULL, NULL);
  for (int n = 0; in->left && n < STEPS_MAX; n++)
    overwrite (db, in);
  sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
  sqlite3_close (db);
}

/* Each has written to the other, and Bob's daemon has died. */
static void
set (int scene)
{
  struct sim_node *alice = fuzz_world.nodes[0], *bob = fuzz_world.nodes[1];
  char peer[CF_FPR_HEX_SIZE], own[CF_FPR_HEX_SIZE];
  sqlite3 *db;

  (void) scene;
  sim_do (bob, "SEND", "hello", cf_fpr_hex (&alice->fpr, peer), NULL);
  sim_do (alice, "SEND", "hello \xc3\xa4", cf_fpr_hex (&bob->fpr, own), NULL);
  sim_run (fuzz_world.sim, 20);
  sim_node_crash (bob, true);
  db = open_bobs ();
  if (!table_count)
    learn_tables (db);
  sqlite3_exec (db, "PRAGMA wal_checkpoint (TRUNCATE)", NULL, NULL, NULL);
  sqlite3_close (db);
}

/* Everything that shows what is stored. */
static void
look (struct sim_node *node, const char *peer, const char *id)
{
  const char *const words[][4] = { { "STATUS" }, { "CONTACTS" }, { "PEERS" }, { "REQUESTS" }, { "CONVERSATIONS" }, { "CONFIG" },
                                   { "HISTORY", "--limit=100", id }, { "HISTORY", "--search=hello", id },
                                   { "EXPORT", id }, { "READ", peer }, { "SEND", peer }, { "ADDRESS" } };

  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    struct sim_command *call = sim_call (node, words[i][0], "hello", words[i][1], words[i][1] ? words[i][2] : NULL, NULL);
    char *text;

    sim_wait (call, 200);
    text = json_dumps (call->rows, 0);
    FUZZ_CHECK (text && cf_text_is_utf8 (text, strlen (text)));
    free (text);
    sim_command_free (call);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static const struct fuzz_scene scene = { true, NULL, 0 };
  static const struct fuzz_story story = { .scenes = &scene, .scene_count = 1, .set = set };
  struct fuzz_in in = { data, len };
  struct sim_node *bob;
  char peer[CF_FPR_HEX_SIZE], id[2 * CF_CONVERSATION_ID_LEN + 1];

  fuzz_ram_unchecked = true;
  fuzz_world_begin (&story, 0, data, len);
  bob = fuzz_world.nodes[1];
  cf_hex (fuzz_world.id, sizeof fuzz_world.id, id);
  cf_fpr_hex (&fuzz_world.nodes[0]->fpr, peer);
  tamper (&in);
  if (!sim_node_start (bob)) {
    bob->core->env->log_level = CF_LOG_ERROR;
    sim_run (fuzz_world.sim, 2000);
    look (bob, peer, id);
    sim_run (fuzz_world.sim, 40000);
  }
  fuzz_world_end ();
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  /* Table, column, kind of value, the value. */
  for (uint8_t table = 0; table < 20; table++) {
    uint8_t text[] = { table, 1, 3, 6, 0x1b, 0xff, 'a', 0, '\n', 'b', table, 2, 2, 255, table, 3, 0 };
    char name[16];

    snprintf (name, sizeof name, "table-%u", table);
    emit (name, text, sizeof text);
    text[1] = 4;
    text[11] = 5;
    text[15] = 6;
    snprintf (name, sizeof name, "more-%u", table);
    emit (name, text, sizeof text);
  }
}
