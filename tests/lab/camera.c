/* SPDX-License-Identifier: GPL-3.0-or-later */
/* camera.c - preloaded (LD_PRELOAD), it gives a program a camera, /dev/video0, through libv4l2: what a machine without one,
 * and without the kernel's loopback, has for tests.  The file CF_CAMERA says at each try what there is:
 *
 *   no such file   no camera
 *   refused        one that this user may not open
 *   busy           one that another program uses
 *   P5 ...         one that sees these pictures (PGM, one behind the other, all of the first one's size), again and again
 *
 * One camera, opened once at a time; as much of V4L2 as zbar asks for: mapped buffers of YUYV.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define DEVICE "/dev/video0"
#define BUFFERS 4
#define PICTURE_NS 40000000 /* 25 a second */

int v4l2_open (const char *file, int flags, ...);
int v4l2_close (int fd);
int v4l2_ioctl (int fd, unsigned long request, ...);
void *v4l2_mmap (void *at, size_t len, int protection, int flags, int fd, int64_t offset);
int v4l2_munmap (void *at, size_t len);

static struct {
  FILE *pictures;
  unsigned width, height;
  bool busy;
  uint8_t *buffer[BUFFERS];
  unsigned waiting[BUFFERS], waiting_count; /* buffers to be filled, the first one first */
} camera;

static int
fail (int why)
{
  errno = why;
  return -1;
}

/* What the file begins with: "" when there is none. */
static const char *
look (char line[8])
{
  const char *name = getenv ("CF_CAMERA");
  FILE *file = name ? fopen (name, "rb") : NULL;

  line[0] = 0;
  if (file) {
    if (!fgets (line, 8, file))
      line[0] = 0;
    fclose (file);
  }
  return line;
}

int
access (const char *path, int mode)
{
  int (*real) (const char *, int) = (int (*) (const char *, int)) dlsym (RTLD_NEXT, "access");
  char line[8];

  if (strcmp (path, DEVICE))
    return real (path, mode);
  if (!*look (line))
    return fail (ENOENT);
  return mode != F_OK && !strncmp (line, "refused", 7) ? fail (EACCES) : 0;
}

/* ---- pictures ---- */

/* The head of the next one; after the last comes the first. */
static bool
begin_picture (unsigned *r_width, unsigned *r_height)
{
  for (int i = 0; i < 2; i++) {
    if (fscanf (camera.pictures, " P5 %u %u 255", r_width, r_height) == 2 && fgetc (camera.pictures) != EOF)
      return true;
    rewind (camera.pictures);
  }
  return false;
}

/* As Y U Y V: light, and no colour. */
static bool
next_picture (uint8_t *to)
{
  size_t len = (size_t) camera.width * camera.height;
  unsigned width, height;
  int light;

  if (!begin_picture (&width, &height) || width != camera.width || height != camera.height)
    return false;
  for (size_t i = 0; i < len; i++) {
    light = fgetc (camera.pictures);
    if (light == EOF)
      return false;
    to[2 * i] = (uint8_t) light;
    to[2 * i + 1] = 128;
  }
  return true;
}

/* ---- the device ---- */

int
v4l2_open (const char *file, int flags, ...)
{
  struct itimerspec each = { { 0, PICTURE_NS }, { 0, PICTURE_NS } };
  char line[8];
  int fd;

  (void) flags;
  if (strcmp (file, DEVICE) || !*look (line))
    return fail (ENOENT);
  if (!strncmp (line, "refused", 7))
    return fail (EACCES);
  memset (&camera, 0, sizeof camera);
  camera.busy = !strncmp (line, "busy", 4);
  camera.pictures = fopen (getenv ("CF_CAMERA"), "rb");
  camera.width = 640, camera.height = 480;
  if (!camera.pictures || (!camera.busy && !begin_picture (&camera.width, &camera.height)))
    return fail (EIO);
  rewind (camera.pictures);
  fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC);
  if (fd >= 0)
    timerfd_settime (fd, 0, &each, NULL);
  return fd;
}

