/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_private.h - what the files of transfers share.
 *
 *   transfer.c          which there are, their states, what is told of them
 *   transfer_frame.c    frames and messages of bulk: told apart, checked, said
 *   transfer_send.c     the sender: reads, hashes, seals what is asked for
 *   transfer_receive.c  the receiver: asks, opens, writes down, checks at the end
 *   transfer_check.c    the receiver: the root, and what differs from it
 *   transfer_work.c     jobs beside the loop, and what they share with it
 *   transfer_entry.c    the entries `file` and `file-end`
 *   transfer_row.c      rows of TRANSFERS, events
 *   transfer_commands.c the verbs
 */
#ifndef CF_CORE_TRANSFER_PRIVATE_H
#define CF_CORE_TRANSFER_PRIVATE_H

#include "base/phrase.h"
#include "core/file/block.h"
#include "core/file/map.h"
#include "core/file/sink.h"
#include "core/file/source.h"
#include "core/store/store_transfer.h"
#include "core/transfer.h"
#include "core/worker.h"

#define CF_TRANSFER_TICK_MS 500        /* progress is told so often */
#define CF_TRANSFER_YIELD_MS 150       /* a message's way is over by then, mostly */
#define CF_TRANSFER_RATE_MS 3000       /* over which it is smoothed */
#define CF_TRANSFER_KEEP_MS 2000       /* what has come is written down so often, ... */
#define CF_TRANSFER_KEEP_BLOCKS 256    /* ... or after 64 MiB */
#define CF_TRANSFER_STALL_MS 30000     /* nothing has come: ask again */
#define CF_TRANSFER_AHEAD (2u * 1024 * 1024) /* bytes sealed ahead of the bulk channel */
#define CF_TRANSFER_SPARE 16           /* frames of CF_TRANSFER_FRAME_MAX bytes */
#define CF_TRANSFER_ROUNDS 3           /* a block may be wrong, and leaves may not fit the root, so often */
#define CF_TRANSFER_ZEROS_MAX (1u << 20) /* blocks of one ZEROS */
#define CF_TRANSFER_WRONG_MAX 32       /* blocks that are wrong at a time, and counted */
#define CF_TRANSFER_STATES_MAX 20      /* changes of the peer's mind in ... */
#define CF_TRANSFER_STATES_MS 10000
#define CF_TRANSFER_REPEATED_MAX 16    /* answers about what has ended on both sides, in as long */

/* What jobs use beside the loop; it stays until the last of them has ended.  Counts and spare frames are the loop's. */
struct cf_transfer_files {
  unsigned refs;
  size_t spare_count;
  uint8_t *spare[CF_TRANSFER_SPARE]; /* frames that the next blocks take: memory that is warm, and need not be wiped yet */
  struct cf_file_source *source; /* one of both */
  struct cf_file_sink *sink;
  struct cf_file_map *map;       /* what is there; the sender's: leaves that are known.  The loop's, but for jobs that say so */
};

struct cf_transfer_run {
  unsigned refs;
  uint8_t id[CF_FILE_RUN_LEN];
  int suite;
  struct cf_file_seal *seal;
  bool used;     /* the sender's: LAST counts */
  uint64_t last; /* number of the last one sealed */
};

struct cf_transfer;

