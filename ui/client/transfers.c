/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfers.c - files on their way: which there are, what can be done with them, and how they are told. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/transfers.h"
#include "ui/client/words_private.h"

/* ---- which there are ---- */

const json_t *
cf_transfer_of_message (struct cf_model *model, const json_t *message)
{
  const json_t *attachment = json_object_get (message, "attachment"), *kept;

  if (!json_is_object (attachment) || cf_row_true (message, "deleted"))
    return NULL;
  kept = cf_model_get (model, CF_MODEL_TRANSFERS, cf_row_text (attachment, "transfer"));
  return kept ? kept : attachment;
}

const json_t *
cf_transfer_next (struct cf_model *model, const char *conversation, const json_t *previous)
{
  const json_t *row = previous;

  do
    row = cf_model_next (model, CF_MODEL_TRANSFERS, row);
  while (row && conversation && strcmp (cf_row_text (row, "conversation"), conversation));
  return row;
}

enum cf_transfer_state
cf_transfer_state (const json_t *transfer)
{
  static const char *const states[] = { "offered", "active", "paused", "verifying", "done", "failed", "cancelled" };
  const char *state = cf_row_text (transfer, "state");

  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (!strcmp (state, states[i]))
      return (enum cf_transfer_state) i;
  return CF_TRANSFER_OFFERED;
}

bool
cf_transfer_ended (const json_t *transfer)
{
  return cf_transfer_state (transfer) >= CF_TRANSFER_DONE;
}

bool
cf_transfer_incoming (const json_t *transfer)
{
  return strcmp (cf_row_text (transfer, "direction"), "out") != 0;
}

bool
cf_transfer_directory (const json_t *transfer)
{
  return !strcmp (cf_row_text (transfer, "kind"), "directory");
}

double
cf_transfer_fraction (const json_t *transfer)
{
  double done = (double) cf_row_number (transfer, "done"), size = (double) cf_row_number (transfer, "size");

  if (cf_transfer_state (transfer) == CF_TRANSFER_DONE)
    return 1;
  return done <= 0 || size <= 0 ? 0 : done < size ? done / size : 1;
}

/* What a row says under KEY; nothing can be less than nothing. */
static int64_t
amount (const json_t *transfer, const char *key)
{
  int64_t n = cf_row_number (transfer, key);

  return n > 0 ? n : 0;
}

void
cf_transfer_sum_add (struct cf_transfer_sum *sum, const json_t *transfer)
{
  sum->count++;
  sum->done += amount (transfer, "done");
  sum->size += amount (transfer, "size");
  sum->rate += amount (transfer, "rate");
}

int64_t
cf_transfer_sum_eta (const struct cf_transfer_sum *sum)
{
  if (!sum->rate)
    return -1;
  return sum->size > sum->done ? (sum->size - sum->done + sum->rate - 1) / sum->rate : 0;
}

unsigned
cf_transfer_deeds (const json_t *transfer)
{
  const char *paused_by = cf_row_text (transfer, "paused_by");

  switch (cf_transfer_state (transfer)) {
  case CF_TRANSFER_OFFERED:
    return cf_transfer_incoming (transfer) ? CF_TRANSFER_CAN_ACCEPT | CF_TRANSFER_CAN_REFUSE : CF_TRANSFER_CAN_CANCEL;
  case CF_TRANSFER_ACTIVE: return CF_TRANSFER_CAN_PAUSE | CF_TRANSFER_CAN_CANCEL;
  case CF_TRANSFER_PAUSED: /* by nobody: something went wrong, such as a full disk */
    return (strcmp (paused_by, "peer") ? CF_TRANSFER_CAN_RESUME : 0) | CF_TRANSFER_CAN_CANCEL;
  case CF_TRANSFER_VERIFYING: return CF_TRANSFER_CAN_CANCEL;
  case CF_TRANSFER_DONE: return *cf_row_text (transfer, "path") ? CF_TRANSFER_CAN_OPEN : 0;
  case CF_TRANSFER_FAILED:
  case CF_TRANSFER_CANCELLED: return cf_row_true (transfer, "can_retry") ? CF_TRANSFER_CAN_RETRY : 0;
  }
  return 0;
}

/* ---- numbers in words ---- */

char *
cf_words_size_of (int64_t done, int64_t size)
{
  double n = done < 0 ? 0 : (double) done, of = size < 0 ? 0 : (double) size;
  size_t unit = cf_words_unit (&of);
  char *part, *whole, *text;

  for (size_t i = 0; i < unit; i++)
    n /= 1000;
  part = cf_words_format ("%.*f", cf_words_decimals (n, unit), n);
  whole = cf_words_format ("%.*f", cf_words_decimals (of, unit), of);
  /* Translators: how much of a file is there, its size, the unit of both: "3.2 of 10 MB" */
  text = cf_words_format (_("%s of %s %s"), part, whole, cf_words_unit_name (unit));
  free (part);
  free (whole);
  return text;
}

