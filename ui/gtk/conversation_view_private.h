/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view_private.h - shared by the files of the view of a conversation. */
#ifndef CF_UI_GTK_CONVERSATION_VIEW_PRIVATE_H
#define CF_UI_GTK_CONVERSATION_VIEW_PRIVATE_H

#include "ui/client/timeline.h"
#include "ui/gtk/composer.h"
#include "ui/gtk/conversation_view.h"
#include "ui/gtk/drop_overlay.h"
#include "ui/gtk/key_bar.h"
#include "ui/gtk/message_row.h"
#include "ui/gtk/search_bar.h"
#include "ui/gtk/timeline_view.h"

struct _CfConversationView {
  GtkBox parent;
  CfApp *app; /* borrowed */
  struct cf_model_listener *listener;
  struct cf_timeline *timeline; /* NULL: nothing is shown */
  char *peer, *own;             /* the names of the other side, and of our user */

  /* of the template */
  GtkOverlay *overlay;
  GtkScrolledWindow *scrolled;
  GtkWidget *to_end, *fresh_label, *empty, *actions, *composer_place;
  GtkLabel *typing, *empty_hint;
  GtkWidget *react_button, *reply_button, *menu_button;

  CfTimelineView *rows;
  CfComposer *composer;
  CfKeyBar *key_bar; /* in the composer's place when nothing can be written */
  CfKeyBar *warning_bar; /* above it: somebody passes for the other side */
  CfSearchBar *search;
  guint unread_at; /* the row with the line "unread"; G_MAXUINT: none */
  bool unread_high; /* that row is the first of the page, and is to be shown lower as soon as there are rows above it */
  unsigned unread; /* when the conversation was chosen, until its rows are here */
  unsigned more_unread; /* of these, how many stand above that line: the page had no room for them */
  bool settling;   /* the rows are new, and not yet where the reader stands */
  size_t fresh;    /* came in below what is shown */
  guint clock;     /* sources; 0: none */

  int acting;       /* the row with the buttons; -1: none */
  bool menu_open;   /* those stay until it is closed */

  CfDropOverlay *drop;
  GHashTable *waiting; /* files to be sent, of conversations that are not shown: id -> GStrv */

  char *saved;      /* the draft as the daemon has it */
  guint draft;      /* a source */
  gint64 typing_at; /* the other side was told last, monotonic us; 0: it thinks that we do not type */
  char *read;       /* the message up to which READ was said */
};

/* conversation_view_rows.c: the timeline's rows become widgets. */
extern const struct cf_timeline_handler cf_conversation_rows_handler;
GtkWidget *cf_conversation_rows_make (gpointer view, guint at);
/* What is shown has moved, or the window has become active: the buttons, and who has read what. */
void cf_conversation_rows_shown (CfConversationView *view);
void cf_conversation_rows_tick (CfConversationView *view);
void cf_conversation_rows_to_end (CfConversationView *view);

/* conversation_view_write.c: what is written. */
void cf_conversation_write_start (CfConversationView *view); /* another conversation is shown: its draft */
void cf_conversation_write_stop (CfConversationView *view);  /* the draft is kept */
void cf_conversation_write_draft_changed (CfConversationView *view); /* the row of the conversation came anew */
void cf_conversation_write_send (CfConversationView *view);
void cf_conversation_write_typed (CfConversationView *view);
void cf_conversation_write_edit_last (CfConversationView *view);

/* conversation_view_files.c: what is sent beside words. */
void cf_conversation_files_init (CfConversationView *view);
void cf_conversation_files_start (CfConversationView *view); /* another conversation is shown */
void cf_conversation_files_stop (CfConversationView *view);  /* its files wait */
void cf_conversation_files_peer (CfConversationView *view);  /* to whom, or whether, has changed */
void cf_conversation_files_send (CfConversationView *view);

/* conversation_view_actions.c: what can be done with a message. */
void cf_conversation_actions_init (CfConversationView *view);
void cf_conversation_actions_on_act (CfMessageRow *row, int act, const char *detail, CfConversationView *view);
void cf_conversation_actions_hide (CfConversationView *view);
void cf_conversation_actions_edit (CfConversationView *view, const json_t *message);

const char *cf_conversation_view_id (CfConversationView *view); /* NULL: none is shown */
/* Call VERB with WORDS (until NULL); a failure is reported. */
void cf_conversation_view_call (CfConversationView *view, const char *verb, const char *const *words);

#endif