/* What is done beside the loop.  RUN touches what the job has, and nothing else of the transfer. */
struct cf_transfer_job {
  struct cf_work work; /* first */
  struct cf_transfer_job *next, **list; /* LIST NULL: nobody hears of it any more */
  struct cf_transfer *transfer;         /* NULL: of none */
  struct cf_transfer_files *files;
  struct cf_transfer_run *run;
  void (*run_it) (struct cf_transfer_job *job);
  void (*done) (struct cf_transfer *t, struct cf_transfer_job *job); /* may end the transfer, not free it */
  struct cf_command *cmd; /* who waits for it; may be NULL */
  gpg_error_t err;
  int type;             /* enum cf_file_frame */
  uint64_t index, count;
  size_t len;           /* of the block */
  uint8_t leaf[CF_FILE_HASH_LEN];
  bool changed;         /* the source has */
  uint8_t *frame;       /* CF_TRANSFER_FRAME_MAX bytes: head, block, tag; or NULL; one of FILES' when the job is over */
  unsigned tunnel;      /* the transfer's, when it began */
  struct cf_file_map *said; /* the job's own; may be NULL */
  bool has_root;        /* every block was there, and ... */
  uint8_t root[CF_FILE_HASH_LEN];
  char *path, *dir;
  struct cf_file_offer *offer;
  uint8_t id[CF_MESSAGE_ID_LEN], stat_hash[CF_FILE_HASH_LEN];
  size_t skipped;
};

/* A message of bulk. */
#define CF_TRANSFER_PREFIX_LEN (1 + CF_CONVERSATION_ID_LEN + CF_MESSAGE_ID_LEN)
#define CF_TRANSFER_HEAD_LEN (CF_TRANSFER_PREFIX_LEN + CF_FILE_RUN_LEN + 1 + 1 + 8)
#define CF_TRANSFER_DATA (CF_TRANSFER_HEAD_LEN + 4) /* where, in a job's frame, the block begins: the head ends there */
#define CF_TRANSFER_FRAME_MAX (CF_TRANSFER_DATA + CF_FILE_BLOCK + CF_FILE_TAG_LEN)

struct cf_transfer_bulk {
  int type, suite;
  uint8_t flags;
  const uint8_t *run;
  uint64_t index;
  uint32_t count;        /* of ZEROS */
  const uint8_t *sealed; /* and its tag */
  size_t len;            /* of both */
};

/* Numbers of blocks, in order. */
struct cf_transfer_list {
  uint64_t index[CF_TRANSFER_WINDOW];
  size_t count;
};
bool cf_transfer_list_has (const struct cf_transfer_list *l, uint64_t index);
/* Take FIRST ... FIRST + COUNT - 1 out; how many were there? */
size_t cf_transfer_list_take (struct cf_transfer_list *l, uint64_t first, uint64_t count);

struct cf_sending {
  struct cf_transfer_list wanted; /* asked for, in order; not in work yet */
  struct { uint64_t first; uint32_t count; } leaves[4]; /* the same, of leaves */
  size_t leaves_count;
  bool hashing, rooting; /* a leaf that nobody asked for is being made; the root is */
  bool root_asked;       /* the root is to be said, when all leaves are known */
};

struct cf_receiving {
  struct cf_transfer_list asked;
  uint64_t cursor;       /* from here on, nothing was asked for in this round */
  size_t unkept;         /* blocks that are not written down */
  uint64_t kept_ms;
  bool syncing, finishing;
  bool discarding;       /* what was begun is being removed */
  bool rooting;          /* the root is being compared: nobody touches the map */
  struct cf_file_map *said; /* leaves as the sender says them; NULL: nobody needs them */
  bool leaves_asked;
  bool differs;          /* from the root COMPARED */
  uint8_t compared[CF_HASH_LEN];
  unsigned rounds;
  struct { uint64_t index; unsigned times; } wrong[CF_TRANSFER_WRONG_MAX];
  size_t wrong_count;
};

struct cf_transfer {
  struct cf_transfer *next;
  struct cf_transfers *all;
  struct cf_transfer_row row;      /* as it is in the store; its texts are ... */
  char *path, *dir, *reason;       /* ... these */
  struct cf_fpr peer;
  uint64_t stream_len, blocks;
  uint64_t sequence;               /* of our offer */
  struct cf_transfer_files *files; /* NULL: not open */
  bool opening;
  bool looked_at;                  /* whether it is to be accepted without asking */
  struct cf_file_map *map;         /* that of FILES */
  struct cf_transfer_run *run;     /* the one in use */
  struct cf_transfer_job *jobs;
  size_t working;                  /* blocks in work */
  uint64_t turn;                   /* when it was last served */
  unsigned tunnel;                 /* counts those that are no more */
  int said_state, said_detail;     /* in this one; 0: nothing */
  uint64_t heard_ms;               /* a block has come, or left */
  uint64_t changes_ms;             /* since then ... */
  unsigned changes;                /* ... he has changed his mind so often */
  uint64_t rate, rate_done, told_done;
  struct cf_sending out;
  struct cf_receiving in;
};

