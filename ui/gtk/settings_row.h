/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings_row.h - one of the daemon's settings in a list: applied at once; what is wrong with a value is said here.
 *
 * A template gives the key and the sort of control:
 *
 *     <object class="CfSettingsRow" id="receipts">
 *       <property name="title" translatable="yes">Read receipts</property>
 *       <property name="key">receipts</property>
 *       <property name="values">on|off</property>
 *     </object>
 *
 * VALUES "on|off" (any two, the first one is on): a switch; more: a choice of them, named by "labels" in the same
 * order, and beside them whatever else was set; "folder": a folder, and the way to choose another; none: text.  A key that
 * the daemon does not know hides its row.
 */
#ifndef CF_UI_GTK_SETTINGS_ROW_H
#define CF_UI_GTK_SETTINGS_ROW_H

#include <handy.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_SETTINGS_ROW (cf_settings_row_get_type ())
G_DECLARE_FINAL_TYPE (CfSettingsRow, cf_settings_row, CF, SETTINGS_ROW, HdyActionRow)

/* Once; then again whenever settings have changed. */
void cf_settings_row_refresh (CfSettingsRow *row, CfApp *app);

G_END_DECLS

#endif
