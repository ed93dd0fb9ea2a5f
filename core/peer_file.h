/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_file.h - the contact file HOME/peers: whom "who's there" is asked by unicast.
 *
 * The user writes it, or gets it from others (net/peerlist.h says how it
 * reads); it is looked at every few seconds, and what changed holds at once.  We
 * write to it only when the user adds lines by a command, behind what is there.
 */
#ifndef CF_CORE_PEER_FILE_H
#define CF_CORE_PEER_FILE_H

#include <jansson.h>

#include "base/phrase.h"
#include "core/core.h"
#include "net/asklist.h"
#include "net/peerlist.h"

struct cf_peer_file;

#define CF_PEER_FILE_NAME "peers"   /* below HOME */
#define CF_PEER_FILE_BAD_MAX 16     /* malformed lines that are remembered, of however many */

/* ASK sends a question. */
gpg_error_t cf_peer_file_new (struct cf_core *core, void (*ask) (void *arg, const struct cf_addr *to), void *arg,
                              struct cf_peer_file **r_file) CF_MUST_CHECK;
void cf_peer_file_free (struct cf_peer_file *file); /* NULL is fine */
void cf_peer_file_start (struct cf_peer_file *file); /* it is read, now and when it changes */
void cf_peer_file_turn (struct cf_peer_file *file, bool on); /* whether anybody is asked */
void cf_peer_file_again (struct cf_peer_file *file); /* the network has changed */

bool cf_peer_file_has (const struct cf_peer_file *file, const struct cf_addr *addr);
bool cf_peer_file_asks (const struct cf_peer_file *file, const struct cf_addr *addr); /* the same, or learned */
/* A contact has named ADDR: it is asked like those in the file, until it has not answered for a while.  It is never
   written to the file.  Errors: as cf_asklist_learn. */
gpg_error_t cf_peer_file_learn (struct cf_peer_file *file, const struct cf_addr *addr) CF_MUST_CHECK;
void cf_peer_file_answered (struct cf_peer_file *file, const struct cf_addr *addr);

/* Add what TEXT says, as far as it is not there, to the file, which is then read; with CHECK only say what would be.
   *R_ROW: file, added, known (lines whose place was there), malformed (a list of line, message, code and args, of TEXT; the first
   CF_PEER_FILE_BAD_MAX); caller's, also after NO_DATA.  Errors: NO_DATA (TEXT names no place at all), TOO_LARGE (more
   than the file may hold), those of reading and writing, ENOMEM. */
gpg_error_t cf_peer_file_add (struct cf_peer_file *file, const char *text, size_t len, bool check,
                              json_t **r_row) CF_MUST_CHECK;

/* What is wrong with a line; its argument is the line's number. */
enum cf_say cf_peer_file_say (gpg_error_t bad);

/* For status: how many places are named (a name of a host is as many as it has addresses, at least one), how many of these answer, which are malformed.  *R_ERR: why it cannot be
   read; 0 also when there is none. */
struct cf_peer_file_state {
  size_t places, answering, malformed;
  size_t learned;                /* beside them, from contacts */
  unsigned long first_malformed; /* its line; 0: none */
  gpg_error_t first_why;         /* for cf_peer_file_say */
  gpg_error_t err;
};
void cf_peer_file_state (const struct cf_peer_file *file, struct cf_peer_file_state *r_state);

#endif
