/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaf_private.h - what leaf.c and leaf_avx2.c share; nobody else but their test includes it. */
#ifndef CF_CORE_FILE_LEAF_PRIVATE_H
#define CF_CORE_FILE_LEAF_PRIVATE_H

#include <stdbool.h>

#include "core/file/block.h"

#define CF_FILE_PIECES (CF_FILE_BLOCK / CF_FILE_PIECE)

/* H("file leaf"; piece) of each piece of a whole block.  False: this processor cannot, and nothing was written. */
bool cf_file_leaf_four (const uint8_t block[CF_FILE_BLOCK], uint8_t r_hashes[CF_FILE_PIECES][CF_FILE_HASH_LEN]);

#endif