char *
cf_words_rate (int64_t bytes_per_second)
{
  char *size = cf_words_size (bytes_per_second), *text;

  /* Translators: a speed: "12 MB/s" */
  text = cf_words_format (_("%s/s"), size);
  free (size);
  return text;
}

char *
cf_words_time_left (int64_t seconds)
{
  int n = seconds > INT32_MAX ? INT32_MAX : (int) seconds;

  if (n < 0)
    return cf_words_format ("%s", "");
  if (n < 60)
    return cf_words_format (_("%d s left"), n);
  if (n < 3600)
    return cf_words_format (_("%d min left"), (n + 59) / 60);
  if (n < 24 * 3600)
    return cf_words_format (_("%d h %d min left"), n / 3600, n % 3600 / 60);
  return cf_words_format (_("%d d %d h left"), n / 86400, n % 86400 / 3600);
}

/* ---- a transfer in words ---- */

char *
cf_words_transfer_name (const json_t *transfer)
{
  return cf_words_field (transfer, "name");
}

char *
cf_words_transfer_kind (const json_t *transfer)
{
  char *size = cf_words_size (cf_row_number (transfer, "size")), *text;
  int64_t files = cf_row_number (transfer, "files");
  int n = files > INT32_MAX ? INT32_MAX : files < 0 ? 0 : (int) files;

  if (!cf_transfer_directory (transfer))
    return size;
  /* Translators: a directory: how many files are in it, and their size: "Folder, 12 files, 3.4 GB" */
  text = cf_words_format (ngettext ("Folder, %d file, %s", "Folder, %d files, %s", (unsigned long) n), n, size);
  free (size);
  return text;
}

const char *
cf_words_transfer_state (const json_t *transfer)
{
  switch (cf_transfer_state (transfer)) {
  case CF_TRANSFER_OFFERED: return cf_transfer_incoming (transfer) ? _("Offered") : _("Waiting for their answer");
  case CF_TRANSFER_ACTIVE: return _("Under way");
  case CF_TRANSFER_PAUSED: return _("Paused");
  case CF_TRANSFER_VERIFYING: return _("Being checked");
  case CF_TRANSFER_DONE: return _("Done");
  case CF_TRANSFER_FAILED: return _("Failed");
  case CF_TRANSFER_CANCELLED: return _("Cancelled");
  }
  return "";
}

/* "3.2 of 10 MB · 12 MB/s · 5 s left", as far as it is known. */
static char *
progress (const json_t *transfer)
{
  char *size = cf_words_size_of (cf_row_number (transfer, "done"), cf_row_number (transfer, "size")), *rate, *left, *text;
  const json_t *eta = json_object_get (transfer, "eta");

  if (cf_row_number (transfer, "rate") <= 0) {
    text = cf_words_format ("%s · %s", _("Under way"), size);
    free (size);
    return text;
  }
  rate = cf_words_rate (cf_row_number (transfer, "rate"));
  left = cf_words_time_left (json_is_integer (eta) ? json_integer_value (eta) : -1);
  text = cf_words_format ("%s · %s%s%s", size, rate, *left ? " · " : "", left);
  free (size);
  free (rate);
  free (left);
  return text;
}

/* "Paused by you · 3.2 of 10 MB" */
static char *
pause_words (const json_t *transfer, const char *reason)
{
  const char *by = cf_row_text (transfer, "paused_by"), *how = _("Paused");
  char *size = cf_words_size_of (cf_row_number (transfer, "done"), cf_row_number (transfer, "size")), *text;

  if (*reason)
    how = reason;
  else if (!strcmp (by, "us"))
    how = _("Paused by you");
  else if (!strcmp (by, "peer"))
    how = _("Paused by the other side");
  else if (!strcmp (by, "both"))
    how = _("Paused by both sides");
  text = cf_words_format ("%s · %s", how, size);
  free (size);
  return text;
}

/* How it ended, with what it is: "Done · 10 MB". */
static char *
with_kind (const char *state, const json_t *transfer)
{
  char *kind = cf_words_transfer_kind (transfer), *text = cf_words_format ("%s · %s", state, kind);

  free (kind);
  return text;
}

char *
cf_words_transfer (const json_t *transfer)
{
  char *reason = cf_words_reason (transfer), *text = NULL;

  switch (cf_transfer_state (transfer)) {
  case CF_TRANSFER_ACTIVE: text = progress (transfer); break;
  case CF_TRANSFER_PAUSED: text = pause_words (transfer, reason); break;
  case CF_TRANSFER_FAILED:
    text = *reason ? cf_words_format (_("Failed: %s"), reason) : with_kind (_("Failed"), transfer);
    break;
  case CF_TRANSFER_CANCELLED:
    text = with_kind (*reason ? reason : _("Cancelled"), transfer);
    break;
  case CF_TRANSFER_OFFERED:
  case CF_TRANSFER_VERIFYING:
  case CF_TRANSFER_DONE: text = with_kind (cf_words_transfer_state (transfer), transfer); break;
  }
  free (reason);
  return text;
}

char *
cf_words_transfer_hint (const json_t *transfer)
{
  return cf_words_remedy_for (cf_row_text (transfer, "hint"));
}
