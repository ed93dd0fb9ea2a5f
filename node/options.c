/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c - the command line of confab-node and its configuration file: the same names in both. */
#include "node/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "base/text.h"

const char cf_node_options_help[]
    = "Usage: confab-node [OPTION...]\n"
      "A public node for Confab: people who cannot reach each other talk through it,\n"
      "and those who want to be found are on its list; mail waits there for who is away.\n"
      "It reads nothing of what it carries.  It prints how it is written down, for the setting \"nodes\" of others.\n"
      "\n"
      "  --listen ADDR:PORT      where to accept connections (default: :7443)\n"
      "  --address ADDR:PORT     how it is reached from outside, when that is another; up to 8 times\n"
      "  --offer SERVICES        of relay, list and mailbox, with commas between (default: all)\n"
      "  --state DIR             its key, its socket, mail (default: $STATE_DIRECTORY, or\n"
      "                          ~/.local/state/confab-node)\n"
      "  --config FILE           options without dashes, one a line (default: confab-node.conf\n"
      "                          in the system's configuration directory)\n"
      "  --log-level LEVEL       error, warn, info or debug (default: info)\n"
      "  --streams N             connections at a time (default: 16384)\n"
      "  --host-streams N        of one host (default: 64)\n"
      "  --strangers N           connections that have not said who they are (default: 1024)\n"
      "  --registrations N       people who are registered (default: 16384)\n"
      "  --host-registrations N  of one host (default: 64)\n"
      "  --circuits N            connections between two people (default: 16384)\n"
      "  --memory MIB            for what waits in them (default: 128)\n"
      "  --mail MIB              on the disk, for mail (default: 1024)\n"
      "  --status                say how the running node does, and end\n"
      "  --json                  the same for programs\n"
      "  --version               print the version\n"
      "  --help                  print this\n";

static const struct number {
  const char *name;
  size_t offset;
  uint32_t max;
} numbers[] = {
  { "streams", offsetof (struct cf_node_options, streams), 1000000 },
  { "host-streams", offsetof (struct cf_node_options, host_streams), 1000000 },
  { "strangers", offsetof (struct cf_node_options, limits.strangers), 16384 },
  { "registrations", offsetof (struct cf_node_options, limits.registrations), 1000000 },
  { "host-registrations", offsetof (struct cf_node_options, limits.host_registrations), 1000000 },
  { "circuits", offsetof (struct cf_node_options, limits.circuits), 1000000 },
};
static const struct size {
  const char *name;
  size_t offset;
} sizes[] = { /* in MiB */
  { "memory", offsetof (struct cf_node_options, limits.waiting_bytes) },
  { "mail", offsetof (struct cf_node_options, mail.bytes) },
};
#define SIZE_MAX_MIB (1024 * 1024)
#define COUNT(array) (sizeof (array) / sizeof *(array))

void
cf_node_options_init (struct cf_node_options *r_options)
{
  *r_options = (struct cf_node_options){
    .listen = { .port = CF_NODE_PORT },
    .log_level = CF_LOG_INFO,
    .services = CF_NODE_RELAY | CF_NODE_LISTING | CF_NODE_MAILBOX,
    .streams = 16384,
    .host_streams = 64,
  };
  cf_server_limits_init (&r_options->limits);
  cf_mail_limits_init (&r_options->mail);
}

void
cf_node_options_done (struct cf_node_options *options)
{
  free (options->state);
  options->state = NULL;
}

static gpg_error_t
add_address (struct cf_node_options *options, const char *text)
{
  struct cf_addr addr;

  if (options->address_count == CF_NODE_ADDRESSES_MAX || cf_addr_parse (text, &addr) || !addr.port)
    return cf_err (GPG_ERR_INV_VALUE);
  options->address[options->address_count++] = addr;
  return 0;
}

static gpg_error_t
parse_offer (const char *text, uint8_t *r_services)
{
  static const struct { const char *name; uint8_t service; } names[] = { { "relay", CF_NODE_RELAY },
                                                                         { "list", CF_NODE_LISTING },
                                                                         { "mailbox", CF_NODE_MAILBOX } };
  uint8_t services = 0;

  while (*text) {
    size_t len = strcspn (text, ","), i = 0;

    while (i < 3 && (strlen (names[i].name) != len || strncmp (text, names[i].name, len)))
      i++;
    if (i == 3)
      return cf_err (GPG_ERR_INV_VALUE);
    services |= names[i].service;
    text += len + (text[len] == ',');
  }
  *r_services = services;
  return services ? 0 : cf_err (GPG_ERR_INV_VALUE);
}

