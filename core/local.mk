# core: what this folder builds and tests.

# The messenger's life, commands, events, the identity in use.
libcf_core_a_SOURCES += core/core.c core/core.h core/worker.h
libcf_core_a_SOURCES += core/command.c core/command.h core/commands.c core/commands.h
libcf_core_a_SOURCES += core/event.c core/event.h
libcf_core_a_SOURCES += core/address.c core/address.h
libcf_core_a_SOURCES += core/json.c core/json.h core/said.c core/said.h
libcf_core_a_SOURCES += core/self.c core/self.h core/self_task.c core/self_task.h
libcf_core_a_SOURCES += core/self_init.c core/self_unlock.c core/self_reseal.c core/self_revoke.c core/self_commands.c
libcf_core_a_SOURCES += core/settings.c core/settings.h
libcf_core_a_SOURCES += core/status.c core/status.h core/status_reach.c core/status_watch.c
libcf_core_a_SOURCES += core/visibility.c core/visibility.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/core/test_event
TESTS += tests/unit/core/test_event
tests_unit_core_test_event_SOURCES = tests/unit/core/test_event.c
tests_unit_core_test_event_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_event_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_self
TESTS += tests/unit/core/test_self
tests_unit_core_test_self_SOURCES = tests/unit/core/test_self.c
tests_unit_core_test_self_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_self_LDFLAGS = $(LDFLAGS_SIM)
tests_unit_core_test_self_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_command
TESTS += tests/unit/core/test_command
tests_unit_core_test_command_SOURCES = tests/unit/core/test_command.c
tests_unit_core_test_command_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_command_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_json
TESTS += tests/unit/core/test_json
tests_unit_core_test_json_SOURCES = tests/unit/core/test_json.c
tests_unit_core_test_json_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_json_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=realloc
tests_unit_core_test_json_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_address
TESTS += tests/unit/core/test_address
tests_unit_core_test_address_SOURCES = tests/unit/core/test_address.c
tests_unit_core_test_address_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_address_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
endif

# Conversations, the talk channel, the password gate.
libcf_core_a_SOURCES += core/talk.c core/talk.h
libcf_core_a_SOURCES += core/conversation.c core/conversation.h core/conversation_commands.c core/trust.c core/trust.h
libcf_core_a_SOURCES += core/mark_commands.c core/orphan_keys.c core/orphan_keys.h
libcf_core_a_SOURCES += core/store/store_conversation.h
libcf_core_a_SOURCES += core/gate.c core/gate.h core/gate_private.h core/gate_request.c
libcf_core_a_SOURCES += core/gate_frame.c core/gate_run.c core/opening.c core/verifying.c core/gate_commands.c
libcf_core_a_SOURCES += core/gate_guess.c core/gate_guess.h core/store/store_gate.h

# Who is near, who is kept, and the tunnels to them.
libcf_core_a_SOURCES += core/peer.c core/peer.h core/peers.h
libcf_core_a_SOURCES += core/certify.c core/peer_verify.c core/peer_check.c core/peer_fetch.c core/peer_circle.c core/peer_state.c
libcf_core_a_SOURCES += core/peer_discovery.c core/peer_file.c core/peer_file.h core/peer_names.c core/peer_names.h
libcf_core_a_SOURCES += core/peer_resolve.c core/peer_commands.c core/strangers.c core/strangers.h
libcf_core_a_SOURCES += core/people.c core/people.h
libcf_core_a_SOURCES += core/link.c core/link.h core/links.h
libcf_core_a_SOURCES += core/link_dial.c core/link_way.c core/link_accept.c core/link_paths.c core/link_cross.c
libcf_core_a_SOURCES += core/link_exchange.c core/link_tries.c core/link_tries.h
libcf_core_a_SOURCES += core/link_tunnel.c core/link_tunnel.h
libcf_core_a_SOURCES += core/portmap.c core/portmap.h core/helper.h
libcf_core_a_SOURCES += core/nodes.c core/nodes.h core/nodes_private.h core/nodes_circuit.c core/nodes_dial.c core/nodes_mirror.c core/nodes_list.c core/nodes_borrow.c
libcf_core_a_SOURCES += core/store/store_peer.h

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_nodes tests/sim/test_false_node tests/sim/test_exchange
TESTS += tests/sim/test_nodes tests/sim/test_false_node tests/sim/test_exchange
tests_sim_test_exchange_SOURCES = tests/sim/test_exchange.c
tests_sim_test_exchange_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_exchange_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_exchange_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_false_node_SOURCES = tests/sim/test_false_node.c
tests_sim_test_false_node_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_false_node_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_false_node_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_punch
TESTS += tests/sim/test_punch
tests_sim_test_punch_SOURCES = tests/sim/test_punch.c
tests_sim_test_punch_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_punch_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_punch_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_nodes_SOURCES = tests/sim/test_nodes.c
tests_sim_test_nodes_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_nodes_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_nodes_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_link tests/sim/test_rogue tests/sim/test_too_much tests/unit/core/test_peer tests/unit/core/test_peer_file
TESTS += tests/sim/test_link tests/sim/test_rogue tests/sim/test_too_much tests/unit/core/test_peer tests/unit/core/test_peer_file
tests_unit_core_test_peer_file_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_peer_file_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_core_test_peer_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_peer_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_sim_test_link_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_link_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_link_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_rogue_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_rogue_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_rogue_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_too_much_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_too_much_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_too_much_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_reach
TESTS += tests/sim/test_reach
tests_sim_test_reach_SOURCES = tests/sim/test_reach.c
tests_sim_test_reach_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_reach_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_reach_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_crowd
TESTS += tests/sim/test_crowd
tests_sim_test_crowd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_crowd_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_crowd_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_revoke
TESTS += tests/sim/test_revoke
tests_sim_test_revoke_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_revoke_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_revoke_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_portmap
TESTS += tests/sim/test_portmap
tests_sim_test_portmap_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_portmap_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_portmap_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_visibility
TESTS += tests/sim/test_visibility
tests_sim_test_visibility_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_visibility_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_visibility_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_gate tests/sim/test_gate_hostile tests/sim/test_conversation tests/unit/core/test_gate
TESTS += tests/sim/test_gate tests/sim/test_gate_hostile tests/sim/test_conversation tests/unit/core/test_gate
tests_sim_test_conversation_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_conversation_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_conversation_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_unit_core_test_gate_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_gate_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_sim_test_gate_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_gate_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_store_request_delete
tests_sim_test_gate_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_verify
TESTS += tests/sim/test_verify
tests_sim_test_verify_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_verify_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_store_peer_save
tests_sim_test_verify_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_gate_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_gate_hostile_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_link_handshake_hash
tests_sim_test_gate_hostile_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif

