# core/store: the encrypted database; part of libcf-core.a.
noinst_LIBRARIES += libcf-core.a
libcf_core_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS)
libcf_core_a_SOURCES =
libcf_core_a_SOURCES += core/store/memory.c core/store/store.c core/store/store.h core/store/internal.h
libcf_core_a_SOURCES += core/store/stmt.c core/store/columns.c core/store/columns.h
libcf_core_a_SOURCES += core/store/files.c core/store/files.h
libcf_core_a_SOURCES += core/store/migration.c core/store/migration.h
libcf_core_a_SOURCES += core/store/salvage.c core/store/salvage.h core/store/salvage_private.h core/store/salvage_files.c core/store/salvage_settle.c
libcf_core_a_SOURCES += core/store/store_self.c core/store/store_self.h
libcf_core_a_SOURCES += core/store/store_event.c core/store/store_event.h
libcf_core_a_SOURCES += core/store/store_peer.c core/store/store_people.c core/store/store_people.h
libcf_core_a_SOURCES += core/store/store_conversation.c
libcf_core_a_SOURCES += core/store/store_gate.c
libcf_core_a_SOURCES += core/store/store_message.c core/store/store_envelope.c core/store/store_change.c
libcf_core_a_SOURCES += core/store/message_private.h core/store/search.c core/store/search.h
libcf_core_a_SOURCES += core/store/store_post.c core/store/store_post.h
libcf_core_a_SOURCES += core/store/store_transfer.c core/store/store_transfer.h

# What links with libcf-core.a, in order, before $(BASE_LIBS).
CORE_LIBS = libcf-core.a libcf-net.a $(GPG_LIBS) $(SQLCIPHER_LIBS) $(JANSSON_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/core/test_store
TESTS += tests/unit/core/test_store
tests_unit_core_test_store_SOURCES = tests/unit/core/test_store.c
tests_unit_core_test_store_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_store_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_store_format
TESTS += tests/unit/core/test_store_format
tests_unit_core_test_store_format_SOURCES = tests/unit/core/test_store_format.c
tests_unit_core_test_store_format_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_store_format_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_migration
TESTS += tests/unit/core/test_migration
tests_unit_core_test_migration_SOURCES = tests/unit/core/test_migration.c
tests_unit_core_test_migration_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_migration_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_salvage
TESTS += tests/unit/core/test_salvage
tests_unit_core_test_salvage_SOURCES = tests/unit/core/test_salvage.c
tests_unit_core_test_salvage_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_salvage_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_store_transfer
TESTS += tests/unit/core/test_store_transfer
tests_unit_core_test_store_transfer_SOURCES = tests/unit/core/test_store_transfer.c tests/unit/core/store_unit.h
tests_unit_core_test_store_transfer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_store_transfer_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_store_disk
TESTS += tests/unit/core/test_store_disk
tests_unit_core_test_store_disk_SOURCES = tests/unit/core/test_store_disk.c tests/sim/sim_disk.c tests/sim/sim_disk.h
tests_unit_core_test_store_disk_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_store_disk_LDADD = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
endif

# Stores of earlier versions (test_migration).
EXTRA_DIST += tests/unit/core/schema_1.sql tests/unit/core/schema_2.sql tests/unit/core/schema_3.sql \
	tests/unit/core/schema_4.sql tests/unit/core/schema_5.sql tests/unit/core/schema_7.sql tests/unit/core/schema_8.sql \
	tests/unit/core/schema_9.sql tests/unit/core/schema_10.sql tests/unit/core/schema_11.sql tests/unit/core/schema_12.sql
