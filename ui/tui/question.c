/* SPDX-License-Identifier: GPL-3.0-or-later */
/* question.c - what is asked in the input line: passwords, names, yes or no. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/tui/app.h"

struct cf_question *
cf_tui_ask (struct cf_tui *tui, const char *text, bool secret,
            void (*answered) (struct cf_tui *, void *, const char *, size_t), void (*free_arg) (void *), void *arg)
{
  struct cf_question *question = cf_must (calloc (1, sizeof *question));

  cf_tui_answer (tui, false);
  question->text = cf_must_copy (text);
  question->edit = cf_edit_new (secret);
  question->answered = answered;
  question->free_arg = free_arg;
  question->arg = arg;
  tui->question = question;
  return question;
}

void
cf_tui_ask_yes_no (struct cf_tui *tui, const char *text,
                   void (*answered) (struct cf_tui *, void *, const char *, size_t), void (*free_arg) (void *), void *arg)
{
  cf_tui_ask (tui, text, false, answered, free_arg, arg)->yes_no = true;
}

void
cf_tui_answer (struct cf_tui *tui, bool given)
{
  struct cf_question *question = tui->question;

  if (!question)
    return;
  tui->question = NULL; /* the answer may lead to another one */
  question->answered (tui, question->arg, given ? cf_edit_text (question->edit) : NULL,
                      given ? cf_edit_len (question->edit) : 0);
  if (question->free_arg)
    question->free_arg (question->arg);
  cf_edit_free (question->edit);
  free (question->text);
  free (question);
}
