/* SPDX-License-Identifier: GPL-3.0-or-later */
/* armor.h - OpenPGP messages as text, for mail. */
#ifndef CF_CORE_ARMOR_H
#define CF_CORE_ARMOR_H

#include <stddef.h>

/* Bytes of the armor of LEN bytes, its NUL counted. */
size_t cf_armor_size (size_t len);
/* OpenPGP ASCII armor (RFC 4880, section 6) of the message DATA into OUT, with LF line ends. */
void cf_armor (const void *data, size_t len, char *out);

#endif
