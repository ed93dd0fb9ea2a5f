/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h - the command line of confab-node and its configuration file. */
#ifndef CF_NODE_OPTIONS_H
#define CF_NODE_OPTIONS_H

#include "node/server.h"

#define CF_NODE_PORT 7443
#define CF_NODE_ADDRESSES_MAX 8

enum cf_node_wish { CF_NODE_RUN, CF_NODE_STATUS, CF_NODE_VERSION, CF_NODE_HELP };

struct cf_node_options {
  enum cf_node_wish wish;
  bool json;
  char *state;          /* owned; NULL: the usual directory */
  const char *config;   /* borrowed from argv; NULL: the usual file, if it is there */
  struct cf_addr listen; /* family 0: every address, this port */
  struct cf_addr address[CF_NODE_ADDRESSES_MAX]; /* how it is reached from outside; what it prints */
  size_t address_count;
  enum cf_log_level log_level;
  uint8_t services;
  uint32_t streams, host_streams; /* at a time, in all and of one host */
  struct cf_server_limits limits;
  struct cf_mail_limits mail;
};

void cf_node_options_init (struct cf_node_options *r_options);
void cf_node_options_done (struct cf_node_options *options);
/* On failure *R_WRONG (caller frees, may be NULL) says which word it is.
   Errors: UNKNOWN_OPTION, MISSING_VALUE, INV_VALUE. */
gpg_error_t cf_node_options_parse (int argc, char **argv, struct cf_node_options *options, char **r_wrong) CF_MUST_CHECK;
/* Lines of a name and a value, # before comments.  DATA is changed.  Give it the file first, then the command line. */
gpg_error_t cf_node_options_parse_file (char *data, struct cf_node_options *options, char **r_wrong) CF_MUST_CHECK;

extern const char cf_node_options_help[];

#endif
