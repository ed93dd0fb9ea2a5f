# core: what this folder builds and tests.

# The messenger's life, commands, events, the identity in use.
libcf_core_a_SOURCES += core/core.c core/core.h
libcf_core_a_SOURCES += core/command.c core/command.h core/commands.c core/commands.h
libcf_core_a_SOURCES += core/event.c core/event.h
libcf_core_a_SOURCES += core/address.c core/address.h
libcf_core_a_SOURCES += core/self.c core/self.h core/self_task.c core/self_task.h
libcf_core_a_SOURCES += core/self_init.c core/self_unlock.c core/self_commands.c
libcf_core_a_SOURCES += core/settings.c core/settings.h
libcf_core_a_SOURCES += core/status.c core/status.h

# Conversations, the talk channel, the password gate.
libcf_core_a_SOURCES += core/talk.c core/talk.h
libcf_core_a_SOURCES += core/conversation.c core/conversation.h core/conversation_commands.c
libcf_core_a_SOURCES += core/store/store_conversation.h core/store/store_fpr.h
