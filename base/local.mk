noinst_LIBRARIES += libcf-base.a
libcf_base_a_SOURCES = \
	base/bucket.c base/bucket.h base/buf.c base/buf.h base/env.c base/env_system.c base/env.h base/err.c base/err.h \
	base/fpr.c base/fpr.h base/hash.c base/hash.h base/map.c base/map.h base/paths.c base/paths.h \
	base/phrase.c base/phrase.h base/phrases.def base/program.c base/program.h base/refusal.c base/refusal.h \
	base/secmem.c base/secmem.h base/text.c base/text.h base/timer.c base/timer.h

if HAVE_CMOCKA
base_tests = \
	tests/unit/base/test_bucket tests/unit/base/test_buf tests/unit/base/test_env tests/unit/base/test_err \
	tests/unit/base/test_fpr tests/unit/base/test_hash tests/unit/base/test_map \
	tests/unit/base/test_nomem tests/unit/base/test_paths tests/unit/base/test_phrase tests/unit/base/test_secmem tests/unit/base/test_text \
	tests/unit/base/test_timer
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)

base_test_ldadd = $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_base_test_bucket_SOURCES = tests/unit/base/test_bucket.c tests/unit/base/unit.h
tests_unit_base_test_bucket_LDADD = $(base_test_ldadd)
tests_unit_base_test_buf_SOURCES = tests/unit/base/test_buf.c tests/unit/base/unit.h
tests_unit_base_test_buf_LDADD = $(base_test_ldadd)
tests_unit_base_test_env_SOURCES = tests/unit/base/test_env.c tests/unit/base/unit.h
tests_unit_base_test_env_LDADD = $(base_test_ldadd)
tests_unit_base_test_err_SOURCES = tests/unit/base/test_err.c tests/unit/base/unit.h
tests_unit_base_test_err_LDADD = $(base_test_ldadd)
tests_unit_base_test_fpr_SOURCES = tests/unit/base/test_fpr.c tests/unit/base/unit.h
tests_unit_base_test_fpr_LDADD = $(base_test_ldadd)
tests_unit_base_test_hash_SOURCES = tests/unit/base/test_hash.c tests/unit/base/unit.h
tests_unit_base_test_hash_LDADD = $(base_test_ldadd)
tests_unit_base_test_map_SOURCES = tests/unit/base/test_map.c tests/unit/base/unit.h
tests_unit_base_test_map_LDADD = $(base_test_ldadd)
tests_unit_base_test_nomem_SOURCES = tests/unit/base/test_nomem.c tests/unit/base/unit.h
tests_unit_base_test_nomem_LDADD = $(base_test_ldadd)
tests_unit_base_test_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=cf_sprintf,--wrap=sodium_malloc
tests_unit_base_test_paths_SOURCES = tests/unit/base/test_paths.c tests/unit/base/unit.h
tests_unit_base_test_paths_LDADD = $(base_test_ldadd)
tests_unit_base_test_phrase_SOURCES = tests/unit/base/test_phrase.c tests/unit/base/unit.h
tests_unit_base_test_phrase_LDADD = $(base_test_ldadd)
tests_unit_base_test_secmem_SOURCES = tests/unit/base/test_secmem.c tests/unit/base/unit.h
tests_unit_base_test_secmem_LDADD = $(base_test_ldadd)
tests_unit_base_test_text_SOURCES = tests/unit/base/test_text.c tests/unit/base/unit.h
tests_unit_base_test_text_LDADD = $(base_test_ldadd)
tests_unit_base_test_timer_SOURCES = tests/unit/base/test_timer.c tests/unit/base/unit.h
tests_unit_base_test_timer_LDADD = $(base_test_ldadd)
endif
