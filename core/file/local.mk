# core/file: what a file is on the wire, on the sender's disk and on the receiver's; part of libcf-core.a.
libcf_core_a_SOURCES += core/file/file.h core/file/escape.c
libcf_core_a_SOURCES += core/file/offer.c core/file/offer.h core/file/name.c core/file/name.h core/file/media.c
libcf_core_a_SOURCES += core/file/block.c core/file/block.h core/file/leaf.c core/file/leaf_avx2.c core/file/leaf_private.h
libcf_core_a_SOURCES += core/file/map.c core/file/map.h
libcf_core_a_SOURCES += core/file/manifest.c core/file/manifest.h core/file/tree.c core/file/tree.h
libcf_core_a_SOURCES += core/file/source.c core/file/source.h core/file/source_walk.c core/file/source_private.h
libcf_core_a_SOURCES += core/file/sink.c core/file/sink.h core/file/sink_open.c core/file/sink_finish.c
libcf_core_a_SOURCES += core/file/sink_private.h

if HAVE_CMOCKA
file_tests = tests/unit/core/test_file_offer tests/unit/core/test_file_block tests/unit/core/test_file_map \
	tests/unit/core/test_file_manifest tests/unit/core/test_file_source tests/unit/core/test_file_sink
check_PROGRAMS += $(file_tests)
TESTS += $(file_tests)
file_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
file_test_ldadd = $(CORE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_core_test_file_offer_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_offer_LDADD = $(file_test_ldadd)
tests_unit_core_test_file_block_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_block_LDADD = $(file_test_ldadd)
tests_unit_core_test_file_map_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_map_LDADD = $(file_test_ldadd)
tests_unit_core_test_file_manifest_SOURCES = tests/unit/core/test_file_manifest.c tests/unit/core/file_unit.h
tests_unit_core_test_file_manifest_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_manifest_LDADD = $(file_test_ldadd)
tests_unit_core_test_file_source_SOURCES = tests/unit/core/test_file_source.c tests/unit/core/file_unit.h
tests_unit_core_test_file_source_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_source_LDADD = $(file_test_ldadd)
tests_unit_core_test_file_sink_SOURCES = tests/unit/core/test_file_sink.c tests/unit/core/file_unit.h
tests_unit_core_test_file_sink_CPPFLAGS = $(file_test_cppflags)
tests_unit_core_test_file_sink_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=renameat2
tests_unit_core_test_file_sink_LDADD = $(file_test_ldadd)
endif

# Figures, not a test: make tests/bench/bench_file.
check_PROGRAMS += tests/bench/bench_file
tests_bench_bench_file_LDADD = $(CORE_LIBS) $(BASE_LIBS)
