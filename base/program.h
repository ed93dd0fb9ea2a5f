/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.h - what programs that serve have in common: options in two places, one line when they fail, many files. */
#ifndef CF_BASE_PROGRAM_H
#define CF_BASE_PROGRAM_H

#include <getopt.h>

#include "base/err.h"

/* One line on stderr, of PROGRAM: what could not be done, as FMT says, and why and what to do, as ERR does.
   Returns ERR. */
gpg_error_t cf_program_complain (const char *program, gpg_error_t err, const char *fmt, ...) CF_PRINTF (3, 4);

/* The same of the configuration file PATH, in which WRONG, as of cf_program_lines, is what ERR says. */
gpg_error_t cf_program_complain_line (const char *program, gpg_error_t err, const char *path, const char *wrong);

/* Takes the option NAME with its VALUE (NULL: it has none).  Errors: UNKNOWN_OPTION, INV_VALUE, ENOMEM. */
typedef gpg_error_t (*cf_program_set) (void *arg, const char *name, const char *value);

/* The command line, of which LONGS are the options; their flags and values are 0.  On failure *R_WRONG (caller frees, may
   be NULL) says which word it is.  Errors: UNKNOWN_OPTION, MISSING_VALUE, those of SET. */
gpg_error_t cf_program_words (int argc, char **argv, const struct option *longs, cf_program_set set, void *arg,
                              char **r_wrong) CF_MUST_CHECK;
/* A configuration file: lines of a name and a value, # before comments.  DATA is changed.  On failure *R_WRONG is
   "line 3".  Errors: MISSING_VALUE, those of SET. */
gpg_error_t cf_program_lines (char *data, cf_program_set set, void *arg, char **r_wrong) CF_MUST_CHECK;

/* Have WANTED files open at a time, or as many as are allowed: how many that is, WANTED when it is not known. */
unsigned long cf_program_files (unsigned long wanted);

#endif
