/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_resolve.c - whom a person means by what he typed. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "core/address.h"
#include "core/conversation.h"
#include "core/peers.h"

#define PREFIX_MIN 8
/* An error names so many, with so many bytes of a user ID: it has to fit into a line of the interface, twice. */
#define CANDIDATES_MAX 4
#define USER_ID_MAX 32

/* Whoever is near may call himself as he likes, and as often as he likes: he is no candidate beside somebody whom the
   user has chosen.  Who has left does not count beside who is there. */
enum rank {
  RANK_GONE,
  RANK_NEAR,
  RANK_CHOSEN,  /* blocked, or there is a conversation with him */
  RANK_CONTACT,
  RANK_TALKING, /* there is a conversation with him, and that is what is sought */
};

/* The first of those that fit best, and how many there are. */
struct candidates {
  struct cf_core *core;
  bool talking; /* sought is somebody with whom there is a conversation */
  enum rank rank;
  struct cf_peer *peers[CANDIDATES_MAX];
  size_t count;
};

static enum rank
rank_of (const struct candidates *c, const struct cf_peer *peer)
{
  bool talks = cf_conversation_is_with (c->core, &peer->fpr);

  if (c->talking && talks)
    return RANK_TALKING;
  if (peer->contact)
    return RANK_CONTACT;
  if (peer->blocked || talks)
    return RANK_CHOSEN;
  return peer->present ? RANK_NEAR : RANK_GONE;
}

static void
candidate_add (struct candidates *c, struct cf_peer *peer)
{
  enum rank rank = rank_of (c, peer);

  if (c->count && rank < c->rank)
    return;
  if (rank > c->rank)
    c->count = 0;
  c->rank = rank;
  if (c->count < CANDIDATES_MAX)
    c->peers[c->count] = peer;
  c->count++;
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

/* A first name alone, where nobody is called just that; but what a stranger calls himself never hides whom the user has
   chosen. */
static void
fit_loosely (const char *text, struct candidates *c)
{
  struct candidates more = *c;
  size_t pos = 0;
  const void *key;
  void *value;

  while (*text && cf_map_next (c->core->peers->by_fpr, &pos, &key, &value)) {
    struct cf_peer *peer = value;

    if (!fits (text, peer) && (begins_name (text, peer->name) || begins_name (text, peer->user_id)))
      candidate_add (&more, peer);
  }
  if (!c->count || more.rank >= RANK_CHOSEN)
    *c = more;
}

/* "0A1B... (Ada <ada@example.org>), ..."; caller frees.  NULL: ENOMEM. */
static char *
candidates_text (const struct candidates *c)
{
  char hex[CF_FPR_HEX_SIZE], *list = NULL;

  for (size_t i = 0; i < c->count && i < CANDIDATES_MAX; i++) {
    const struct cf_peer *p = c->peers[i];
    const char *who = p->user_id ? p->user_id : "?";
    char *longer = cf_sprintf ("%s%s%s (%.*s)%s", list ? list : "", list ? ", " : "", cf_fpr_hex (&p->fpr, hex),
                               (int) cf_text_cut (who, strlen (who), USER_ID_MAX), who,
                               i + 1 == CANDIDATES_MAX && c->count > i + 1 ? ", ..." : "");

    free (list);
    list = longer;
  }
  return list;
}

static void
fail_ambiguous (struct cf_command *cmd, const char *text, const struct candidates *c)
{
  char count[24], *list = candidates_text (c);

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

void
cf_peer_fail_address (struct cf_command *cmd, gpg_error_t err)
{
  if (gpg_err_code (err) == GPG_ERR_CHECKSUM) /* elsewhere that is said of what a peer sent */
    cf_command_say (cmd, cf_err (GPG_ERR_INV_URI), CF_SAY_ADDRESS_MISTYPED, NULL);
  else
    cf_command_done (cmd, err);
}

static struct cf_peer *
resolve (struct cf_command *cmd, const char *text, bool talking)
{
  gpg_error_t err;
  struct candidates c = { .core = cmd->core, .talking = talking };
  struct cf_address address;
  struct cf_fpr fpr;
  size_t pos = 0;
  const void *key;
  void *value;

  if (!strncasecmp (text, "confab:", 7)) {
    err = cf_address_parse (text, &address);
    if (err) {
      cf_peer_fail_address (cmd, err);
      return NULL;
    }
    return resolve_fpr (cmd, &address.fpr);
  }
  if (!cf_fpr_parse (text, &fpr))
    return resolve_fpr (cmd, &fpr);
  while (*text && cmd->core->peers && cf_map_next (cmd->core->peers->by_fpr, &pos, &key, &value))
    if (fits (text, value))
      candidate_add (&c, value);
  if (c.rank < RANK_CHOSEN && cmd->core->peers)
    fit_loosely (text, &c);
  if (c.count == 1)
    return c.peers[0];
  if (c.count)
    fail_ambiguous (cmd, text, &c);
  else
    cf_command_say (cmd, cf_err (GPG_ERR_UNKNOWN_NAME), CF_SAY_PERSON_UNKNOWN, text, NULL);
  return NULL;
}

struct cf_peer *
cf_peer_resolve (struct cf_command *cmd, const char *text)
{
  return resolve (cmd, text, false);
}

struct cf_peer *
cf_peer_resolve_talking (struct cf_command *cmd, const char *text)
{
  return resolve (cmd, text, true);
}
