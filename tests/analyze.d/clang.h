/* SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What clang-tidy reads in front of each file. clang 14's analyzer does not know that what is cleaned up is of use
 * to the end, so that what a g_autofree holds would be stored in vain. */

#pragma once

#include <glib.h>

#undef _GLIB_CLEANUP
#define _GLIB_CLEANUP(func) __attribute__ ((cleanup (func), unused))
