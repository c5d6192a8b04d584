/* mb-property.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-property-private.h"

void
_mb_property_set_text (GObject     *object,
                       const char  *property,
                       char       **place,
                       const char  *text)
{
  if (text != NULL && text[0] == '\0')
    text = NULL;
  if (g_strcmp0 (*place, text) == 0)
    return;

  g_free (*place);
  *place = g_strdup (text);
  g_object_notify (object, property);
}

void
_mb_property_set_list (GObject              *object,
                       const char           *property,
                       char               ***place,
                       const char * const   *list)
{
  if (list != NULL && list[0] == NULL)
    list = NULL;
  if (*place == NULL && list == NULL)
    return;
  if (*place != NULL && list != NULL && g_strv_equal ((const char * const *) *place, list))
    return;

  g_strfreev (*place);
  *place = g_strdupv ((char **) list);
  g_object_notify (object, property);
}
