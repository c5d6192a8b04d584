#include "config.h"
#include "mb-schema.h"
struct _MbSchema { GObject parent; JsonNode *node; };
G_DEFINE_FINAL_TYPE (MbSchema, mb_schema, G_TYPE_OBJECT)
static void mb_schema_class_init (MbSchemaClass *k) {}
static void mb_schema_init (MbSchema *s) {}
/**
 * mb_schema_new_from_node: (constructor)
 * @node: n
 * @error: e
 * Returns: (transfer full): s
 */
MbSchema *mb_schema_new_from_node (JsonNode *node, GError **error) { return g_object_new (MB_TYPE_SCHEMA, NULL); }
/**
 * mb_schema_new_from_text: (constructor)
 * @text: n
 * @error: e
 * Returns: (transfer full): s
 */
MbSchema *mb_schema_new_from_text (const char *text, GError **error) { return g_object_new (MB_TYPE_SCHEMA, NULL); }
/**
 * mb_schema_get_node:
 * @self: s
 * Returns: (transfer none): s
 */
JsonNode *mb_schema_get_node (MbSchema *self) { return NULL; }
/**
 * mb_schema_equal:
 * @self: s
 * @other: o
 * Returns: b
 */
gboolean mb_schema_equal (MbSchema *self, MbSchema *other) { return self == other; }
/**
 * mb_schema_validate:
 * @self: s
 * @instance: i
 * @error: e
 * Returns: b
 */
gboolean mb_schema_validate (MbSchema *self, JsonNode *i, GError **error) { return TRUE; }
