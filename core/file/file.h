/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.h - shapes that everything about files shares.
 *
 * A transfer is one stream of bytes: the manifest (directories only), then the
 * contents of the files in the manifest's order.  It is cut into blocks of
 * CF_FILE_BLOCK bytes, the last one shorter; a block may hold many small files.
 *
 *      manifest_len              size
 *   +--------------+--------+---+------------------+
 *   |   manifest   | file 1 | 2 |     file 3       |      an empty file has no bytes here
 *   +--------------+--------+---+------------------+
 *   |  block 0  |  block 1  |  block 2  | block 3  |
 *
 * Nothing in this folder reads a clock, rolls dice, logs, or knows the store:
 * every function may run in the worker's thread.  One object, one thread at a time.
 */
#ifndef CF_CORE_FILE_FILE_H
#define CF_CORE_FILE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/proto.h"

#define CF_FILE_HASH_LEN 32 /* leaves, nodes, the root */
#define CF_FILE_TAG_LEN 16
#define CF_FILE_ESCAPED_MAX(len) (3 * (len)) /* bytes that LEN bytes of a name take at most, escaped */

/* Names on the wire are text: bytes below 0x20, 0x7f, '%', and bytes that are no part of well-formed UTF-8 become
   %XX with upper-case digits.  OUT has room for CF_FILE_ESCAPED_MAX (LEN); returns how many bytes were written. */
size_t cf_file_escape (const void *raw, size_t len, char *out);
/* The inverse, into OUT of LEN bytes.  Errors: CF_ERR_PROTOCOL for what cf_file_escape would not have written. */
gpg_error_t cf_file_unescape (const char *text, size_t len, uint8_t *out, size_t *r_len) CF_MUST_CHECK;

#endif
