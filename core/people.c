/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people.c - the public keys of people: kept in the store, lent to OpenPGP.
 *
 * A keyring on the disk would tell a thief whom its owner knows.  So gpg works
 * on copies in a place that a power cut empties, and the store, which is
 * encrypted, has the keys.  A key is in the store before whoever imported it
 * hears of it: nothing that is written afterwards names one that is not there.
 */
#include "core/people.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/store_people.h"

#define LOAD_LEN (1024 * 1024) /* of keys, one run of gpg */
#define LOAD_MAX 512

struct page {
  struct cf_gpg_block blocks[LOAD_MAX];
  size_t count, len;
  int64_t row;
};

/* One more for the page.  False: it is full. */
static bool
take (void *arg, int64_t row, const uint8_t *block, size_t len, gpg_error_t *r_err)
{
  struct page *page = arg;
  uint8_t *copy;

  if (page->count == LOAD_MAX || (page->count && page->len + len > LOAD_LEN))
    return false;
  copy = malloc (len ? len : 1);
  if (!copy) {
    *r_err = cf_err (GPG_ERR_ENOMEM);
    return false;
  }
  memcpy (copy, block, len);
  page->blocks[page->count].data = copy;
  page->blocks[page->count++].len = len;
  page->len += len;
  page->row = row;
  return true;
}

gpg_error_t
cf_people_load (struct cf_core *core, struct cf_store *store, int64_t *row, cf_gpg_done_fn done, void *arg,
                struct cf_gpg_job **r_job)
{
  struct page *page = calloc (1, sizeof *page);
  gpg_error_t err;

  if (!page)
    return cf_err_errno ();
  *r_job = NULL;
  page->row = *row;
  err = cf_store_people_after (store, *row, take, page);
  if (!err && page->count)
    err = cf_gpg_people_load (core->gpg, page->blocks, page->count, done, arg, r_job);
  if (!err)
    *row = page->row;
  for (size_t i = 0; i < page->count; i++)
    free ((void *) (uintptr_t) page->blocks[i].data);
  free (page);
  return err;
}

static gpg_error_t
keep (void *arg, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  struct cf_core *core = arg;

  return block ? cf_store_people_save (core->store, fpr, block, len) : cf_store_people_delete (core->store, fpr);
}

void
cf_people_start (struct cf_core *core)
{
  cf_gpg_people_kept (core->gpg, keep, core);
}

void
cf_people_stop (struct cf_core *core)
{
  cf_gpg_people_kept (core->gpg, NULL, NULL);
}
