/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_group.h - the public nodes that are used: a list in the settings, to be added to and taken from; the daemon says
 * what is no name of a node. */
#ifndef CF_UI_GTK_NODES_GROUP_H
#define CF_UI_GTK_NODES_GROUP_H

#include <handy.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_NODES_GROUP (cf_nodes_group_get_type ())
G_DECLARE_FINAL_TYPE (CfNodesGroup, cf_nodes_group, CF, NODES_GROUP, HdyPreferencesGroup)

/* Once; then again whenever settings have changed.  A daemon that knows no nodes hides it. */
void cf_nodes_group_refresh (CfNodesGroup *group, CfApp *app);

G_END_DECLS

#endif
