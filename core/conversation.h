/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation.h - conversations as facts: kept in the store, looked up by id, peer or prefix.
 *
 *   REQUESTED --gate's DONE on disk--> OPEN --close by either side--> CLOSED
 *   REQUESTED --refused, wrong password, lapsed--> gone
 *
 * Only the asker has it as REQUESTED; to the answerer it is a request (gate.h)
 * until it opens.
 *
 * gate.c makes and opens them, message.c lives in the open ones.
 */
#ifndef CF_CORE_CONVERSATION_H
#define CF_CORE_CONVERSATION_H

#include "base/hash.h"
#include "core/command.h"
#include "net/proto.h"

enum cf_conversation_state { CF_CONVERSATION_REQUESTED, CF_CONVERSATION_OPEN, CF_CONVERSATION_CLOSED };

struct cf_conversation {
  struct cf_conversation *next;
  uint8_t id[CF_CONVERSATION_ID_LEN];
  struct cf_fpr peer;
  enum cf_conversation_state state;
  bool asked;                   /* we asked; else the peer did */
  int64_t created_utc_ms, opened_utc_ms, closed_utc_ms, active_utc_ms;
  char *note;                   /* of the request, fit to show; may be NULL */
  struct cf_fpr own_key, peer_key; /* conversation keys' primaries */
  uint8_t *passphrase;          /* of own_key; secret memory, CF_GPG_PASSPHRASE_LEN */
  uint8_t *secret;              /* C; secret memory, CF_HASH_LEN */
  /* Sequences begin with 1; 0: none yet. */
  uint64_t sent_sequence, received_sequence; /* last given out; last taken in order */
  uint8_t sent_hash[CF_HASH_LEN], received_hash[CF_HASH_LEN]; /* of those entries, for Previous */
  uint64_t acked_sequence;      /* the peer has acknowledged up to here */
  uint64_t read_sequence;       /* we have read theirs up to here */
  uint64_t peer_read_sequence;  /* they have read ours up to here */
  bool closed_by_peer;
  bool pinned, marked_unread;   /* by our user */
  int64_t muted_until_utc_ms;   /* 0: not; CF_MUTED_FOR_EVER */
  uint32_t timer_s;             /* messages from now on disappear after so long; 0: they stay */
  uint64_t timer_order;         /* of the entry that set it, among those that set it (change.h); 0: none has */
  bool timer_own;               /* we wrote that entry */
  char *trouble;                /* why it stopped (key revoked ...), or NULL */
  bool deleted;                 /* by our user: hidden, about to be gone with keys and history */
  bool peer_typing;             /* not kept */
  bool stopped;                 /* not kept: a key is bad, or the peer is blocked (trust.c); trouble says more */
  bool wanted;                  /* not kept: we have told link that we want the peer */
  struct cf_outbox *outbox;     /* message.c's; both may be NULL */
  struct cf_inbox *inbox;
  struct cf_post_box *post;     /* post.c's; may be NULL */
};

#define CF_MUTED_FOR_EVER INT64_MAX

struct cf_conversation_closing; /* conversation_commands.c: a CLOSE or DELETE under way */

struct cf_conversations {
  struct cf_core *core;
  struct cf_conversation *first;
  struct cf_conversation_closing *closing;
  struct cf_timer finish; /* deletions that failed half-way */
  struct cf_timer unmute; /* the first that is muted for a while */
};

/* Reads all of them from the store into core->conversations (also set on return); open ones want their peers.
   Peers and links are there already. */
gpg_error_t cf_conversations_new (struct cf_core *core, struct cf_conversations **r_all) CF_MUST_CHECK;
void cf_conversations_free (struct cf_conversations *all);

struct cf_conversation *cf_conversation_find (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN]);
/* The same, only if it is open. */
struct cf_conversation *cf_conversation_open (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN]);
/* Is there one with PEER, in any state? */
bool cf_conversation_is_with (const struct cf_core *core, const struct cf_fpr *peer);
/* By id, unique prefix of at least 6 digits, or the peer when there is only one (open ones first).  On failure
   the command is failed with the candidates and NULL comes back. */
struct cf_conversation *cf_conversation_resolve (struct cf_command *cmd, const char *text);

/* A new one, in memory and (by save) in the store. */
gpg_error_t cf_conversation_new (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN],
                                 const struct cf_fpr *peer, bool asked, struct cf_conversation **r_conv) CF_MUST_CHECK;
gpg_error_t cf_conversation_save (struct cf_core *core, struct cf_conversation *conv) CF_MUST_CHECK;
/* Forget one that never opened, so that it has no messages: row, memory (keys are the caller's), in no transaction.  The
   id is remembered as used. */
gpg_error_t cf_conversation_forget (struct cf_core *core, struct cf_conversation *conv) CF_MUST_CHECK;
/* Its row has left the store. */
void cf_conversation_drop (struct cf_core *core, struct cf_conversation *conv);
/* Was ID ever used, also by one that was forgotten? */
gpg_error_t cf_conversation_id_used (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN],
                                     bool *r_used) CF_MUST_CHECK;

/* The link is told whether CONV needs its peer. */
void cf_conversation_want (struct cf_core *core, struct cf_conversation *conv);

/* Say that an id was used, so that nobody opens it again (a request that was refused). */
gpg_error_t cf_conversation_id_use (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN]) CF_MUST_CHECK;

const char *cf_conversation_state_name (enum cf_conversation_state state); /* "requested", "open", "closed" */

/* It has changed, in the caller's transaction: save it and emit the "conversation" event. */
gpg_error_t cf_conversation_changed (struct cf_core *core, struct cf_conversation *conv) CF_MUST_CHECK;
/* Is CONV silent now? */
bool cf_conversation_is_muted (const struct cf_core *core, const struct cf_conversation *conv);
/* Change of state: saves, emits the "conversation" event, tells link what is wanted. */
gpg_error_t cf_conversation_set_state (struct cf_core *core, struct cf_conversation *conv,
                                       enum cf_conversation_state state) CF_MUST_CHECK;

/* mark_commands.c: what was muted for a while is no longer once that is over; once, at the start. */
void cf_conversation_unmute_later (struct cf_core *core);
void cf_conversation_unmute (void *core); /* the same; of the timer */

/* conversation_commands.c: end what CLOSE and DELETE have under way, without a word to their commands; finish
   the deletions that an earlier life began. */
void cf_conversation_closing_free (struct cf_conversations *all);
void cf_conversation_closing_resume (struct cf_core *core);
void cf_conversation_closing_finish (void *core); /* the same; of the timer */

/* The draft, as it is now, into ROW.  Errors: ENOMEM, the store's. */
gpg_error_t cf_conversation_json_draft (struct cf_core *core, const struct cf_conversation *conv, json_t *row) CF_MUST_CHECK;
/* The row of CONVERSATIONS and of the event. */
#define CF_CONVERSATION_FIELDS                                                                                        \
  "conversation, kind, title, peer, user_id, state (requested, open, closed), asked, online, unread,\n"               \
  "marked_unread, last_activity, opened_at, verified, own_key, peer_key, route, closed_by_peer, note, trouble,\n"     \
  "key_state (ok, expired, revoked, disabled, weak: the worse of the peer's and our own),\n"                        \
  "own_key_state, stopped, blocked, pinned, muted, muted_until, expire_after (seconds, or null: messages stay), draft, last_message (null, or\n"       \
  "message, direction, kind, text (200 characters at most), sent_at, state, deleted)"
json_t *cf_conversation_json (struct cf_core *core, const struct cf_conversation *conv);

#endif
