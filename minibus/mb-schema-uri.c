/* mb-schema-uri.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where a relative URI leads, by section 5.2 of RFC 3986. Not by g_uri_resolve_relative(), which
 * has assertions that a hostile schema can make fail, and takes “urn:” for something else.
 */

#include "config.h"

#include "mb-schema-compile-private.h"

#include <string.h>

#define MAX_LENGTH 4096

/* The parts of a URI without fragment; lengths are -1 for what is not there. */
typedef struct
{
  const char *scheme;
  const char *authority;
  const char *path;
  const char *query;
  gssize      n_scheme;
  gssize      n_authority;
  gssize      n_path;
  gssize      n_query;
} Parts;

static void
split (const char *uri,
       Parts      *parts)
{
  gsize n = strcspn (uri, ":/?#");

  memset (parts, 0, sizeof *parts);
  parts->n_scheme = parts->n_authority = parts->n_query = -1;

  if (uri[n] == ':' && n > 0 && g_ascii_isalpha (*uri))
    {
      parts->scheme = uri;
      parts->n_scheme = (gssize) n;
      uri += n + 1;
    }
  if (uri[0] == '/' && uri[1] == '/')
    {
      parts->authority = uri + 2;
      parts->n_authority = (gssize) strcspn (uri + 2, "/?#");
      uri += 2 + parts->n_authority;
    }
  parts->path = uri;
  parts->n_path = (gssize) strcspn (uri, "?#");
  uri += parts->n_path;
  if (*uri == '?')
    {
      parts->query = uri + 1;
      parts->n_query = (gssize) strcspn (uri + 1, "#");
    }
}

/* Appends a path without its “.” and “..”. */
static void
append_path (GString    *out,
             const char *path,
             gsize       length)
{
  gsize start = out->len;
  const char *end = path + length;

  while (path < end)
    {
      const char *slash = memchr (path, '/', (gsize) (end - path));
      gsize n = (gsize) ((slash != NULL ? slash : end) - path);
      gboolean last = slash == NULL;

      if (n == 1 && path[0] == '.')
        {
          /* Nothing, and the slash before stays. */
        }
      else if (n == 2 && path[0] == '.' && path[1] == '.')
        {
          /* Back to behind the slash before the last segment. */
          if (out->len > start)
            g_string_truncate (out, out->len - 1);
          while (out->len > start && out->str[out->len - 1] != '/')
            g_string_truncate (out, out->len - 1);
          if (out->len == start && length > 0)
            g_string_append_c (out, '/');
        }
      else
        {
          g_string_append_len (out, path, (gssize) n);
          if (!last)
            g_string_append_c (out, '/');
        }
      path += n + (last ? 0 : 1);
    }
}

static void
append_merged (GString     *out,
               const Parts *base,
               const Parts *reference)
{
  g_autoptr(GString) merged = g_string_new (NULL);
  gssize slash = base->n_path;

  if (base->n_authority >= 0 && base->n_path == 0)
    {
      g_string_append_c (merged, '/');
    }
  else
    {
      while (slash > 0 && base->path[slash - 1] != '/')
        slash--;
      g_string_append_len (merged, base->path, slash);
    }
  g_string_append_len (merged, reference->path, reference->n_path);
  append_path (out, merged->str, merged->len);
}

/* The absolute URI, without fragment, that a reference without fragment means. NULL if that cannot
 * be: there is no base, or the reference is none.
 */
char *
_mb_uri_resolve (const char *base,
                 const char *reference)
{
  Parts from = { .n_scheme = -1, .n_authority = -1, .n_query = -1, .path = "" };
  Parts to;
  const Parts *site;
  GString *out;

  if (strlen (reference) > MAX_LENGTH)
    return NULL;
  for (const char *p = reference; *p != 0; p++)
    if ((guchar) *p <= ' ' || *p == 0x7f)
      return NULL;

  split (reference, &to);
  if (base != NULL)
    split (base, &from);
  site = to.n_scheme >= 0 ? &to : &from;
  if (site->n_scheme < 0)
    return NULL;

  out = g_string_new (NULL);
  for (gssize i = 0; i < site->n_scheme; i++)
    g_string_append_c (out, g_ascii_tolower (site->scheme[i]));
  g_string_append_c (out, ':');

  if (to.n_authority >= 0)
    site = &to;
  if (site->n_authority >= 0)
    {
      g_string_append (out, "//");
      g_string_append_len (out, site->authority, site->n_authority);
    }

  if (site == &to || (to.n_path > 0 && to.path[0] == '/'))
    append_path (out, to.path, (gsize) to.n_path);
  else if (to.n_path > 0)
    append_merged (out, &from, &to);
  else
    g_string_append_len (out, from.path, from.n_path);

  if (to.n_query < 0 && to.n_path == 0 && site != &to)
    to = from;
  if (to.n_query >= 0)
    {
      g_string_append_c (out, '?');
      g_string_append_len (out, to.query, to.n_query);
    }

  if (out->len > MAX_LENGTH)
    {
      g_string_free (out, TRUE);
      return NULL;
    }

  return g_string_free (out, FALSE);
}
