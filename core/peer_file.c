/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_file.c - reading, watching and adding to the contact file.
 *
 * Who is asked, and how often, is asklist.h's; what a line says peerlist.h's.
 * A file that cannot be read leaves things as they were: an editor may be
 * writing it this very moment.
 */
#include "core/peer_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/paths.h"
#include "core/peer_names.h"
#include "core/said.h"
#include "net/proto.h"

#define LOOK_MS 2000
#define NUMBER_SIZE 24

/* The malformed lines of a text: how many, and the first of them. */
struct malformed {
  size_t count;
  struct { unsigned long line; gpg_error_t err; } first[CF_PEER_FILE_BAD_MAX];
};

/* The places that a text names: addresses, and names of hosts. */
struct places {
  struct cf_addr *addrs;
  size_t count, max;
  struct cf_peer_name *names; /* their hosts are the list's */
  size_t name_count;
};

struct cf_peer_file {
  struct cf_core *core;
  struct cf_asklist *asks;
  struct cf_peer_names *names;
  struct places places; /* as they were read last; its names are in NAMES */
  char *path;
  struct cf_timer look;
  struct { bool is_there; int64_t size; struct timespec changed; ino_t inode; } seen; /* when it was read last */
  struct malformed malformed;
  gpg_error_t err;
};

/* --- what a text says --- */

/* As cf_peerlist_next; where nobody can be asked what a name of a host stands for, it is an error, too. */
static bool
next_place (const struct cf_core *core, struct cf_peerlist_reader *reader, struct cf_peerlist_line *r_line, gpg_error_t *r_err)
{
  if (!cf_peerlist_next (reader, r_line, r_err))
    return false;
  if (!*r_err && !r_line->addr.family && !cf_peer_names_can (core))
    *r_err = cf_err (GPG_ERR_NOT_SUPPORTED);
  return true;
}

static gpg_error_t
add_place (struct places *places, const struct cf_addr *addr)
{
  struct cf_addr *more;
  size_t max;

  if (places->count == places->max) {
    max = places->max ? 2 * places->max : 64;
    more = realloc (places->addrs, max * sizeof *more);
    if (!more)
      return cf_err (GPG_ERR_ENOMEM);
    places->addrs = more;
    places->max = max;
  }
  places->addrs[places->count++] = *addr;
  return 0;
}

static gpg_error_t
add_name (struct places *places, const struct cf_peerlist_line *line)
{
  struct cf_peer_name *name;

  if (places->name_count == CF_PEER_NAMES_MAX)
    return 0;
  if (!places->names)
    places->names = calloc (CF_PEER_NAMES_MAX, sizeof *places->names);
  if (!places->names)
    return cf_err (GPG_ERR_ENOMEM);
  name = &places->names[places->name_count];
  name->host = strdup (line->host);
  name->port = line->addr.port;
  if (!name->host)
    return cf_err (GPG_ERR_ENOMEM);
  places->name_count++;
  return 0;
}

static void
names_done (struct places *places)
{
  for (size_t i = 0; i < places->name_count; i++)
    free ((char *) (uintptr_t) places->names[i].host);
  free (places->names);
  places->names = NULL;
  places->name_count = 0;
}

static void
places_done (struct places *places)
{
  names_done (places);
  free (places->addrs);
  memset (places, 0, sizeof *places);
}

/* Also after an error: places_done.  Errors: ENOMEM. */
static gpg_error_t
read_places (const struct cf_core *core, const char *text, size_t len, struct places *places, struct malformed *malformed)
{
  struct cf_peerlist_reader reader;
  struct cf_peerlist_line line;
  gpg_error_t err = 0, bad;

  memset (places, 0, sizeof *places);
  malformed->count = 0;
  cf_peerlist_init (&reader, text, len);
  while (!err && places->count < CF_ASK_MAX && next_place (core, &reader, &line, &bad)) {
    if (!bad) {
      err = line.addr.family ? add_place (places, &line.addr) : add_name (places, &line);
      continue;
    }
    if (malformed->count < CF_PEER_FILE_BAD_MAX) {
      malformed->first[malformed->count].line = line.number;
      malformed->first[malformed->count].err = bad;
    }
    malformed->count++;
  }
  return err;
}

enum cf_say
cf_peer_file_say (gpg_error_t bad)
{
  switch (gpg_err_code (bad)) {
  case GPG_ERR_LINE_TOO_LONG:
    return CF_SAY_PLACE_LONG;
  case GPG_ERR_BAD_DATA:
    return CF_SAY_PLACE_TEXT;
  case GPG_ERR_NOT_SUPPORTED:
    return CF_SAY_PLACE_NAME;
  default:
    return CF_SAY_PLACE_MALFORMED;
  }
}

/* --- the file --- */

/* Which line, and what is wrong with it; cf_said_done. */
static void
say_malformed (struct cf_said *said, unsigned long line, gpg_error_t bad)
{
  char number[NUMBER_SIZE];

  snprintf (number, sizeof number, "%lu", line);
  cf_said_make (said, cf_peer_file_say (bad), number, NULL);
}

