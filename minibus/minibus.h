/* minibus.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define MB_INSIDE
# include "mb-error.h"
# include "mb-json.h"
# include "mb-schema.h"
# include "mb-schema-loader.h"
# include "mb-version.h"
# include "mb-version-macros.h"
#undef MB_INSIDE