/* A command that waits. */
struct cf_transfer_wait {
  struct cf_transfer_wait *next;
  struct cf_transfers *all;
  struct cf_command *cmd;
  uint8_t conversation[CF_CONVERSATION_ID_LEN], id[CF_MESSAGE_ID_LEN];
  bool for_end; /* else until the offer has left */
  struct cf_event_listener *listener;
  struct cf_timer timeout;
};

struct cf_transfers {
  struct cf_core *core;
  struct cf_transfer *first, **end;
  struct cf_timer changed;         /* look at the store again */
  struct cf_timer tick;
  struct cf_timer yields;          /* armed: a message is under way */
  uint64_t turn;
  size_t working;                  /* blocks that have come and are in work, of all */
  int64_t started_utc_ms;
  const struct cf_transfer_row *offering; /* what SEND-FILE knows of the entry that is being written */
  struct cf_transfer_wait *waits;
  struct cf_transfer_job *jobs;    /* of no transfer (yet) */
  struct { uint8_t id[CF_MESSAGE_ID_LEN]; uint64_t until_ms; } repeated[CF_TRANSFER_REPEATED_MAX];
};

/* --- transfer.c --- */
struct cf_transfer *cf_transfer_find (struct cf_transfers *all, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                      const uint8_t id[CF_MESSAGE_ID_LEN]);
/* The same; from the store if it has ended on both sides.  Errors: NOT_FOUND, the store's. */
gpg_error_t cf_transfer_get (struct cf_transfers *all, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                             const uint8_t id[CF_MESSAGE_ID_LEN], struct cf_transfer **r_t) CF_MUST_CHECK;
bool cf_transfer_has_ended (const struct cf_transfer *t);
struct cf_conversation *cf_transfer_conversation (const struct cf_transfer *t);
/* May anything of it be sent or taken now: link, keys, pauses? */
bool cf_transfer_may_move (const struct cf_transfer *t);
/* Is it among the first of its peer and direction that may be active? */
bool cf_transfer_has_turn (const struct cf_transfer *t);
/* Write the row down, with the event, and say it.  Errors are logged: the store is behind then. */
void cf_transfer_save (struct cf_transfer *t);
/* The same without an event: nobody here sees a difference. */
void cf_transfer_save_quietly (struct cf_transfer *t);
/* The only setter.  WHY may be CF_SAY_NOTHING; ends close what is open, and let waiting commands go. */
void cf_transfer_set_state (struct cf_transfer *t, int state, int detail, enum cf_say why);
/* WHY NULL: its user wants it so. */
void cf_transfer_pause (struct cf_transfer *t, const char *why);
void cf_transfer_resume (struct cf_transfer *t);
/* It has failed here, for what DETAIL says. */
void cf_transfer_fail (struct cf_transfer *t, int detail);
/* Progress, stalls and what is to be written down are looked at from now on. */
void cf_transfer_tick (struct cf_transfers *all);
/* What each of PEER's can do now, is done. */
void cf_transfers_run (struct cf_transfers *all, const struct cf_fpr *peer);
/* Commands that wait for what ROW has become are answered (transfer_commands.c). */
void cf_transfer_waits_tell (struct cf_transfers *all, const struct cf_transfer_row *row);
void cf_transfer_waits_free (struct cf_transfers *all);
/* What ACCEPT-FILE has come to. */
void cf_transfer_answer (struct cf_command *cmd, struct cf_transfer *t, gpg_error_t err, const char *dir);
/* Where files go that are accepted without a word about it; caller frees.  NULL: nowhere, or ENOMEM. */
char *cf_transfer_download_dir (struct cf_core *core);
/* A copy of TEXT (may be NULL) in *OWN, and *SHOWN is that. */
void cf_transfer_text (char **own, const char **shown, const char *text);
/* The files are closed, and what is in work counts for nothing. */
void cf_transfer_close (struct cf_transfer *t);

