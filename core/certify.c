/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certify.c - CERTIFY: the user certifies a contact's key in the user's own keyring.
 *
 *   cmd_certify --gpg: certified--> on_certified --gpg: looked at again--> on_checked --> row
 *
 * A certification says to other programs, and if it is exportable to other
 * people, that this key is that person's.  So it is for contacts whom the user
 * has verified; "unverified" is for who has compared the fingerprint himself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/peer.h"
#include "core/self.h"

struct certifying {
  struct cf_command *cmd;
  struct cf_gpg_job *job;
  struct cf_fpr fpr;
  bool exportable, already, imported;
  char *user_id; /* fit to show */
};

static void
certifying_free (struct certifying *c)
{
  free (c->user_id);
  free (c);
}

static void
certify_cancelled (struct cf_command *cmd)
{
  struct certifying *c = cmd->state;

  cf_gpg_cancel (cmd->core->gpg, c->job);
  certifying_free (c);
}

/* The command goes on without C. */
static struct cf_command *
certifying_end (struct certifying *c)
{
  struct cf_command *cmd = c->cmd;

  cmd->state = NULL;
  cmd->cancelled = NULL;
  certifying_free (c);
  return cmd;
}

static gpg_error_t
send_row (struct certifying *c)
{
  const struct cf_peer *peer = cf_peer_find (c->cmd->core, &c->fpr);
  char fpr[CF_FPR_HEX_SIZE];

  return cf_command_row (c->cmd, json_pack ("{s:s, s:s, s:b, s:b, s:b, s:s}", "fingerprint", cf_fpr_hex (&c->fpr, fpr),
                                            "user_id", c->user_id, "exportable", c->exportable, "already", c->already,
                                            "imported", c->imported, "validity",
                                            cf_key_validity_name (peer ? peer->validity : CF_VALIDITY_UNKNOWN)));
}

/* What is certified is certified, also if its new validity cannot be read. */
static void
on_checked (void *arg, gpg_error_t err)
{
  struct certifying *c = arg;

  c->job = NULL;
  err = send_row (c);
  cf_command_done (certifying_end (c), err);
}

static void
on_certified (void *arg, gpg_error_t err, const struct cf_certification *what)
{
  struct certifying *c = arg;
  char fpr[CF_FPR_HEX_SIZE];

  c->job = NULL;
  if (gpg_err_code (err) == GPG_ERR_CONFLICT) {
    cf_fpr_hex (&c->fpr, fpr);
    cf_command_say (certifying_end (c), err, CF_SAY_CERTIFIED_MORE, fpr, NULL);
    return;
  }
  if (!err && !(c->user_id = cf_text_display (what->user_id, strlen (what->user_id), false)))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err) {
    c->already = what->already;
    c->imported = what->imported;
    err = cf_peer_check_key (c->cmd->core, &c->fpr, on_checked, c, &c->job);
  }
  if (err)
    cf_command_done (certifying_end (c), err);
}

static void
cmd_certify (struct cf_command *cmd)
{
  struct cf_peer *peer = cf_peer_resolve (cmd, cmd->argv[0]);
  struct certifying *c;
  gpg_error_t err;

  if (!peer)
    return;
  if (cf_fpr_equal (&peer->fpr, &cmd->core->self->fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_PERSON_SELF, NULL);
    return;
  }
  if (!peer->verified_how && !cf_command_option (cmd, "unverified")) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_TRUSTED), CF_SAY_NOT_VERIFIED, NULL);
    return;
  }
  c = calloc (1, sizeof *c);
  if (!c) {
    cf_command_done (cmd, cf_err_errno ());
    return;
  }
  c->cmd = cmd;
  c->fpr = peer->fpr;
  c->exportable = cf_command_option (cmd, "exportable") != NULL;
  err = cf_gpg_certify (cmd->core->gpg, &cmd->core->self->fpr, &c->fpr, c->exportable, on_certified, c, &c->job);
  if (err) {
    certifying_free (c);
    cf_command_done (cmd, err);
    return;
  }
  cmd->state = c;
  cmd->cancelled = certify_cancelled;
}

const struct cf_command_def cf_certify_commands[] = {
  { .verb = "CERTIFY",
    .usage = "CERTIFY [--exportable] [--unverified] PEER",
    .help = "Certify, with your own key and in your own keyring, the main user ID of a contact's key, which is put\n"
            "there if it is not.  For you alone (a local certification) unless --exportable.  A contact who is not\n"
            "verified is refused unless --unverified: you have compared the fingerprint.  Your pinentry may ask.\n"
            "Fields: fingerprint, user_id (that is certified), exportable, already (it was before), imported,\n"
            "validity",
    .options = "exportable unverified",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_certify },
  { .verb = NULL },
};
