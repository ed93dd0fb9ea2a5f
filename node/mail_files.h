/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail_files.h - mail as files: one each, named by what it is, in a directory of the state. */
#ifndef CF_NODE_MAIL_FILES_H
#define CF_NODE_MAIL_FILES_H

#include "node/mailbox.h"

struct cf_mail_files;

/* The directory STATE/mail, made if need be. */
gpg_error_t cf_mail_files_new (struct cf_env *env, const char *state, struct cf_mail_files **r_files) CF_MUST_CHECK;
void cf_mail_files_free (struct cf_mail_files *files);
struct cf_mail_store cf_mail_files_store (struct cf_mail_files *files);
/* Tell MAILBOX what is there; what is no mail is left alone, but what was being written when the power went is
   removed. */
gpg_error_t cf_mail_files_load (struct cf_mail_files *files, struct cf_mailbox *mailbox) CF_MUST_CHECK;

#endif
