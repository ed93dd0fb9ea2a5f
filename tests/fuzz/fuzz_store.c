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
#define NAME_LEN 64

/* Row N of what SQL gives, its column as text; false: there is none. */
static bool
nth_text (sqlite3 *db, const char *sql, int column, unsigned n, char out[NAME_LEN])
{
  sqlite3_stmt *s = NULL;
  unsigned count = 0;
  bool found = false;

  if (sqlite3_prepare_v2 (db, sql, -1, &s, NULL))
    return false;
  while (sqlite3_step (s) == SQLITE_ROW)
    count++;
  sqlite3_reset (s);
  for (unsigned i = 0; count && i <= n % count && sqlite3_step (s) == SQLITE_ROW; i++)
    found = snprintf (out, NAME_LEN, "%s", (const char *) sqlite3_column_text (s, column)) < NAME_LEN;
  sqlite3_finalize (s);
  return found;
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

/* One column of one table, in every row or in the last.  Tables of the index of words are SQLite's own: what it makes of
   wrong values there (some crash it) is not decided here. */
static void
overwrite (sqlite3 *db, struct fuzz_in *in)
{
  uint8_t which = fuzz_u8 (in), column_no = fuzz_u8 (in);
  char table[NAME_LEN], column[NAME_LEN], sql[4 * NAME_LEN];
  sqlite3_stmt *s = NULL;

  if (!nth_text (db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message\\_text%' ESCAPE '\\'", 0,
                 which & 127, table))
    return;
  snprintf (sql, sizeof sql, "PRAGMA table_info(\"%s\")", table);
  if (!nth_text (db, sql, 1, column_no, column))
    return;
  snprintf (sql, sizeof sql, "UPDATE OR IGNORE \"%s\" SET \"%s\" = ?1 %s", table, column,
            which & 128 ? "WHERE rowid = (SELECT max(rowid) FROM" : "");
  if (which & 128)
    snprintf (sql + strlen (sql), sizeof sql - strlen (sql), " \"%s\")", table);
  if (sqlite3_prepare_v2 (db, sql, -1, &s, NULL))
    return;
  bind_value (s, in);
  (void) sqlite3_step (s);
  sqlite3_finalize (s);
}

static void
tamper (const struct sim_node *node, struct fuzz_in *in)
{
  char *path = cf_store_path (node->home, CF_STORE_DB);
  sqlite3 *db = NULL;

  FUZZ_CHECK (path && !sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL));
  sqlite3_exec (db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA ignore_check_constraints = ON; BEGIN", NULL, NULL, NULL);
  for (int n = 0; in->left && n < STEPS_MAX; n++)
    overwrite (db, in);
  sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
  sqlite3_close (db);
  free (path);
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
  struct fuzz_in in = { data, len };
  struct sim_node *alice, *bob;
  char peer[CF_FPR_HEX_SIZE], own[CF_FPR_HEX_SIZE], id[2 * CF_CONVERSATION_ID_LEN + 1];

  fuzz_world_begin (true);
  alice = fuzz_world.nodes[0];
  bob = fuzz_world.nodes[1];
  cf_hex (fuzz_world.id, sizeof fuzz_world.id, id);
  cf_fpr_hex (&alice->fpr, peer);
  cf_fpr_hex (&bob->fpr, own);
  sim_do (bob, "SEND", "hello", peer, NULL);
  sim_do (alice, "SEND", "hello \xc3\xa4", own, NULL);
  sim_run (fuzz_world.sim, 20);
  sim_node_crash (bob, true);
  tamper (bob, &in);
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