/* --- transfer_frame.c --- */
/* Say the state, unless it was said in this tunnel already. */
void cf_transfer_say (struct cf_transfer *t);
int cf_transfer_said_state (const struct cf_transfer *t); /* as the other side is told */
void cf_transfer_say_unknown (struct cf_core *core, const struct cf_conversation *conv,
                              const uint8_t id[CF_MESSAGE_ID_LEN], bool outgoing);
/* FILE GET, FILE LEAVES.  Errors: the link's. */
gpg_error_t cf_transfer_ask (struct cf_transfer *t, enum cf_talk type, uint64_t first, uint32_t count) CF_MUST_CHECK;
/* Write the head of a message of bulk before BLOCK; how long it is. */
size_t cf_transfer_head (const struct cf_transfer *t, const struct cf_transfer_run *run, int type, uint64_t index,
                         uint32_t count, uint8_t *block);

/* --- transfer_work.c --- */
void cf_transfer_yielded (void *arg); /* of the timer */
/* T may be NULL: DONE gets NULL then. */
gpg_error_t cf_transfer_job_new (struct cf_transfers *all, struct cf_transfer *t, void (*run) (struct cf_transfer_job *job),
                                 void (*done) (struct cf_transfer *t, struct cf_transfer_job *job),
                                 struct cf_transfer_job **r_job) CF_MUST_CHECK;
gpg_error_t cf_transfer_job_start (struct cf_transfers *all, struct cf_transfer_job *job) CF_MUST_CHECK; /* owns JOB */
void cf_transfer_job_free (struct cf_transfer_job *job); /* one that was not started */
/* A copy of T's offer in JOB; it goes with JOB, also if there is an error.  Errors: ENOMEM. */
gpg_error_t cf_transfer_job_offer (struct cf_transfer_job *job, const struct cf_transfer *t) CF_MUST_CHECK;
/* In a job: JOB->LEAF is the root of JOB->SAID or, if there is none, of the map of its files; JOB->COUNT bytes. */
void cf_transfer_job_root (struct cf_transfer_job *job);
/* All of LIST: what has not begun never will, nobody hears of the rest. */
void cf_transfer_jobs_cancel (struct cf_core *core, struct cf_transfer_job **list);
/* Start JOB, of which nobody will hear. */
void cf_transfer_job_detach (struct cf_transfers *all, struct cf_transfer_job *job);
/* CMD waits for JOB: it is failed if that is cancelled. */
void cf_transfer_job_command (struct cf_transfer_job *job, struct cf_command *cmd);
/* JOB has a frame, what is in it is anything.  Errors: ENOMEM. */
gpg_error_t cf_transfer_job_frame (struct cf_transfer_job *job) CF_MUST_CHECK;
gpg_error_t cf_transfer_files_new (struct cf_transfer_files **r_files) CF_MUST_CHECK;
struct cf_transfer_files *cf_transfer_files_ref (struct cf_transfer_files *files);
void cf_transfer_files_unref (struct cf_transfer_files *files);
/* The run RUN, made from the key of T's offer. */
gpg_error_t cf_transfer_run_new (const struct cf_transfer *t, const uint8_t run[CF_FILE_RUN_LEN], int suite,
                                 struct cf_transfer_run **r_run) CF_MUST_CHECK;
struct cf_transfer_run *cf_transfer_run_ref (struct cf_transfer_run *run);
void cf_transfer_run_unref (struct cf_transfer_run *run);

