/* SPDX-License-Identifier: GPL-3.0-or-later */
/* picture.h - a small copy of a picture, PNG or JPEG. */
#ifndef CF_UI_THUMBNAIL_PICTURE_H
#define CF_UI_THUMBNAIL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CF_PICTURE_PX 256                            /* at most, across and down */
#define CF_PICTURE_BYTES_MAX (64ul * 1024 * 1024)    /* that are read */
#define CF_PICTURE_PIXELS_MAX (100ul * 1000 * 1000)  /* that one may claim to have */
#define CF_PICTURE_HEAD_LEN 8
#define CF_PICTURE_OUT_MAX (CF_PICTURE_HEAD_LEN + CF_PICTURE_PX * CF_PICTURE_PX * 4)

/* Decode one of each kind, so that whatever has to be loaded for it is.  False: this machine's decoders are modules. */
bool cf_picture_prepare (void);

/* Read a picture from FD to its end.  OUT gets "CFTH", width and height (2 bytes each, big-endian), and width * height
   times red, green, blue, opacity; returns how many bytes, 0: it is no picture that we show. */
size_t cf_picture_make (int fd, uint8_t out[CF_PICTURE_OUT_MAX]);

#endif
