/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.c - the columns of the lists that people see, each ended by a NULL title. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/cli/columns.h"
#include "ui/client/words.h"

/* What is left of that which is shortened: a name and something of the mail address; 16 digits; a few words. */
#define NAME_LEAST 24
#define FINGERPRINT_LEAST 17
#define NOTE_LEAST 12

/* A column that shows a field as it is. */
#define FIELD(key)                                                                                                     \
  static char *cell_##key (const struct cf_cli *cli, const json_t *row)                                                \
  {                                                                                                                    \
    (void) cli;                                                                                                        \
    return cf_row_shown (row, #key);                                                                                   \
  }

FIELD (fingerprint)
FIELD (algorithm)
FIELD (note)
FIELD (key)
FIELD (value)
FIELD (title)

static char *
cell_meaning (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_cli_must (cf_words_meaning (row));
}

static char *
cell_who (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_row_who (row);
}

/* What matters most of a key: that it is not good, else how far it is trusted. */
static char *
cell_validity (const struct cf_cli *cli, const json_t *row)
{
  const char *state = cf_row_text (row, "key_state");

  (void) cli;
  if (cf_row_true (row, "blocked"))
    return cf_cli_must (strdup (_ ("blocked")));
  if (*cf_row_text (row, "warning"))
    return cf_cli_must (strdup (_ ("NOT who it seems")));
  return *state && strcmp (state, "ok") ? cf_cli_must (strdup (cf_row_word (state)))
                                          : cf_cli_must (strdup (cf_row_word (cf_row_text (row, "validity"))));
}

static char *
cell_expires (const struct cf_cli *cli, const json_t *row)
{
  const char *state = cf_row_text (row, "key_state");

  (void) cli;
  if (*state && strcmp (state, "ok"))
    return cf_cli_must (strdup (cf_row_word (state)));
  return *cf_row_text (row, "expires_at") ? cf_cli_sprintf (_ ("until %.10s"), cf_row_text (row, "expires_at"))
                                          : cf_cli_must (strdup (_ ("no expiry")));
}

static char *
cell_addr (const struct cf_cli *cli, const json_t *row)
{
  const char *text = json_string_value (json_array_get (json_object_get (row, "addr"), 0));

  (void) cli;
  return cf_cli_must (strdup (text ? text : ""));
}

static char *
cell_verified (const struct cf_cli *cli, const json_t *row)
{
  const char *how = cf_row_text (json_object_get (row, "verified"), "how");

  (void) cli;
  return *how ? cf_cli_sprintf (_ ("by %s"), cf_row_word (how)) : cf_cli_must (strdup (_ ("no")));
}

/* Where it is: the route, or that there is none. */
static char *
cell_route (const struct cf_cli *cli, const json_t *row)
{
  const char *route = cf_row_text (row, "route");

  (void) cli;
  if (*route)
    return cf_cli_must (strdup (!strcmp (route, "lan") ? "LAN" : route));
  return cf_cli_must (strdup (cf_row_true (row, "online") ? _ ("online") : _ ("offline")));
}

static char *
cell_request (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_cli_sprintf ("%.8s", cf_row_text (row, "request"));
}

static char *
cell_purpose (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  if (!strcmp (cf_row_text (row, "purpose"), "verify"))
    return cf_cli_sprintf (_ ("verify %.8s"), cf_row_text (row, "conversation"));
  return cf_cli_must (strdup (_ ("a conversation")));
}

static char *
cell_since (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_row_time (row, "since");
}

static char *
cell_conversation (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_cli_sprintf ("%.8s", cf_row_text (row, "conversation"));
}

static char *
cell_state (const struct cf_cli *cli, const json_t *row)
{
  const char *state = cf_row_text (row, "state");

  (void) cli;
  if (cf_row_true (row, "stopped") && !strcmp (state, "open"))
    return cf_cli_sprintf (_ ("STOPPED: %s"), cf_row_true (row, "blocked") ? _ ("blocked") : cf_row_word (cf_row_text (row, "key_state")));
  if (*cf_row_text (row, "trouble"))
    return cf_words_stopped (row);
  if (!strcmp (state, "closed") && cf_row_true (row, "closed_by_peer"))
    return cf_cli_must (strdup (_ ("closed by them")));
  return cf_cli_must (strdup (cf_row_word (state)));
}

static char *
cell_unread (const struct cf_cli *cli, const json_t *row)
{
  int n = (int) json_integer_value (json_object_get (row, "unread"));

  (void) cli;
  return n ? cf_cli_sprintf ("%d", n) : cf_cli_must (strdup (""));
}

static char *
cell_last (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_row_time (row, "last_activity");
}

const struct cf_cli_column cf_columns_identities[] = {
  { N_ ("IDENTITY"), cell_who, NAME_LEAST, false },
  { N_ ("FINGERPRINT"), cell_fingerprint, FINGERPRINT_LEAST, false },
  { N_ ("ALGORITHM"), cell_algorithm, 0, true },
  { N_ ("STATE"), cell_expires, 0, false },
  { NULL, NULL, 0, false },
};

const struct cf_cli_column cf_columns_peers[] = {
  { N_ ("NEARBY"), cell_who, NAME_LEAST, false },
  { N_ ("FINGERPRINT"), cell_fingerprint, FINGERPRINT_LEAST, false },
  { N_ ("VALIDITY"), cell_validity, 0, true },
  { N_ ("ADDRESS"), cell_addr, 0, false },
  { NULL, NULL, 0, false },
};

const struct cf_cli_column cf_columns_contacts[] = {
  { N_ ("CONTACT"), cell_who, NAME_LEAST, false },        { N_ ("FINGERPRINT"), cell_fingerprint, FINGERPRINT_LEAST, false },
  { N_ ("VERIFIED"), cell_verified, 0, false }, { N_ ("VALIDITY"), cell_validity, 0, true },
  { N_ ("ROUTE"), cell_route, 0, false },       { NULL, NULL, 0, false },
};

const struct cf_cli_column cf_columns_requests[] = {
  { N_ ("REQUEST"), cell_request, 0, false },
  { N_ ("FROM"), cell_who, NAME_LEAST, false },
  { N_ ("FOR"), cell_purpose, 0, false },
  { N_ ("FINGERPRINT"), cell_fingerprint, FINGERPRINT_LEAST, false },
  { N_ ("VALIDITY"), cell_validity, 0, true },
  { N_ ("SINCE"), cell_since, 0, false },
  { N_ ("NOTE"), cell_note, NOTE_LEAST, false },
  { NULL, NULL, 0, false },
};

const struct cf_cli_column cf_columns_conversations[] = {
  { N_ ("ID"), cell_conversation, 0, false }, { N_ ("WITH"), cell_title, NAME_LEAST, false },
  { N_ ("STATE"), cell_state, 0, false },     { N_ ("ROUTE"), cell_route, 0, false },
  { N_ ("UNREAD"), cell_unread, 0, false },   { N_ ("VERIFIED"), cell_verified, 0, false },
  { N_ ("LAST"), cell_last, 0, false },       { NULL, NULL, 0, false },
};

const struct cf_cli_column cf_columns_settings[] = {
  { N_ ("SETTING"), cell_key, 0, false },
  { N_ ("VALUE"), cell_value, 0, false },
  { N_ ("MEANING"), cell_meaning, NAME_LEAST, false },
  { NULL, NULL, 0, false },
};