/* --- transfer_send.c --- */
void cf_transfer_wanted (struct cf_transfer *t, uint64_t first, uint32_t count);
void cf_transfer_leaves_wanted (struct cf_transfer *t, uint64_t first, uint32_t count);
/* Give the bulk channel of PEER what it has room for. */
void cf_transfer_serve (struct cf_transfers *all, const struct cf_fpr *peer);
/* The receiver has every block. */
void cf_transfer_finish_sending (struct cf_transfer *t);

/* --- transfer_receive.c --- */
/* Begin into DIR.  CMD (may be NULL) is answered when it has begun, or could not, unless there is an error here.
   Errors: EBUSY (it is being begun), ENOMEM. */
gpg_error_t cf_transfer_accept (struct cf_transfer *t, const char *dir, struct cf_command *cmd) CF_MUST_CHECK;
/* Begin, if it is one that the user has said yes to beforehand (setting accept-files). */
void cf_transfer_auto_accept (struct cf_transfer *t);
/* Open what was begun, and ask for what is missing. */
void cf_transfer_receive (struct cf_transfer *t);
void cf_transfer_got_block (struct cf_transfer *t, const struct cf_transfer_bulk *b);
/* What has come is written down when that is due. */
void cf_transfer_tend (struct cf_transfer *t);
/* Block INDEX was not what it should be.  False: too often, and the transfer has failed. */
bool cf_transfer_wrong (struct cf_transfer *t, uint64_t index);
/* The disk has said ERR. */
void cf_transfer_disk_failed (struct cf_transfer *t, gpg_error_t err);
/* Remove what was begun; T, which has ended, has no directory when that is done.  HEARD false: T goes before that. */
void cf_transfer_discard (struct cf_transfer *t, bool heard);
/* A job for what B has sealed, which is copied.  Errors: CF_ERR_PROTOCOL (its suite), EAGAIN, ENOMEM. */
gpg_error_t cf_transfer_sealed_job (struct cf_transfer *t, const struct cf_transfer_bulk *b,
                                    void (*run) (struct cf_transfer_job *job),
                                    void (*done) (struct cf_transfer *t, struct cf_transfer_job *job)) CF_MUST_CHECK;

/* --- transfer_check.c --- */
/* In a job: is the result in its place already?  Then JOB->PATH is it. */
void cf_transfer_find_result (struct cf_transfer_job *job);
/* The result is at PATH. */
void cf_transfer_is_done (struct cf_transfer *t, const char *path);
/* Every block is there, or the root has come. */
void cf_transfer_check (struct cf_transfer *t);
void cf_transfer_got_leaves (struct cf_transfer *t, const struct cf_transfer_bulk *b);

/* --- transfer_entry.c --- */
/* Offer the file that JOB has looked at.  Errors: those of cf_outbox_add. */
gpg_error_t cf_transfer_offer (struct cf_core *core, struct cf_conversation *conv, const struct cf_transfer_job *job,
                               uint8_t r_id[CF_MESSAGE_ID_LEN]) CF_MUST_CHECK;
/* Say the root.  Errors: those of cf_outbox_add. */
gpg_error_t cf_transfer_say_root (struct cf_transfer *t, const uint8_t root[CF_HASH_LEN]) CF_MUST_CHECK;

/* --- transfer_row.c --- */
/* May RESUME help?  A disk of ours had no room for it, or it is ours, has failed, and may be offered again. */
bool cf_transfer_can_retry (struct cf_core *core, const struct cf_transfer_row *row);
/* Why T has failed, HERE or at the other side. */
enum cf_say cf_transfer_failed_why (const struct cf_transfer *t, int detail, bool here);
/* T may be NULL: nothing moves.  NULL: ENOMEM. */
json_t *cf_transfer_json (struct cf_core *core, const struct cf_transfer_row *row, const struct cf_transfer *t);

#endif
