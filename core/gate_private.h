/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_private.h - what the files of the password gate share: the request and its run.
 *
 *   gate.c           frames in, paths up and down
 *   gate_request.c   states, deadlines, the end of a request
 *   gate_frame.c     bodies of the gate's frames; what is hashed and signed
 *   gate_run.c       one CPace run
 *   opening.c        keys, statements, DONE: from the right tags to an open conversation
 *   verifying.c      DONE: from the right tags to a contact who is verified once more
 *   gate_commands.c  what the user asks for
 * Spec: doc/protocol.md, "Password gate".
 */
#ifndef CF_CORE_GATE_PRIVATE_H
#define CF_CORE_GATE_PRIVATE_H

#include "base/hash.h"
#include "core/gate.h"
#include "net/cpace.h"

enum { CF_PURPOSE_OPEN = 1, CF_PURPOSE_VERIFY = 2 }; /* as in OPEN, sid and CI */

/* The numbers are in the store. */
enum cf_request_state {
  CF_REQUEST_CALLING = 0,  /* asker: no RECEIVED yet; only in memory */
  CF_REQUEST_WAITING = 1,  /* asker: the peer has it */
  CF_REQUEST_YA = 2,       /* asker: Ya has left; on disk as WAITING */
  CF_REQUEST_TA = 3,       /* asker: a guess is counted and Ta has left */
  CF_REQUEST_ASKED = 4,    /* answerer: waits for our user */
  CF_REQUEST_ACCEPTED = 5, /* answerer: the password is known */
  CF_REQUEST_YB = 6,       /* answerer: Yb has left */
  CF_REQUEST_SEALING = 7,  /* the tags were right: keys, statements, DONE */
  CF_REQUEST_OPENED = 8,   /* open (or verified) here; the peer may not have our DONE yet */
  CF_REQUEST_ENDED = 9,    /* answerer: refused or wrong, kept to say so again */
};

/* Frames that have left in the tunnel that is up; cleared when it goes. */
enum { CF_SENT_KEY = 1, CF_SENT_STATEMENT = 2, CF_SENT_DONE = 4 };

struct cf_block {
  uint8_t *data;
  size_t len;
};

struct cf_request;

/* What a request is for: what goes on beside its run, and what comes after the right tags. */
struct cf_gate_purpose {
  uint8_t number;    /* CF_PURPOSE_* */
  const char *name;  /* as the user's clients are told */
  const char *ended; /* the state that it comes to */
  void (*prepare) (struct cf_request *r); /* somebody may answer soon: begin what takes long */
  void (*agree) (struct cf_request *r);   /* answerer: the user has agreed to talk */
  void (*step) (struct cf_request *r);    /* whatever can be done now */
  void (*repeat) (struct cf_request *r);  /* from SEALING on, a new tunnel: everything again */
  /* KEY, STATEMENT, DONE.  False: it does not fit. */
  bool (*frame) (struct cf_request *r, const struct cf_talk_frame *frame);
};
extern const struct cf_gate_purpose cf_purpose_open;   /* opening.c */
extern const struct cf_gate_purpose cf_purpose_verify; /* verifying.c */