static void
tell_malformed (struct cf_peer_file *file)
{
  const struct malformed *m = &file->malformed;
  struct cf_env *env = file->core->env;

  for (size_t i = 0; i < m->count && i < CF_PEER_FILE_BAD_MAX; i++) {
    struct cf_said said;

    say_malformed (&said, m->first[i].line, m->first[i].err);
    cf_log (env, CF_LOG_WARN, "%s: %s", file->path, said.message ? said.message : "a line is malformed");
    cf_said_done (&said);
  }
  if (m->count > CF_PEER_FILE_BAD_MAX)
    cf_log (env, CF_LOG_WARN, "%s: %zu more lines are malformed", file->path, m->count - CF_PEER_FILE_BAD_MAX);
}

/* Asked are the addresses of PLACES, and those that names stand for.  Errors: ENOMEM; then nothing has changed. */
static gpg_error_t
ask_them (struct cf_peer_file *file, const struct places *places)
{
  size_t max = CF_PEER_NAMES_MAX * CF_PEER_NAME_ADDRS_MAX, count = places->count;
  struct cf_addr *all = calloc (count + max, sizeof *all);
  gpg_error_t err;

  if (!all)
    return cf_err (GPG_ERR_ENOMEM);
  if (count)
    memcpy (all, places->addrs, count * sizeof *all);
  count += cf_peer_names_addrs (file->names, all + count, max);
  err = cf_asklist_set (file->asks, all, count);
  free (all);
  return err;
}

static void
names_changed (void *arg)
{
  struct cf_peer_file *file = arg;
  gpg_error_t err = ask_them (file, &file->places);

  if (err)
    cf_log (file->core->env, CF_LOG_WARN, "%s: new addresses are not asked: %s", file->path, gpg_strerror (err));
}

static gpg_error_t
take_text (struct cf_peer_file *file, const char *text, size_t len)
{
  struct malformed malformed;
  struct places places;
  gpg_error_t err = read_places (file->core, text, len, &places, &malformed);

  if (!err)
    err = cf_peer_names_set (file->names, places.names, places.name_count);
  if (!err)
    err = ask_them (file, &places);
  if (err) {
    places_done (&places);
    return err;
  }
  names_done (&places);
  places_done (&file->places);
  file->places = places;
  file->malformed = malformed;
  tell_malformed (file);
  return 0;
}

/* The whole file; an empty text when there is none.  Caller frees *R_TEXT. */
static gpg_error_t
read_file (const struct cf_peer_file *file, char **r_text, size_t *r_len)
{
  gpg_error_t err = cf_file_read (file->path, CF_PEERLIST_MAX, r_text, r_len);

  if (gpg_err_code (err) != GPG_ERR_ENOENT)
    return err;
  *r_text = strdup ("");
  *r_len = 0;
  return *r_text ? 0 : cf_err (GPG_ERR_ENOMEM);
}

static void
take_file (struct cf_peer_file *file)
{
  char *text = NULL;
  size_t len;

  file->err = read_file (file, &text, &len);
  if (!file->err)
    file->err = take_text (file, text, len);
  if (file->err)
    cf_log (file->core->env, CF_LOG_WARN, "%s is not read: %s", file->path, gpg_strerror (file->err));
  free (text);
}

/* Has it changed since it was read? */
static bool
has_changed (struct cf_peer_file *file)
{
  struct stat st = { 0 };
  bool is_there = !stat (file->path, &st);

  if (is_there == file->seen.is_there
      && (!is_there
          || (st.st_size == file->seen.size && st.st_ino == file->seen.inode
              && st.st_mtim.tv_sec == file->seen.changed.tv_sec && st.st_mtim.tv_nsec == file->seen.changed.tv_nsec)))
    return false;
  file->seen.is_there = is_there;
  file->seen.size = st.st_size;
  file->seen.changed = st.st_mtim;
  file->seen.inode = st.st_ino;
  return true;
}

static void
look (void *arg)
{
  struct cf_peer_file *file = arg;

  if (has_changed (file))
    take_file (file);
  cf_timer_after (file->core->env, &file->look, LOOK_MS);
}

/* --- adding --- */

static gpg_error_t
append_line (struct cf_buf *out, const char *text, size_t len)
{
  gpg_error_t err = cf_buf_add (out, text, len);

  return err ? err : cf_buf_add (out, "\n", 1);
}