int
v4l2_close (int fd)
{
  fclose (camera.pictures);
  return close (fd);
}

void *
v4l2_mmap (void *at, size_t len, int protection, int flags, int fd, int64_t offset)
{
  (void) fd;
  (void) flags;
  at = mmap (at, len, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at != MAP_FAILED)
    camera.buffer[offset / getpagesize () % BUFFERS] = at;
  return at;
}

int
v4l2_munmap (void *at, size_t len)
{
  return munmap (at, len);
}

static uint32_t
picture_len (void)
{
  return 2 * camera.width * camera.height;
}

static int
say_format (struct v4l2_format *format)
{
  format->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  memset (&format->fmt.pix, 0, sizeof format->fmt.pix);
  format->fmt.pix.width = camera.width;
  format->fmt.pix.height = camera.height;
  format->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
  format->fmt.pix.field = V4L2_FIELD_NONE;
  format->fmt.pix.bytesperline = 2 * camera.width;
  format->fmt.pix.sizeimage = picture_len ();
  return 0;
}

static int
say_what_it_is (struct v4l2_capability *what)
{
  memset (what, 0, sizeof *what);
  strcpy ((char *) what->driver, "lab");
  strcpy ((char *) what->card, "A camera of the laboratory");
  what->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  what->capabilities = what->device_caps | V4L2_CAP_DEVICE_CAPS;
  return 0;
}

static int
fill_buffer (int fd, struct v4l2_buffer *buffer)
{
  uint64_t times;
  unsigned index = camera.waiting[0];

  if (!camera.waiting_count || read (fd, &times, sizeof times) != sizeof times || !next_picture (camera.buffer[index]))
    return fail (EIO);
  memmove (camera.waiting, camera.waiting + 1, --camera.waiting_count * sizeof *camera.waiting);
  buffer->index = index;
  buffer->bytesused = buffer->length = picture_len ();
  return 0;
}

int
v4l2_ioctl (int fd, unsigned long request, ...)
{
  struct v4l2_fmtdesc *form;
  struct v4l2_requestbuffers *buffers;
  struct v4l2_buffer *buffer;
  va_list args;
  void *arg;

  va_start (args, request);
  arg = va_arg (args, void *);
  va_end (args);
  switch ((unsigned) request) {
  case VIDIOC_QUERYCAP:
    return say_what_it_is (arg);
  case VIDIOC_ENUM_FMT:
    form = arg;
    form->pixelformat = V4L2_PIX_FMT_YUYV;
    return form->index ? fail (EINVAL) : 0;
  case VIDIOC_G_FMT:
  case VIDIOC_TRY_FMT:
    return say_format (arg);
  case VIDIOC_S_FMT:
    return camera.busy ? fail (EBUSY) : say_format (arg);
  case VIDIOC_REQBUFS:
    buffers = arg;
    if (buffers->count > BUFFERS)
      buffers->count = BUFFERS;
    return camera.busy ? fail (EBUSY) : 0;
  case VIDIOC_QUERYBUF:
    buffer = arg;
    buffer->length = picture_len ();
    buffer->m.offset = buffer->index * (uint32_t) getpagesize ();
    return 0;
  case VIDIOC_QBUF:
    buffer = arg;
    if (buffer->index >= BUFFERS || camera.waiting_count == BUFFERS)
      return fail (EINVAL);
    camera.waiting[camera.waiting_count++] = buffer->index;
    return 0;
  case VIDIOC_DQBUF:
    return fill_buffer (fd, arg);
  case VIDIOC_STREAMON:
    return camera.busy ? fail (EBUSY) : 0;
  case VIDIOC_STREAMOFF:
    camera.waiting_count = 0;
    return 0;
  default:
    return fail (EINVAL);
  }
}