struct cf_request {
  struct cf_request *next;
  struct cf_core *core;
  uint8_t id[CF_CONVERSATION_ID_LEN];
  const struct cf_gate_purpose *purpose;
  uint8_t conversation[CF_CONVERSATION_ID_LEN]; /* that it opens, which is ID again, or that it verifies */
  struct cf_fpr peer;
  char *user_id;               /* as it was shown when the request came; may be NULL */
  bool asked;                  /* we asked */
  enum cf_request_state state;
  char *note;                  /* fit to show; may be NULL */
  int64_t created_utc_ms;
  uint8_t own_nonce[CF_NONCE_LEN], peer_nonce[CF_NONCE_LEN];
  uint8_t *prs;                /* secret memory, CF_CPACE_PRS_LEN; NULL: no password yet */
  gpg_error_t end_error;       /* ENDED: REFUSED, WRONG_PASSWORD */
  /* The run.  SECRET, tags: secret memory once they are known. */
  struct cf_cpace *cpace;      /* YA only */
  uint8_t own_share[CF_CPACE_SHARE_LEN];
  uint8_t sid[CF_HASH_LEN];
  uint8_t *secret;             /* C; CF_HASH_LEN */
  uint8_t *own_tag, *peer_tag; /* CF_CPACE_TAG_LEN; peer_tag is what the peer's must be */
  /* The opening. */
  struct cf_fpr own_key, peer_key;
  struct cf_fpr peer_claim;    /* of peer_block by its bytes; peer_key once the import has said the same */
  uint8_t *passphrase;         /* of own_key */
  struct cf_block own_block, peer_block, own_signature, peer_signature;
  bool peer_signature_ok;
  bool peer_done_set;
  uint8_t peer_done[CF_HASH_LEN];
  /* Not kept. */
  bool fresh;                  /* the asker's OPEN came in the tunnel that is up */
  bool agreed;                 /* answerer: our user has typed a password, and the asker's key may be used */
  bool heard;                  /* asker: ACCEPT or KEY came in the tunnel that is up */
  bool shown;                  /* the peer may have our KEY */
  bool wanted;                 /* link knows that we want the peer */
  bool reported;               /* the end has been shown to the user */
  unsigned sent;               /* CF_SENT_* */
  struct cf_gpg_job *key_job, *import_job, *sign_job, *verify_job, *check_job;
  struct cf_timer deadline;
};

/* A command that waits; gate_commands.c. */
struct cf_gate_call;

#define CF_GATE_MISSED_MAX 8
#define CF_GATE_UNDELETED_MAX 64
#define CF_GATE_MISSED_MS 30000

struct cf_gate {
  struct cf_core *core;
  struct cf_request *first;
  struct cf_gate_call *calls;
  struct cf_timer lapse;
  /* Whose OPEN could not be dealt with (the disk): their tunnels end, and it comes again. */
  struct { struct cf_timer timer; struct cf_fpr peers[CF_GATE_MISSED_MAX]; size_t count; } missed;
  /* Requests that are over and whose rows could not be deleted (the disk): tried again. */
  struct { struct cf_timer timer; uint8_t ids[CF_GATE_UNDELETED_MAX][CF_CONVERSATION_ID_LEN]; size_t count; } undeleted;
  struct { struct cf_fpr peer; uint32_t opens; uint64_t since_ms; } floods[64]; /* OPENs lately, by peer */
  struct cf_gate_counts counts;
};

#define CF_GATE_CALL_MS 15000            /* OPEN to RECEIVED */
#define CF_GATE_RUN_MS (5 * 60 * 1000)   /* no progress in a run; a pinentry may take minutes */
#define CF_GATE_SEALING_LIFE_MS (30LL * 24 * 3600 * 1000)
#define CF_GATE_STRANGERS_MAX 64         /* requests kept of those who are not contacts */
#define CF_GATE_REQUESTS_MAX 512         /* of all */
#define CF_GATE_FLOOD_OPENS 8            /* new OPENs of one peer in CF_GATE_FLOOD_MS */
#define CF_GATE_FLOOD_MS 60000

