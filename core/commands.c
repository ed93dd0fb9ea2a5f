/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.c - the list of the modules' tables; a module adds its line here. */
#include "core/commands.h"

const struct cf_command_def *const cf_command_tables[] = {
  cf_self_commands,
  cf_peer_commands,
  cf_certify_commands,
  cf_gate_commands,
  cf_conversation_commands,
  cf_mark_commands,
  cf_message_commands,
  cf_change_commands,
  cf_history_commands,
  cf_transfer_commands,
  NULL,
};
