/* SPDX-License-Identifier: GPL-3.0-or-later */
/* security_panel_private.h - what the files of the security panel share: facts are shown in security_panel.c, deeds are
   done in security_panel_deeds.c, and history is written to a file in security_panel_export.c. */
#ifndef CF_UI_GTK_SECURITY_PANEL_PRIVATE_H
#define CF_UI_GTK_SECURITY_PANEL_PRIVATE_H

#include <handy.h>
#include <jansson.h>

#include "ui/client/model.h"
#include "ui/gtk/fact_row.h"
#include "ui/gtk/security_panel.h"

struct _CfSecurityPanel {
  GtkBin parent;
  CfApp *app;
  struct cf_model_listener *listener;
  char *conversation; /* NULL: none */
  char *told;         /* what a deed has come to: in its row until the next deed, or another conversation */
  GtkWidget *told_by; /* that row */
  gboolean updating;  /* a control changes because the model has */
  GtkWidget *content;
  GtkImage *icon;
  GtkLabel *headline, *sentence;
  CfFactRow *user_id, *fingerprint, *expiry, *warning;
  CfFactRow *peer_key, *own_key, *opened, *route;
  GtkWidget *verify, *certify, *timer_row, *pin_row, *mute_row, *export, *block;
  GtkComboBoxText *timer, *mute;
  GtkSwitch *pin;
};

/* The row that the panel is about; NULL: none, or it is gone. */
const json_t *cf_security_panel_row (CfSecurityPanel *panel);
/* What is known of its peer: the row of a contact, else of somebody near, else NULL. */
const json_t *cf_security_panel_person (CfSecurityPanel *panel);
/* Say TEXT, the outcome of the deed of ROW, in that row; NULL: nothing. */
void cf_security_panel_tell (CfSecurityPanel *panel, GtkWidget *row, const char *text);

/* ---- security_panel_deeds.c ---- */

/* Its signal handlers, for the template. */
void cf_security_panel_bind_deeds (GtkWidgetClass *class);
/* Set the controls as ROW and PERSON (may be NULL) are. */
void cf_security_panel_show_deeds (CfSecurityPanel *panel, const json_t *row, const json_t *person);

/* ---- security_panel_export.c ---- */

/* Ask in which form and where to, then write it. */
void cf_security_panel_export (CfSecurityPanel *panel);

#endif
