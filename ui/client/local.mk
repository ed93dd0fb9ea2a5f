noinst_LIBRARIES += libcf-client.a
libcf_client_a_SOURCES = ui/client/client.c ui/client/client.h ui/client/spawn.c ui/client/spawn.h
libcf_client_a_CPPFLAGS = $(AM_CPPFLAGS) $(ASSUAN_CFLAGS) $(JANSSON_CFLAGS)
CLIENT_LIBS = libcf-client.a $(BASE_LIBS) $(ASSUAN_LIBS) $(JANSSON_LIBS)
