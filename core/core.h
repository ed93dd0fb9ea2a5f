/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core.h - the messenger: everything the daemon knows, in one place.
 *
 * Built over an environment, an OpenPGP engine and a network, which are the
 * system's in confabd and doubles in tests/sim.  Modules hang off this
 * structure, each made by its own _new once the store is open, each owning
 * only what its header says.  Commands come down (command.h), events go up
 * (event.h).
 *
 *   EMPTY --init--> READY          no identity yet
 *   LOCKED --unlock--> READY       an identity, its store not yet opened
 *   READY --stop--> STOPPING
 */
#ifndef CF_CORE_CORE_H
#define CF_CORE_CORE_H

#include <stdbool.h>

#include "base/env.h"
#include "gpg/gpg.h"
#include "net/net.h"

struct cf_helper;
struct cf_store;
struct cf_worker;

#define CF_CORE_CONVERSATION_HOME "gnupg" /* below HOME: the GnuPG home of conversation keys */

enum cf_core_state { CF_CORE_EMPTY, CF_CORE_LOCKED, CF_CORE_READY, CF_CORE_STOPPING };

struct cf_core {
  struct cf_env *env;
  struct cf_gpg *gpg;
  struct cf_net *net;
  struct cf_worker *worker;  /* worker.h: of passwords */
  struct cf_worker *disk;    /* the same, of files */
  struct cf_helper *portmap_helper; /* helper.h: confab-portmap; NULL: there is none */
  char *home;                /* Confab's home */
  char *gnupg_home;          /* the identity's; NULL: GnuPG's default */
  enum cf_core_state state;
  gpg_error_t unlock_error;  /* why the last unlock failed, for status */
  struct cf_store *store;    /* NULL unless READY */
  bool salvage_wished;          /* when this process began: one who notes the wish later asks the next one for the result */
  struct cf_salvaged *salvaged; /* store/salvage.h: what was left of a damaged one, if this process salvaged it; or NULL */
  struct cf_self *self;      /* self.h; NULL unless READY */
  struct cf_self_task *task; /* init or unlock under way, or NULL */
  struct cf_events *events;  /* event.h; always there */
  struct cf_peers *peers;    /* peer.h: who is near, who is a contact */
  struct cf_links *links;    /* link.h: tunnels to them */
  struct cf_nodes *nodes;    /* nodes.h: public nodes, through which others are reached */
  struct cf_portmap *portmap; /* portmap.h: the port that our router lets in */
  struct cf_conversations *conversations; /* conversation.h */
  struct cf_gate *gate;      /* gate.h: requests, passwords, opening */
  struct cf_messages *messages; /* message.h: what is said in open ones */
  struct cf_post *post;      /* post.h: what waits at nodes */
  struct cf_vanish *vanish;  /* vanish.h: what of it disappears */
  struct cf_transfers *transfers; /* transfer.h: files on their way */
  struct cf_orphan_keys *orphan_keys; /* orphan_keys.h: pairs that no conversation has */
  void (*stop) (void *arg);  /* ask the owner's loop to end */
  void *stop_arg;
  struct cf_timer stopping;  /* STOP was said: its answer leaves first */
};

struct cf_core_config {
  struct cf_env *env;
  struct cf_gpg *gpg;
  struct cf_net *net;
  struct cf_worker *worker, *disk; /* outlive the core, as they do */
  struct cf_helper *portmap_helper; /* the same; may be NULL */
  const char *home;
  const char *gnupg_home; /* may be NULL; remembered by init */
  void (*stop) (void *arg);
  void *stop_arg;
};

/* Errors: ENOMEM, and what reading HOME/identity.json gives. */
gpg_error_t cf_core_new (const struct cf_core_config *config, struct cf_core **r_core) CF_MUST_CHECK;
void cf_core_free (struct cf_core *core);

/* Ask the owner's loop to end, in a moment: what waits to be written to clients leaves first. */
void cf_core_stop (struct cf_core *core);

/* Nobody with ARG waits any more for what cf_core_unlock or cf_self_init was asked; it goes on. */
void cf_core_forget (struct cf_core *core, void *arg);

/* LOCKED: unseal the store and start everything; DONE (may be NULL) hears the outcome.  Asked again after a
   failure (pinentry cancelled) it tries again; asked while it is under way, it joins.  DONE never comes from inside.
   Errors for DONE: CF_ERR_NO_IDENTITY, CF_ERR_STATEMENT, CF_ERR_STORE, agent's; READY already is 0. */
void cf_core_unlock (struct cf_core *core, void (*done) (void *arg, gpg_error_t err), void *arg);

/* Start what needs an open store and an identity; called by init and unlock once core->store and core->self are
   there.  On failure everything that it started is ended again. */
gpg_error_t cf_core_start_modules (struct cf_core *core) CF_MUST_CHECK;
/* End them, in reverse; store and self stay. */
void cf_core_stop_modules (struct cf_core *core);

#endif