static gpg_error_t
note_bad (json_t *malformed, unsigned long line, gpg_error_t bad)
{
  struct cf_said said;
  json_t *row;

  if (json_array_size (malformed) >= CF_PEER_FILE_BAD_MAX)
    return 0;
  say_malformed (&said, line, bad);
  row = json_pack ("{s:I, s:s?}", "line", (json_int_t) line, "message", said.message);
  if (row)
    cf_said_set (&said, row, "code", "args");
  cf_said_done (&said);
  return json_array_append_new (malformed, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

struct adding {
  struct cf_buf out; /* the file as it will be */
  size_t added, known;
  json_t *malformed;
};

static gpg_error_t
add_lines (const struct cf_peer_file *file, struct adding *a, const char *text, size_t len)
{
  struct cf_peerlist_reader reader;
  struct cf_peerlist_line line;
  gpg_error_t err = 0, bad;

  cf_peerlist_init (&reader, text, len);
  while (!err && next_place (file->core, &reader, &line, &bad)) {
    if (bad)
      err = note_bad (a->malformed, line.number, bad);
    else if (line.addr.family ? cf_peer_file_has (file, &line.addr)
                              : cf_peer_names_has (file->names, line.host, line.addr.port))
      a->known++;
    else {
      a->added++;
      err = append_line (&a->out, line.text, line.text_len);
    }
  }
  return err;
}

static gpg_error_t
begin_adding (struct cf_peer_file *file, struct adding *a)
{
  char *text = NULL;
  size_t len;
  gpg_error_t err;

  memset (a, 0, sizeof *a);
  cf_buf_init (&a->out, CF_PEERLIST_MAX);
  a->malformed = json_array ();
  err = a->malformed ? read_file (file, &text, &len) : cf_err (GPG_ERR_ENOMEM);
  if (!err && len) {
    len -= text[len - 1] == '\n';
    err = append_line (&a->out, text, len);
  }
  free (text);
  return err;
}

gpg_error_t
cf_peer_file_add (struct cf_peer_file *file, const char *text, size_t len, bool check, json_t **r_row)
{
  struct adding a;
  json_t *row = NULL;
  gpg_error_t err;

  if (has_changed (file)) /* the places that are there are those of the file as it is now */
    take_file (file);
  err = begin_adding (file, &a);
  if (!err)
    err = add_lines (file, &a, text, len);
  if (!err && a.added && !check)
    err = cf_file_write (file->path, cf_buf_data (&a.out), cf_buf_len (&a.out));
  if (!err) {
    row = json_pack ("{s:s, s:I, s:I, s:O}", "file", file->path, "added", (json_int_t) a.added, "known",
                     (json_int_t) a.known, "malformed", a.malformed);
    err = row ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  if (!err && has_changed (file))
    take_file (file);
  if (!err)
    *r_row = row;
  if (!err && !a.added && !a.known)
    err = cf_err (GPG_ERR_NO_DATA);
  json_decref (a.malformed);
  cf_buf_done (&a.out);
  return err;
}

/* --- the rest --- */

gpg_error_t
cf_peer_file_new (struct cf_core *core, void (*ask) (void *arg, const struct cf_addr *to), void *arg,
                  struct cf_peer_file **r_file)
{
  struct cf_peer_file *file = calloc (1, sizeof *file);
  gpg_error_t err;

  if (!file)
    return cf_err (GPG_ERR_ENOMEM);
  file->core = core;
  cf_timer_init (&file->look, look, file);
  file->path = cf_paths_join (core->home, CF_PEER_FILE_NAME);
  err = file->path ? cf_asklist_new (core->env, ask, arg, &file->asks) : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_peer_names_new (core, names_changed, file, &file->names);
  if (err) {
    cf_peer_file_free (file);
    return err;
  }
  *r_file = file;
  return 0;
}

void
cf_peer_file_free (struct cf_peer_file *file)
{
  if (!file)
    return;
  cf_timer_cancel (file->core->env, &file->look);
  cf_peer_names_free (file->names);
  cf_asklist_free (file->asks);
  places_done (&file->places);
  free (file->path);
  free (file);
}

void
cf_peer_file_start (struct cf_peer_file *file)
{
  cf_timer_after (file->core->env, &file->look, 0);
}

void
cf_peer_file_turn (struct cf_peer_file *file, bool on)
{
  cf_asklist_turn (file->asks, on);
  cf_peer_names_turn (file->names, on);
}

void
cf_peer_file_again (struct cf_peer_file *file)
{
  cf_asklist_again (file->asks);
  cf_peer_names_again (file->names);
}

bool
cf_peer_file_has (const struct cf_peer_file *file, const struct cf_addr *addr)
{
  return cf_asklist_has (file->asks, addr) && !cf_asklist_is_learned (file->asks, addr);
}

bool
cf_peer_file_asks (const struct cf_peer_file *file, const struct cf_addr *addr)
{
  return cf_asklist_has (file->asks, addr);
}

gpg_error_t
cf_peer_file_learn (struct cf_peer_file *file, const struct cf_addr *addr)
{
  return cf_asklist_learn (file->asks, addr);
}

void
cf_peer_file_answered (struct cf_peer_file *file, const struct cf_addr *addr)
{
  cf_asklist_answered (file->asks, addr);
}

void
cf_peer_file_state (const struct cf_peer_file *file, struct cf_peer_file_state *r_state)
{
  struct cf_asklist_counts counts;

  cf_asklist_counts (file->asks, &counts);
  memset (r_state, 0, sizeof *r_state);
  r_state->places = counts.addresses - counts.learned + cf_peer_names_unknown (file->names);
  r_state->learned = counts.learned;
  r_state->answering = counts.good;
  r_state->malformed = file->malformed.count;
  if (file->malformed.count) {
    r_state->first_malformed = file->malformed.first[0].line;
    r_state->first_why = file->malformed.first[0].err;
  }
  r_state->err = file->err;
}
