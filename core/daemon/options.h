/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h - the command line of confabd and its configuration file. */
#ifndef CF_CORE_DAEMON_OPTIONS_H
#define CF_CORE_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "base/env.h"
#include "net/addr.h"

enum cf_options_wish { CF_OPTIONS_RUN, CF_OPTIONS_VERSION, CF_OPTIONS_HELP };

struct cf_options {
  enum cf_options_wish wish;
  const char *home;   /* as given, or NULL; borrowed from argv */
  const char *config; /* the same */
  bool foreground;
  bool has_listen;
  struct cf_addr listen; /* family 0: every address, this port */
  uint16_t discovery_port; /* 0: the usual one */
  bool has_log_level;
  enum cf_log_level log_level;
};

/* On failure *R_WRONG (caller frees, may be NULL) says which word it is.
   Errors: UNKNOWN_OPTION, MISSING_VALUE, INV_VALUE. */
gpg_error_t cf_options_parse (int argc, char **argv, struct cf_options *r_options, char **r_wrong) CF_MUST_CHECK;
/* Lines "listen ADDR:PORT", "discovery-port N", "log-level LEVEL", with # before comments.  What the command line has
   said already stays.  DATA is changed.  Errors: as above. */
gpg_error_t cf_options_parse_file (char *data, struct cf_options *options, char **r_wrong) CF_MUST_CHECK;

extern const char cf_options_help[];

#endif
