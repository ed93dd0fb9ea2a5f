/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.h - one error type for everything, and what a person is told about it.
 *
 * Every fallible function returns a gpg_error_t with source "Confab"
 * (GPG_ERR_SOURCE_USER_1, set for the whole project on the compiler's command
 * line).  Stock libgpg-error codes are used where one fits; the table in err.c
 * says, for each code that can reach a person, its stable name, the exit code
 * of the command line, a sentence and a remedy.
 */
#ifndef CF_BASE_ERR_H
#define CF_BASE_ERR_H

#include <gpg-error.h>

#define CF_MUST_CHECK __attribute__ ((warn_unused_result))
#define CF_PRINTF(fmt, first) __attribute__ ((format (printf, fmt, first)))

/* Exit codes of the command line; a contract with scripts. */
enum cf_exit {
  CF_EXIT_OK = 0,
  CF_EXIT_USER = 1,       /* usage, unknown name, bad input */
  CF_EXIT_UNEXPECTED = 2, /* our own fault, or the system's */
  CF_EXIT_NETWORK = 3,    /* peer not reachable, I/O */
  CF_EXIT_TRUST = 4,      /* expired, revoked, changed, refused, wrong password */
  CF_EXIT_RATE = 5,       /* too many tries */
  CF_EXIT_QUEUED = 6,     /* accepted, but the wait was not satisfied in time */
  CF_EXIT_AGENT = 7,      /* gpg-agent or pinentry */
};

/* The codes that Confab gives a meaning of its own.  Named here so that every
   layer means the same thing by them. */
#define CF_ERR_NOT_REACHABLE GPG_ERR_EHOSTUNREACH
#define CF_ERR_WRONG_PASSWORD GPG_ERR_BAD_PASSPHRASE /* the conversation's password */
#define CF_ERR_REFUSED GPG_ERR_NOT_CONFIRMED         /* the other person refused */
#define CF_ERR_KEY_EXPIRED GPG_ERR_KEY_EXPIRED
#define CF_ERR_KEY_REVOKED GPG_ERR_CERT_REVOKED
#define CF_ERR_KEY_DISABLED GPG_ERR_KEY_DISABLED
#define CF_ERR_KEY_WEAK GPG_ERR_WEAK_KEY
#define CF_ERR_KEY_WRONG GPG_ERR_WRONG_PUBKEY_ALGO   /* not the key that was expected */
#define CF_ERR_STATEMENT GPG_ERR_BAD_SIGNATURE       /* a statement does not hold */
#define CF_ERR_FORGERY GPG_ERR_BAD_CERT              /* an envelope does not hold */
#define CF_ERR_RATE GPG_ERR_LIMIT_REACHED
#define CF_ERR_CLOSED GPG_ERR_OBJ_TERM_STATE         /* the conversation is closed */
#define CF_ERR_NO_IDENTITY GPG_ERR_NO_SECKEY
#define CF_ERR_LOCKED GPG_ERR_LOCKED                 /* the store is not open yet */
#define CF_ERR_RUNNING GPG_ERR_EBUSY                 /* another daemon holds this home */
#define CF_ERR_STORE GPG_ERR_BAD_DATA                /* the store is damaged */
#define CF_ERR_PROTOCOL GPG_ERR_UNEXPECTED_MSG       /* the peer broke the protocol */

struct cf_err_info {
  const char *name;    /* stable upper-case name: "NOT_REACHABLE" */
  enum cf_exit exit;   /* exit code of the command line */
  const char *message; /* a sentence without full stop */
  const char *hint;    /* what to do about it; never NULL, may be "" */
};

/* What to tell a person about ERR.  Never NULL; the result is static.  An
   error that came from gpg-agent, pinentry or a card (by its source) is told
   apart from one of ours with the same code. */
const struct cf_err_info *cf_err_info (gpg_error_t err);

/* The error for code E with our source; the code for errno. */
#define cf_err(e) gpg_err_make (GPG_ERR_SOURCE_USER_1, (e))
gpg_error_t cf_err_errno (void) CF_MUST_CHECK;

#endif
