# core: what this folder builds and tests.

# Conversations, the talk channel, the password gate.
libcf_core_a_SOURCES += core/talk.c core/talk.h
libcf_core_a_SOURCES += core/conversation.c core/conversation.h core/conversation_commands.c
libcf_core_a_SOURCES += core/store/store_conversation.h core/store/store_fpr.h
