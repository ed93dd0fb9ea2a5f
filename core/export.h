/* export.h - a conversation as files that outlive Confab; shared by message.c's neighbours only. */
#ifndef CF_CORE_EXPORT_H
#define CF_CORE_EXPORT_H

#include "core/command.h"

/* Bytes of the armor of LEN bytes, its NUL counted. */
size_t cf_armor_size (size_t len);
/* OpenPGP ASCII armor (RFC 4880, section 6) of the message DATA into OUT, with LF line ends. */
void cf_armor (const void *data, size_t len, char *out);

/* EXPORT. */
void cf_export_run (struct cf_command *cmd);

#endif
