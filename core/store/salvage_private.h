/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage_private.h - what salvage.c and salvage_settle.c share. */
#ifndef CF_CORE_STORE_SALVAGE_PRIVATE_H
#define CF_CORE_STORE_SALVAGE_PRIVATE_H

#include "core/store/salvage.h"

/* salvage.c: what is readable of the store at FROM, which is written to, into a new one at TO. */
gpg_error_t store_salvage_file (struct cf_env *env, const char *from, const char *to, const uint8_t key[CF_STORE_KEY_LEN],
                                struct cf_salvaged *r_salvaged) CF_MUST_CHECK;

/* In HOME/store, while it lasts. */
#define STORE_SALVAGE_COPY "db.damaged"
#define STORE_SALVAGE_NEW "db.salvaged"

/* salvage_files.c: db and its log, as far as the disk gives them, become STORE_SALVAGE_COPY. */
gpg_error_t store_salvage_copy (const char *home) CF_MUST_CHECK;
/* STORE_SALVAGE_NEW takes the place of db, which goes to HOME/store.saved-NOW with the files that open it. */
gpg_error_t store_salvage_replace (const char *home, int64_t now_utc_ms) CF_MUST_CHECK;
/* Remove both, where they are. */
void store_salvage_tidy (const char *home);

/* salvage_settle.c: STORE, of the newest version, has what SALVAGED says: make that hold together. */
gpg_error_t store_salvage_settle (struct cf_store *store, struct cf_salvaged *salvaged) CF_MUST_CHECK;

#endif