# What is said in open conversations.
libcf_core_a_SOURCES += core/entry.c core/entry.h
libcf_core_a_SOURCES += core/message.c core/message.h core/message_commands.c core/history_commands.c
libcf_core_a_SOURCES += core/outbox.c core/outbox.h core/outbox_private.h
libcf_core_a_SOURCES += core/outbox_add.c core/outbox_seal.c core/outbox_answer.c
libcf_core_a_SOURCES += core/intake.c core/intake.h core/inbox.c core/inbox.h core/receipt.c
libcf_core_a_SOURCES += core/change.c core/change.h core/change_commands.c core/vanish.c core/vanish.h
libcf_core_a_SOURCES += core/history.c core/history.h core/export.c core/export.h core/armor.c core/armor.h
libcf_core_a_SOURCES += core/store/store_message.h

# What waits at nodes for those who are out of reach.
libcf_core_a_SOURCES += core/post.c core/post.h core/post_private.h core/post_round.c core/post_visit.c core/post_seal.c

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_mailbox
TESTS += tests/sim/test_mailbox
tests_sim_test_mailbox_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_mailbox_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_mailbox_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif

# Files on their way; what they are is core/file's.
libcf_core_a_SOURCES += core/transfer.c core/transfer.h core/transfer_private.h core/transfer_work.c
libcf_core_a_SOURCES += core/transfer_frame.c core/transfer_send.c core/transfer_receive.c core/transfer_check.c
libcf_core_a_SOURCES += core/transfer_entry.c core/transfer_row.c core/transfer_commands.c

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_transfer tests/sim/test_transfer_hostile tests/sim/test_transfer_trouble
TESTS += tests/sim/test_transfer tests/sim/test_transfer_hostile tests/sim/test_transfer_trouble
tests_sim_test_transfer_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_transfer_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_transfer_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_datagrams
TESTS += tests/sim/test_datagrams
tests_sim_test_datagrams_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_datagrams_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_datagrams_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_transfer_trouble_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_transfer_trouble_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_file_sink_write \
	-Wl,--wrap=cf_file_sink_finish
tests_sim_test_transfer_trouble_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_transfer_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_transfer_hostile_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_file_end_build -Wl,--wrap=cf_file_source_read
tests_sim_test_transfer_hostile_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/core/test_entry tests/unit/core/test_store_message tests/unit/core/test_armor
TESTS += tests/unit/core/test_entry tests/unit/core/test_store_message tests/unit/core/test_armor
tests_unit_core_test_entry_SOURCES = tests/unit/core/test_entry.c
tests_unit_core_test_entry_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_entry_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_core_test_store_message_SOURCES = tests/unit/core/test_store_message.c tests/unit/core/store_unit.h
tests_unit_core_test_store_message_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_store_message_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_core_test_armor_SOURCES = tests/unit/core/test_armor.c
tests_unit_core_test_armor_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_armor_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_message tests/sim/test_forgery tests/sim/test_trust
TESTS += tests/sim/test_message tests/sim/test_forgery tests/sim/test_trust
tests_sim_test_trust_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_trust_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_trust_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_message_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_message_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_message_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_forgery_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_forgery_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_inbox_free
tests_sim_test_forgery_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_change
TESTS += tests/sim/test_change
tests_sim_test_change_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_change_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_change_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_marks
TESTS += tests/sim/test_marks
tests_sim_test_marks_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_marks_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_marks_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_burst
TESTS += tests/sim/test_burst
tests_sim_test_burst_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_burst_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_store_message_add
tests_sim_test_burst_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sim/test_hangup
TESTS += tests/sim/test_hangup
tests_sim_test_hangup_SOURCES = tests/sim/test_hangup.c tests/sim/quick_password.c
tests_sim_test_hangup_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_hangup_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=crypto_pwhash_argon2id
tests_sim_test_hangup_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif
