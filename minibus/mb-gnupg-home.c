/* mb-gnupg-home.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-gnupg-home-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mb-error.h"

/* The agent's longest socket name has to fit behind it into a socket address. */
#define MAX_PATH_LENGTH 85
#define MAX_DEPTH       4
#define MAX_ATTEMPTS    8
#define MAX_CLEANED     256
#define AGENT_WAIT_MS   300

#define AGENT_SOCKET    "S.gpg-agent"
/* A link of ours in a home, to the folder with its sockets */
#define SOCKETS_LINK    "sockets"

struct _MbGnupgHome
{
  gatomicrefcount  ref_count;
  char            *path;
  char            *sockets;  /* NULL when they are in the home */
  int              fd;       /* the folder, with the lock */
  dev_t            device;
  ino_t            inode;
  pid_t            pid;      /* a forked child does not own the folder */
};

static GMutex homes_mutex;
static GPtrArray *homes;     /* all that live, not owned, for the end of the process */

/* Asks the agent with a socket in a folder of ours to end. A home that uses the user's agent has a symbolic link here. */
static void
end_agent (const char *path)
{
  static const char command[] = "KILLAGENT\n";
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_build_filename (path, AGENT_SOCKET, NULL);
  struct stat info;
  gint64 deadline = g_get_monotonic_time () + AGENT_WAIT_MS * G_TIME_SPAN_MILLISECOND;
  gboolean sent = FALSE;
  int fd;

  if (lstat (name, &info) < 0 || !S_ISSOCK (info.st_mode) || info.st_uid != geteuid () ||
      strlen (name) >= sizeof address.sun_path)
    return;

  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return;

  strcpy (address.sun_path, name);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    {
      close (fd);
      return;
    }

  /* It greets, we ask, it agrees and closes. */
  for (;;)
    {
      struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
      gint64 left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;
      char buffer[256];
      gssize n;

      if (left <= 0 || poll (&poll_fd, 1, (int) left) == 0)
        break;

      n = read (fd, buffer, sizeof buffer);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        break;
      if (n > 0 && !sent)
        {
          if (send (fd, command, sizeof command - 1, MSG_NOSIGNAL) < 0)
            break;
          sent = TRUE;
        }
    }

  close (fd);
}

/* Empties a folder; follows no link, and leaves what is not the user's. */
static void
empty_folder (int   fd,
              guint depth)
{
  int dir_fd = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = dir_fd >= 0 ? fdopendir (dir_fd) : NULL;
  struct dirent *entry;

  if (dir == NULL)
    {
      if (dir_fd >= 0)
        close (dir_fd);
      return;
    }

  while ((entry = readdir (dir)) != NULL)
    {
      int child;

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (unlinkat (fd, entry->d_name, 0) == 0 || depth == 0)
        continue;

      child = openat (fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (child >= 0)
        {
          empty_folder (child, depth - 1);
          close (child);
          unlinkat (fd, entry->d_name, AT_REMOVEDIR);
        }
    }

  closedir (dir);
}

static gboolean
is_same_folder (const char *path,
                int         fd)
{
  struct stat by_fd, by_path;

  return fstat (fd, &by_fd) == 0 && lstat (path, &by_path) == 0 &&
         by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

static gboolean
is_private_folder (const struct stat *info)
{
  return S_ISDIR (info->st_mode) && info->st_uid == geteuid () && (info->st_mode & 07777) == 0700;
}

/* The folder that a home's link leads to. The home is the user's alone; still, only what looks like made
 * by GnuPG for a home is taken for that.
 */
static char *
find_sockets (int fd)
{
  char target[PATH_MAX];
  gssize length = readlinkat (fd, SOCKETS_LINK, target, sizeof target - 1);
  g_autofree char *name = NULL;
  struct stat info;

  if (length <= 0)
    return NULL;

  target[length] = '\0';
  name = g_path_get_basename (target);
  if (!g_path_is_absolute (target) || !g_str_has_prefix (name, "d.") ||
      lstat (target, &info) < 0 || !is_private_folder (&info))
    return NULL;

  return g_strdup (target);
}

static void
remove_sockets (const char *path)
{
  static const char * const names[] = {
    AGENT_SOCKET, AGENT_SOCKET ".browser", AGENT_SOCKET ".extra", AGENT_SOCKET ".ssh",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *socket_path = g_build_filename (path, names[i], NULL);

      unlink (socket_path);
    }

  rmdir (path);
}

/* `fd` is the folder, and its lock is ours. `known_sockets` is for when it has been emptied already. */
static gboolean
remove_home (const char *path,
             int         fd,
             const char *known_sockets)
{
  g_autofree char *sockets = known_sockets != NULL ? g_strdup (known_sockets) : find_sockets (fd);
  gboolean removed = FALSE;

  if (sockets != NULL)
    end_agent (sockets);
  else if (is_same_folder (path, fd))
    end_agent (path);

  /* A gpg that is just ending may still put a file there. */
  for (guint i = 0; i < MAX_ATTEMPTS && !removed; i++)
    {
      empty_folder (fd, MAX_DEPTH);

      if (!is_same_folder (path, fd))
        break;
      removed = rmdir (path) == 0;
    }

  if (sockets != NULL)
    remove_sockets (sockets);

  return removed;
}

guint
_mb_gnupg_home_clean (const char *parent)
{
  g_autoptr(GDir) dir = g_dir_open (parent, 0, NULL);
  const char *name;
  guint n_removed = 0;

  while (dir != NULL && n_removed < MAX_CLEANED && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = NULL;
      struct stat info;
      int fd;

      if (!g_str_has_prefix (name, MB_GNUPG_HOME_PREFIX))
        continue;

      path = g_build_filename (parent, name, NULL);
      if (lstat (path, &info) < 0 || !is_private_folder (&info))
        continue;

      fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0)
        continue;

      if (fstat (fd, &info) == 0 && is_private_folder (&info) && flock (fd, LOCK_EX | LOCK_NB) == 0 &&
          remove_home (path, fd, NULL))
        n_removed++;

      close (fd);
    }

  return n_removed;
}

static void
remove_all_at_exit (void)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&homes_mutex);

  for (guint i = 0; i < homes->len; i++)
    {
      MbGnupgHome *home = homes->pdata[i];

      if (home->pid == getpid ())
        remove_home (home->path, home->fd, home->sockets);
    }
}

/* Makes a folder and locks it. Between the two, somebody who cleans up may take it for a dead one. */
static gboolean
make_folder (MbGnupgHome  *self,
             const char   *parent,
             GError      **error)
{
  for (guint i = 0; i < MAX_ATTEMPTS; i++)
    {
      g_autofree char *path = g_build_filename (parent, MB_GNUPG_HOME_PREFIX "XXXXXX", NULL);
      struct stat info;
      int fd;

      if (strlen (path) > MAX_PATH_LENGTH)
        {
          g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                       _("The folder “%s” has too long a name to hold the sockets of GnuPG; "
                         "one with at most %d characters is needed"),
                       parent, MAX_PATH_LENGTH - (int) strlen ("/" MB_GNUPG_HOME_PREFIX "XXXXXX"));
          return FALSE;
        }
      if (g_mkdtemp_full (path, 0700) == NULL)
        {
          g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                       _("No folder for GnuPG could be made in “%s”: %s"), parent, g_strerror (errno));
          return FALSE;
        }

      fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0)
        continue;

      if (flock (fd, LOCK_EX | LOCK_NB) == 0 && is_same_folder (path, fd) && fstat (fd, &info) == 0)
        {
          self->path = g_steal_pointer (&path);
          self->fd = fd;
          self->device = info.st_dev;
          self->inode = info.st_ino;
          return TRUE;
        }

      close (fd);
    }

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
               _("The folder for GnuPG in “%s” disappears as soon as it is made"), parent);

  return FALSE;
}

/* $XDG_RUNTIME_DIR, if it is what its specification says and short enough. */
static const char *
get_runtime_folder (void)
{
  const char *path = g_getenv ("XDG_RUNTIME_DIR");
  struct stat info;

  if (path == NULL || !g_path_is_absolute (path) ||
      strlen (path) + strlen ("/" MB_GNUPG_HOME_PREFIX "XXXXXX") > MAX_PATH_LENGTH)
    return NULL;
  if (stat (path, &info) < 0 || !is_private_folder (&info))
    return NULL;

  return path;
}

MbGnupgHome *
_mb_gnupg_home_new (const char  *parent,
                    GError     **error)
{
  g_autofree MbGnupgHome *self = g_new0 (MbGnupgHome, 1);
  const char *candidates[] = { parent, NULL };
  gboolean made = FALSE;

  g_atomic_ref_count_init (&self->ref_count);
  self->fd = -1;
  self->pid = getpid ();

  if (parent == NULL)
    {
      const char *runtime = get_runtime_folder ();

      candidates[0] = runtime != NULL ? runtime : "/tmp";
      candidates[1] = runtime != NULL ? "/tmp" : NULL;
    }

  for (guint i = 0; i < G_N_ELEMENTS (candidates) && candidates[i] != NULL && !made; i++)
    {
      _mb_gnupg_home_clean (candidates[i]);
      if (error != NULL)
        g_clear_error (error);
      made = make_folder (self, candidates[i], error);
    }

  if (!made)
    return NULL;

  g_mutex_lock (&homes_mutex);
  if (homes == NULL)
    {
      homes = g_ptr_array_new ();
      atexit (remove_all_at_exit);
    }
  g_ptr_array_add (homes, self);
  g_mutex_unlock (&homes_mutex);

  return g_steal_pointer (&self);
}

MbGnupgHome *
_mb_gnupg_home_ref (MbGnupgHome *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_gnupg_home_unref (MbGnupgHome *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_lock (&homes_mutex);
  g_ptr_array_remove_fast (homes, self);
  g_mutex_unlock (&homes_mutex);

  if (self->pid == getpid ())
    remove_home (self->path, self->fd, self->sockets);

  close (self->fd);
  g_free (self->path);
  g_free (self->sockets);
  g_free (self);
}

const char *
_mb_gnupg_home_get_path (MbGnupgHome *self)
{
  return self->path;
}

static gboolean
fail_file (MbGnupgHome  *self,
           const char   *name,
           GError      **error)
{
  int saved_errno = errno;

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
               _("The file “%s” could not be made in the folder for GnuPG, “%s”: %s"),
               name, self->path, g_strerror (saved_errno));

  return FALSE;
}

gboolean
_mb_gnupg_home_write (MbGnupgHome  *self,
                      const char   *name,
                      const char   *contents,
                      GError      **error)
{
  gsize length = strlen (contents);
  int fd = openat (self->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gsize written = 0;

  if (fd < 0)
    return fail_file (self, name, error);

  while (written < length)
    {
      gssize n = write (fd, contents + written, length - written);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          fail_file (self, name, error);
          close (fd);
          return FALSE;
        }
      written += (gsize) n;
    }

  if (close (fd) < 0)
    return fail_file (self, name, error);

  return TRUE;
}

gboolean
_mb_gnupg_home_set_sockets (MbGnupgHome  *self,
                            const char   *path,
                            GError      **error)
{
  if (strcmp (path, self->path) == 0)
    return TRUE;

  if (symlinkat (path, self->fd, SOCKETS_LINK) < 0)
    return fail_file (self, SOCKETS_LINK, error);

  self->sockets = g_strdup (path);

  return TRUE;
}

gboolean
_mb_gnupg_home_use_agent (MbGnupgHome  *self,
                          const char   *socket_path,
                          GError      **error)
{
  g_autofree char *link = g_build_filename (self->sockets != NULL ? self->sockets : self->path,
                                            AGENT_SOCKET, NULL);

  if (self->sockets != NULL)
    (void) mkdir (self->sockets, 0700);
  if (symlink (socket_path, link) < 0 && errno != EEXIST)
    return fail_file (self, AGENT_SOCKET, error);

  return TRUE;
}

gboolean
_mb_gnupg_home_is_intact (MbGnupgHome *self)
{
  struct stat info;

  return lstat (self->path, &info) == 0 && info.st_dev == self->device && info.st_ino == self->inode &&
         faccessat (self->fd, "gpg.conf", R_OK, 0) == 0;
}