/* --- gate_frame.c: pure --- */
struct cf_open_body {
  uint8_t purpose; /* CF_PURPOSE_* */
  uint8_t nonce[CF_NONCE_LEN];
  uint8_t conversation[CF_CONVERSATION_ID_LEN]; /* VERIFY only */
  const uint8_t *note; /* borrowed; any bytes */
  size_t note_len;
};
gpg_error_t cf_open_encode (const struct cf_open_body *body, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: INV_VALUE (a purpose that is not known), TOO_SHORT, TOO_LARGE. */
gpg_error_t cf_open_decode (const void *data, size_t len, struct cf_open_body *r_body) CF_MUST_CHECK;
/* The body of TYPE has a length that it may have (all but OPEN). */
gpg_error_t cf_gate_check_len (enum cf_talk type, size_t len) CF_MUST_CHECK;

/* Who stands where in a run; asker first wherever both are named. */
struct cf_parties {
  struct cf_fpr asker, answerer;
  const uint8_t *asker_device, *answerer_device; /* CF_DEVICE_KEY_LEN */
};
void cf_gate_sid (const uint8_t handshake_hash[64], uint8_t purpose, const uint8_t id[CF_CONVERSATION_ID_LEN],
                  const uint8_t asker_nonce[CF_NONCE_LEN], const uint8_t answerer_nonce[CF_NONCE_LEN],
                  uint8_t r_sid[CF_HASH_LEN]);
gpg_error_t cf_gate_ci (uint8_t purpose, const struct cf_parties *parties, struct cf_buf *out) CF_MUST_CHECK;
void cf_gate_secret (const uint8_t isk[CF_CPACE_ISK_LEN], const uint8_t sid[CF_HASH_LEN], uint8_t r_c[CF_HASH_LEN]);
/* What the two identities share from this opening on. */
void cf_gate_pair_secret (const uint8_t c[CF_HASH_LEN], uint8_t r_pair[CF_HASH_LEN]);
gpg_error_t cf_gate_statement_bytes (const uint8_t sid[CF_HASH_LEN], const struct cf_fpr *asker,
                                     const struct cf_fpr *answerer, const struct cf_fpr *asker_key,
                                     const struct cf_fpr *answerer_key, struct cf_buf *out) CF_MUST_CHECK;
struct cf_done_input {
  const uint8_t *c, *sid;
  struct cf_fpr asker, answerer;
  struct cf_block asker_key, answerer_key, asker_statement, answerer_statement;
};
/* ASKER: the asker's DONE, else the answerer's. */
gpg_error_t cf_gate_done (const struct cf_done_input *in, bool asker, uint8_t r_done[CF_HASH_LEN]) CF_MUST_CHECK;
struct cf_verified_input {
  const uint8_t *c, *sid;      /* of this run */
  struct cf_fpr asker, answerer;
  const uint8_t *conversation; /* CF_CONVERSATION_ID_LEN */
  struct cf_fpr asker_key, answerer_key; /* its conversation keys, and */
  const uint8_t *secret;       /* its C */
};
/* The DONE of a verification. */
gpg_error_t cf_gate_verified (const struct cf_verified_input *in, bool asker, uint8_t r_done[CF_HASH_LEN]) CF_MUST_CHECK;

/* --- gate.c --- */
/* A frame of PEER's or for PEER could not be dealt with: no disk, no memory.  Both sides repeat on a new tunnel what is
   not settled; it is made after CF_GATE_MISSED_MS, when there may be some again, and so seldom that no limit of his is
   reached.  Beyond CF_GATE_MISSED_MAX people it waits for the next tunnel by chance. */
void cf_gate_missed (struct cf_core *core, const struct cf_fpr *peer);
/* As cf_talk_send; what cannot leave although the tunnel is up is missed. */
gpg_error_t cf_gate_say (struct cf_core *core, const struct cf_fpr *peer, enum cf_talk type,
                         const uint8_t id[CF_CONVERSATION_ID_LEN], const void *body, size_t len) CF_MUST_CHECK;

/* --- gate_request.c --- */
/* Into the list, with its timer. */
void cf_request_link (struct cf_core *core, struct cf_request *r);
void cf_gate_lapse (void *gate); /* end what is too old */
void cf_gate_lapse_arm (struct cf_gate *gate);
void cf_gate_delete_again (void *gate); /* rows of requests that are over, see undeleted */
struct cf_request *cf_request_find (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN]);
/* In both, VERIFIES is the conversation that a verification is about; NULL: an opening. */
/* The one with PEER that we asked (ASKED), or that he asked, whose tags have not been compared; or NULL. */
struct cf_request *cf_request_of (struct cf_core *core, const struct cf_fpr *peer, bool asked, const uint8_t *verifies);
struct cf_request *cf_request_new (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN],
                                   const struct cf_fpr *peer, bool asked, const uint8_t *verifies);
