noinst_LIBRARIES += libcf-ipc.a
libcf_ipc_a_SOURCES = \
	core/ipc/connection.c \
	core/ipc/connection.h \
	core/ipc/ipc.c \
	core/ipc/ipc.h \
	core/ipc/line.c \
	core/ipc/line.h \
	core/ipc/request.c
libcf_ipc_a_CPPFLAGS = $(AM_CPPFLAGS) $(ASSUAN_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
