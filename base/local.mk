noinst_LIBRARIES += libcf-base.a
libcf_base_a_SOURCES = \
	base/buf.c base/buf.h base/env.c base/env_system.c base/env.h base/err.c base/err.h \
	base/fpr.c base/fpr.h base/hash.c base/hash.h base/map.c base/map.h base/paths.c base/paths.h \
	base/secmem.c base/secmem.h base/text.c base/text.h base/timer.c base/timer.h