static gpg_error_t
parse_number (const char *text, uint64_t max, uint64_t *r_number)
{
  const char *end = text + strlen (text);

  if (cf_text_number (&text, end, max, r_number) || text != end || !*r_number)
    return cf_err (GPG_ERR_INV_VALUE);
  return 0;
}

static gpg_error_t
set_number (struct cf_node_options *options, const char *name, const char *value)
{
  uint64_t number = 0;
  gpg_error_t err;

  for (size_t i = 0; i < COUNT (sizes); i++)
    if (!strcmp (name, sizes[i].name)) {
      err = parse_number (value, SIZE_MAX_MIB, &number);
      number *= 1024 * 1024;
      if (!err)
        memcpy ((char *) options + sizes[i].offset, &number, sizeof number);
      return err;
    }
  for (size_t i = 0; i < COUNT (numbers); i++)
    if (!strcmp (name, numbers[i].name)) {
      uint32_t v;

      err = parse_number (value, numbers[i].max, &number);
      if (err)
        return err;
      v = (uint32_t) number;
      memcpy ((char *) options + numbers[i].offset, &v, sizeof v);
      return 0;
    }
  return cf_err (GPG_ERR_UNKNOWN_OPTION);
}

/* Those that the file may hold as well. */
static gpg_error_t
set_common (void *arg, const char *name, const char *value)
{
  struct cf_node_options *options = arg;

  if (!strcmp (name, "listen"))
    return cf_addr_parse_listen (value, &options->listen);
  if (!strcmp (name, "address"))
    return add_address (options, value);
  if (!strcmp (name, "offer"))
    return parse_offer (value, &options->services);
  if (!strcmp (name, "log-level"))
    return cf_log_level_parse (value, &options->log_level);
  if (!strcmp (name, "state")) {
    char *copy = strdup (value);

    if (!copy)
      return cf_err (GPG_ERR_ENOMEM);
    free (options->state);
    options->state = copy;
    return 0;
  }
  return set_number (options, name, value);
}

static gpg_error_t
set_own (void *arg, const char *name, const char *value)
{
  struct cf_node_options *options = arg;

  if (!strcmp (name, "config"))
    options->config = value;
  else if (!strcmp (name, "status"))
    options->wish = CF_NODE_STATUS;
  else if (!strcmp (name, "json"))
    options->json = true;
  else if (!strcmp (name, "version"))
    options->wish = CF_NODE_VERSION;
  else if (!strcmp (name, "help"))
    options->wish = CF_NODE_HELP;
  else
    return set_common (options, name, value);
  return 0;
}

gpg_error_t
cf_node_options_parse (int argc, char **argv, struct cf_node_options *options, char **r_wrong)
{
  static const struct option longs[] = {
    { "listen", required_argument, NULL, 0 },        { "address", required_argument, NULL, 0 },
    { "offer", required_argument, NULL, 0 },         { "state", required_argument, NULL, 0 },
    { "config", required_argument, NULL, 0 },        { "log-level", required_argument, NULL, 0 },
    { "streams", required_argument, NULL, 0 },       { "host-streams", required_argument, NULL, 0 },
    { "strangers", required_argument, NULL, 0 },     { "registrations", required_argument, NULL, 0 },
    { "host-registrations", required_argument, NULL, 0 },
    { "circuits", required_argument, NULL, 0 },      { "memory", required_argument, NULL, 0 },
    { "mail", required_argument, NULL, 0 },
    { "status", no_argument, NULL, 0 },              { "json", no_argument, NULL, 0 },
    { "version", no_argument, NULL, 0 },             { "help", no_argument, NULL, 0 },
    { NULL, 0, NULL, 0 },
  };

  return cf_program_words (argc, argv, longs, set_own, options, r_wrong);
}

gpg_error_t
cf_node_options_parse_file (char *data, struct cf_node_options *options, char **r_wrong)
{
  return cf_program_lines (data, set_common, options, r_wrong);
}
