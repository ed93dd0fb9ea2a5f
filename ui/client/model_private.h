/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_private.h - what the files of model.h share. */
#ifndef CF_UI_CLIENT_MODEL_PRIVATE_H
#define CF_UI_CLIENT_MODEL_PRIVATE_H

#include "base/env.h"
#include "ui/client/model_list.h"

#define CF_MODEL_TYPING_MAX 64 /* at once */

/* A list, and how it is fetched. */
struct listing {
  struct cf_model *model;
  struct cf_rows rows;
  bool complete;            /* fetched since the last READY */
  struct cf_call *call;     /* under way */
  struct cf_rows incoming;  /* its rows so far */
  json_t *late;             /* rows that events told meanwhile, removals as {id: ..., "gone": true} */
  bool again;               /* fetch once more after this */
  int64_t got_utc_ms;       /* when the last fetch ended */
  struct cf_timer gather;
};

struct typing {
  char *conversation;
  uint64_t until_ms;
};

struct cf_model {
  struct cf_session *session;
  struct listing lists[CF_MODEL_LISTS];
  json_t *status, *status_incoming;
  struct cf_call *status_call;
  struct typing typing[CF_MODEL_TYPING_MAX];
  size_t typing_count;
  struct cf_timer typing_lapse;
  struct cf_timer settle;
  struct cf_model_listener *listeners;
  unsigned telling; /* depth */
};

/* ---- model.c ---- */

/* LIST is to be fetched again, in a moment. */
void cf_model_fetch_soon (struct cf_model *model, enum cf_model_list list);
void cf_model_fetch_status (struct cf_model *model);
/* ROW (stolen) takes the place of the one with its id, or is new. */
void cf_model_put (struct cf_model *model, enum cf_model_list list, json_t *row);
void cf_model_take_out (struct cf_model *model, enum cf_model_list list, const char *id);
void cf_model_set_typing (struct cf_model *model, const char *conversation, bool on);

/* ---- model_event.c ---- */

/* EVENT has come: the lists say so, and listeners have been told. */
void cf_model_take (struct cf_model *model, const json_t *event);

#endif