/* What R verifies, as above. */
const uint8_t *cf_request_verifies (const struct cf_request *r);
void cf_request_free (struct cf_request *r); /* not in the list, or no longer */
gpg_error_t cf_request_save (struct cf_request *r) CF_MUST_CHECK;
/* The one setter; tells link and the deadline what the state means. */
void cf_request_set_state (struct cf_request *r, enum cf_request_state state);
bool cf_request_is_stranger (const struct cf_request *r);
/* Set tries_left and silent_until in ROW, for the guesses that PEER causes (STRANGER: see cf_guess_check): for our
   user alone, no frame has them.  Both null: the store does not say. */
gpg_error_t cf_gate_add_tries (struct cf_core *core, const struct cf_fpr *peer, bool stranger, json_t *row) CF_MUST_CHECK;
json_t *cf_request_json (const struct cf_request *r, const char *state);
gpg_error_t cf_request_send (struct cf_request *r, enum cf_talk type, const void *body, size_t len) CF_MUST_CHECK;
/* Same, where it does not matter that it could not leave: the next tunnel repeats it. */
void cf_request_say (struct cf_request *r, enum cf_talk type, const void *body, size_t len);
/* Asker: OPEN leaves if a tunnel is up, else when one is. */
void cf_request_call (struct cf_request *r);
/* Answerer: ACCEPT leaves if the asker is there. */
void cf_request_say_accept (struct cf_request *r);
/* Answerer: the password is known; a run begins when the asker is there. */
void cf_request_accept (struct cf_request *r);
/* It is over: user and commands hear ERR; SAY is the frame that tells the peer, or 0.  R may be gone after it. */
void cf_request_end (struct cf_request *r, gpg_error_t err, enum cf_talk say, const char *state);
/* Out of the list, the store and memory, with its conversation key; nobody is told. */
void cf_request_drop (struct cf_request *r);
gpg_error_t cf_gate_check_guesses (struct cf_core *core, const struct cf_fpr *peer, bool stranger) CF_MUST_CHECK;

/* --- gate_run.c: each moves R on, or ends it --- */
void cf_run_begin (struct cf_request *r);                          /* asker: ACCEPT came */
void cf_run_ya (struct cf_request *r, const uint8_t *share);       /* answerer */
void cf_run_yb (struct cf_request *r, const uint8_t *share);       /* asker */
void cf_run_ta (struct cf_request *r, const uint8_t *tag);         /* answerer */
void cf_run_tb (struct cf_request *r, const uint8_t *tag);         /* asker */
void cf_run_forget (struct cf_request *r);                         /* wipe what a run left, keep the password */

/* --- opening.c --- */
/* KEY is that of another conversation or request, or our own. */
bool cf_opening_key_is_taken (const struct cf_request *r, const struct cf_fpr *key);
void cf_opening_cancel (struct cf_request *r);
/* Keep PEER: verified by password now, with the pair secret of R's run.  Inside the caller's transaction. */
gpg_error_t cf_opening_keep_peer (struct cf_request *r) CF_MUST_CHECK;

/* --- gate_commands.c --- */
/* R has come to what it is for (ERR 0), or is over: those who wait for it hear so.  MESSAGE may be NULL. */
void cf_gate_calls_end (struct cf_request *r, gpg_error_t err, enum cf_say say);
/* They wait for TO instead (crossing OPENs). */
void cf_gate_calls_move (struct cf_request *from, struct cf_request *to);
void cf_gate_calls_free (struct cf_gate *gate);

#endif
