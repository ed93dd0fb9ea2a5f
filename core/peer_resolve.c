/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_resolve.c - whom a person means by what he typed. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "core/address.h"
#include "core/peers.h"

#define PREFIX_MIN 8
#define CANDIDATES_MAX 16

/* The first of those that fit, and how many there are. */
struct candidates {
  struct cf_peer *peers[CANDIDATES_MAX];
  size_t count;
  bool contact; /* one of them is */
};

static void
candidate_add (struct candidates *c, struct cf_peer *peer)
{
  if (c->count < CANDIDATES_MAX)
    c->peers[c->count] = peer;
  c->count++;
  c->contact |= peer->contact;
}

static bool
is_prefix_of (const char *text, const struct cf_fpr *fpr)
{
  char hex[CF_FPR_HEX_SIZE];
  size_t len;

  if (!strncasecmp (text, "0x", 2))
    text += 2;
  len = strlen (text);
  return len >= PREFIX_MIN && !strncasecmp (cf_fpr_hex (fpr, hex), text, len);
}

/* TEXT is all of USER_ID, its name before the mail address, or the mail address. */
static bool
fits_user_id (const char *text, const char *user_id)
{
  const char *open = strrchr (user_id, '<'), *close = open ? strchr (open, '>') : NULL;
  size_t len = strlen (text), name;

  if (!strcasecmp (text, user_id))
    return true;
  if (open && close && (size_t) (close - open - 1) == len && !strncasecmp (open + 1, text, len))
    return true;
  name = strcspn (user_id, "<(");
  while (name && user_id[name - 1] == ' ')
    name--;
  return name == len && !strncasecmp (user_id, text, len);
}

static bool
fits (const char *text, const struct cf_peer *peer)
{
  return is_prefix_of (text, &peer->fpr) || (peer->name && !strcasecmp (text, peer->name))
         || (peer->user_id && fits_user_id (text, peer->user_id));
}

/* TEXT is the first of the words of NAME: "ada" of Ada Lovelace. */
static bool
begins_name (const char *text, const char *name)
{
  size_t len = strlen (text);

  return name && !strncasecmp (name, text, len) && name[len] == ' ';
}

/* A first name alone, where nobody is called just that; but what a stranger calls himself never hides a contact. */
static void
fit_loosely (struct cf_core *core, const char *text, struct candidates *c)
{
  struct candidates more = *c;
  size_t pos = 0;
  const void *key;
  void *value;

  while (*text && cf_map_next (core->peers->by_fpr, &pos, &key, &value)) {
    struct cf_peer *peer = value;

    if (!fits (text, peer) && (begins_name (text, peer->name) || begins_name (text, peer->user_id)))
      candidate_add (&more, peer);
  }
  if (!c->count || more.contact)
    *c = more;
}

/* A stranger may call himself as he likes: among equals, the one contact is meant. */
static struct cf_peer *
only_contact (const struct candidates *c)
{
  struct cf_peer *found = NULL;

  if (c->count > CANDIDATES_MAX)
    return NULL;
  for (size_t i = 0; i < c->count; i++)
    if (c->peers[i]->contact) {
      if (found)
        return NULL;
      found = c->peers[i];
    }
  return found;
}

static void
fail_ambiguous (struct cf_command *cmd, const char *text, const struct candidates *c)
{
  char hex[CF_FPR_HEX_SIZE], count[24], *list = NULL;

  for (size_t i = 0; i < c->count && i < CANDIDATES_MAX; i++) {
    const struct cf_peer *p = c->peers[i];
    char *more = cf_sprintf ("%s%s%s (%s)%s", list ? list : "", list ? ", " : "", cf_fpr_hex (&p->fpr, hex),
                             p->user_id ? p->user_id : "?", i + 1 == CANDIDATES_MAX && c->count > i + 1 ? ", ..." : "");

    free (list);
    list = more;
  }
  snprintf (count, sizeof count, "%zu", c->count);
  cf_command_say (cmd, cf_err (GPG_ERR_AMBIGUOUS_NAME), CF_SAY_PERSON_AMBIGUOUS, text, count, list ? list : "", NULL);
  free (list);
}

static struct cf_peer *
resolve_fpr (struct cf_command *cmd, const struct cf_fpr *fpr)
{
  char hex[CF_FPR_HEX_SIZE];
  struct cf_peer *peer = cf_peer_find (cmd->core, fpr);

  if (!peer)
    cf_command_say (cmd, cf_err (GPG_ERR_UNKNOWN_NAME), CF_SAY_PERSON_FINGERPRINT, cf_fpr_hex (fpr, hex), NULL);
  return peer;
}

struct cf_peer *
cf_peer_resolve (struct cf_command *cmd, const char *text)
{
  gpg_error_t err;
  struct candidates c = { .count = 0 };
  struct cf_address address;
  struct cf_fpr fpr;
  size_t pos = 0;
  const void *key;
  void *value;

  if (!strncasecmp (text, "confab:", 7)) {
    err = cf_address_parse (text, &address);
    if (err) {
      cf_command_done (cmd, err);
      return NULL;
    }
    return resolve_fpr (cmd, &address.fpr);
  }
  if (!cf_fpr_parse (text, &fpr))
    return resolve_fpr (cmd, &fpr);
  while (*text && cmd->core->peers && cf_map_next (cmd->core->peers->by_fpr, &pos, &key, &value))
    if (fits (text, value))
      candidate_add (&c, value);
  if (!c.contact && cmd->core->peers)
    fit_loosely (cmd->core, text, &c);
  if (c.count == 1)
    return c.peers[0];
  if (!c.count) {
    cf_command_say (cmd, cf_err (GPG_ERR_UNKNOWN_NAME), CF_SAY_PERSON_UNKNOWN, text, NULL);
    return NULL;
  }
  if (only_contact (&c))
    return only_contact (&c);
  fail_ambiguous (cmd, text, &c);
  return NULL;
}
