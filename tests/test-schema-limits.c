/* test-schema-limits.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Values and schemas made to take too much time, memory or stack. What bounds them is a number of
 * steps, so no test looks at a clock.
 */

#include "config.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json.h"
#include "minibus/mb-schema-loader.h"
#include "minibus/mb-schema-regex-private.h"

/* Under a sanitizer or valgrind, the allocator is theirs. */
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) || !defined (__GLIBC__)
# define COUNTS_ALLOCATIONS FALSE
static guint n_allocations;
#else
# define COUNTS_ALLOCATIONS TRUE

static guint n_allocations;

void *__libc_malloc  (size_t size);
void *__libc_calloc  (size_t n,
                      size_t size);
void *__libc_realloc (void  *block,
                      size_t size);

void *
malloc (size_t size)
{
  n_allocations++;

  return __libc_malloc (size);
}

void *
calloc (size_t n,
        size_t size)
{
  n_allocations++;

  return __libc_calloc (n, size);
}

void *
realloc (void   *block,
         size_t  size)
{
  n_allocations++;

  return __libc_realloc (block, size);
}
#endif

/* In all JSON here, ' stands for ". */
static MbSchema *
make (const char *text)
{
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr(GError) error = NULL;
  MbSchema *schema = mb_schema_new_from_text (json, &error);

  g_assert_no_error (error);

  return schema;
}

static void
assert_limit (MbSchema *schema,
              JsonNode *value)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) report = NULL;

  g_assert_false (mb_schema_validate (schema, value, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
  g_clear_error (&error);
  report = mb_schema_report (schema, value, &error);
  g_assert_null (report);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
}

static void
assert_valid (MbSchema *schema,
              JsonNode *value)
{
  g_autoptr(GError) error = NULL;

  mb_schema_validate (schema, value, &error);
  g_assert_no_error (error);
}

static JsonNode *
take_array (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);

  return node;
}

static JsonNode *
take_object (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);

  return node;
}

/* Not made by the reader, which refuses such depths. */
static JsonNode *
nest (guint       depth,
      const char *name)
{
  JsonNode *node = json_node_init_int (json_node_alloc (), 1);

  for (guint i = 0; i < depth; i++)
    if (name != NULL)
      {
        JsonObject *object = json_object_new ();

        json_object_set_member (object, name, node);
        node = take_object (object);
      }
    else
      {
        JsonArray *array = json_array_new ();

        json_array_add_element (array, node);
        node = take_array (array);
      }

  return node;
}

static void
test_branching (void)
{
  g_autoptr(MbSchema) schema = make ("{'anyOf':[{'properties':{'a':{'$ref':'#'}},'required':['b']},"
                                     "{'properties':{'a':{'$ref':'#'}},'required':['c']}]}");
  g_autoptr(JsonNode) shallow = nest (3, "a");
  g_autoptr(JsonNode) deep = nest (40, "a");

  g_test_summary ("A schema that tries two ways at each level of the value ends by the budget");

  g_assert_false (mb_schema_validate (schema, shallow, NULL));
  assert_limit (schema, deep);
}

static void
test_doubling (void)
{
  g_autoptr(GString) text = g_string_new ("{\"definitions\":{\"d0\":{}");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(JsonNode) value = nest (0, NULL);

  g_test_summary ("A schema that doubles itself again and again ends by the budget");

  for (guint i = 1; i <= 40; i++)
    g_string_append_printf (text, ",\"d%u\":{\"allOf\":[{\"$ref\":\"#/definitions/d%u\"},"
                            "{\"$ref\":\"#/definitions/d%u\"}]}", i, i - 1, i - 1);
  g_string_append (text, "},\"allOf\":[{\"$ref\":\"#/definitions/d40\"}]}");
  schema = make (text->str);
  assert_limit (schema, value);
}

static JsonNode *
make_items (guint n,
            guint kind)
{
  JsonArray *array = json_array_sized_new (n);

  for (guint i = 0; i < n; i++)
    if (kind == 0)
      {
        json_array_add_int_element (array, i);
      }
    else if (kind == 1)
      {
        JsonArray *item = json_array_new ();

        json_array_add_int_element (item, i);
        json_array_add_array_element (array, item);
      }
    else
      {
        JsonObject *item = json_object_new ();

        json_object_set_int_member (item, "a", 1);
        json_object_set_double_member (item, "b", i);
        json_array_add_object_element (array, item);
      }

  return take_array (array);
}

static void
test_unique (void)
{
  g_autoptr(MbSchema) schema = make ("{'uniqueItems':true}");
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) cheap = NULL;

  g_test_summary ("uniqueItems takes a few steps for each item, not for each pair of items");

  mb_schema_loader_set_max_steps (loader, 20000 * 8);
  cheap = mb_schema_loader_load_text (loader, "{\"uniqueItems\":true}", NULL);
  for (guint kind = 0; kind < 3; kind++)
    {
      g_autoptr(JsonNode) value = make_items (20000, kind);
      JsonArray *array = json_node_get_array (value);

      assert_valid (cheap, value);
      json_array_add_element (array, json_node_ref (json_array_get_element (array, 5)));
      g_assert_false (mb_schema_validate (schema, value, NULL));
    }
}

static void
test_budget_is_exact (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(JsonNode) value = make_items (1000, 0);
  g_autoptr(MbSchema) enough = NULL;
  g_autoptr(MbSchema) short_of = NULL;

  g_test_summary ("The budget is counted in items, and can be set");

  mb_schema_loader_set_max_steps (loader, 2000);
  enough = mb_schema_loader_load_text (loader, "{\"items\":{\"type\":\"integer\"}}", NULL);
  mb_schema_loader_set_max_steps (loader, 900);
  short_of = mb_schema_loader_load_text (loader, "{\"items\":{\"type\":\"integer\"}}", NULL);
  assert_valid (enough, value);
  assert_limit (short_of, value);
}

static void
test_depth (void)
{
  g_autoptr(MbSchema) recursive = make ("{'items':{'$ref':'#'}}");
  g_autoptr(MbSchema) unique = make ("{'uniqueItems':true}");
  g_autoptr(MbSchema) list = make ("{'enum':[[[1]]]}");
  g_autoptr(JsonNode) deep = nest (20000, NULL);
  g_autoptr(JsonNode) twins = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = NULL;
  JsonArray *array = json_array_new ();

  g_test_summary ("Values nested beyond all measure end by the depth, and schemas are refused");

  json_array_add_element (array, nest (20000, NULL));
  json_array_add_element (array, nest (20000, NULL));
  twins = take_array (array);

  assert_limit (recursive, deep);
  assert_limit (unique, twins);
  assert_limit (list, deep);
  schema = mb_schema_new_from_node (deep, &error);
  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
}

static void
test_long_chain (void)
{
  g_autoptr(GString) text =
    g_string_new ("{\"items\":{\"$ref\":\"#/definitions/d0\"},\"definitions\":{");
  g_autoptr(GString) wrapped = NULL;
  g_autoptr(MbSchema) plain = NULL;
  g_autoptr(MbSchema) deep = NULL;
  g_autoptr(JsonNode) value = nest (1, NULL);

  g_test_summary ("A long chain of references is short-cut; one of schemas in schemas ends by the depth");

  /* An object of the reader's has at most 4096 members. */
  for (guint i = 0; i < 4000; i++)
    g_string_append_printf (text, "\"d%u\":{\"$ref\":\"#/definitions/d%u\"},", i, i + 1);
  g_string_append (text, "\"d4000\":{\"type\":\"integer\"}}}");
  plain = make (text->str);
  assert_valid (plain, value);

  wrapped = g_string_new ("{\"items\":{\"$ref\":\"#/definitions/d0\"},\"definitions\":{");
  for (guint i = 0; i < 4000; i++)
    g_string_append_printf (wrapped, "\"d%u\":{\"not\":{\"$ref\":\"#/definitions/d%u\"}},", i,
                            i + 1);
  g_string_append (wrapped, "\"d4000\":{\"type\":\"integer\"}}}");
  deep = make (wrapped->str);
  assert_limit (deep, value);
}

static void
test_regex (void)
{
  static const char *const patterns[] = {
    "^(a+)+$", "a+a+a+$", "(a|aa)+$", "(.*)*x", "^(a?){50}a{50}$",
    /* Those that need PCRE2 */
    "^(?=a)(a+)+$", "(a*)*\\\\1b", "(?!b)(a|a)+$", "\\\\b(a+)+$", "(?=a)a*a*a*a*$",
  };

  g_test_summary ("No regular expression takes long: it matches, or not, or is given up");

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"pattern\":\"%s\"}", patterns[i]);
      g_autoptr(MbSchema) schema = make (text);
      g_autofree char *subject = g_strnfill (20000, 'a');
      g_autoptr(JsonNode) value = NULL;
      g_autoptr(GError) error = NULL;

      subject[19999] = '!';
      value = json_node_init_string (json_node_alloc (), subject);
      g_assert_false (mb_schema_validate (schema, value, &error));
      /* The regular ones never need to be given up. */
      if (i < 5)
        g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
      else
        g_assert_true (error->code == MB_SCHEMA_ERROR_VIOLATION ||
                       error->code == MB_SCHEMA_ERROR_LIMIT);
    }
}

static void
test_regex_compile (void)
{
  g_autoptr(GString) text = g_string_new ("{\"patternProperties\":{");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;
  gint64 work = 20000000;
  static const char *const large[] = {
    "((a{1000}){1000}){1000}", "(){1000}{1000}", "((((((x{9}){9}){9}){9}){9}){9}){9}",
      "(a|b)*a(a|b){30}",
  };

  g_test_summary ("Regular expressions made to be costly to compile are bounded one by one, and together");

  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    {
      MbRegex *regex = _mb_regex_new (large[i], &work, NULL);

      g_assert_cmpint (work, >, 0);
      g_clear_pointer (&regex, _mb_regex_free);
    }

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (text, "%s\"(a|b)*a(a|b){12}%u\":{}", i > 0 ? "," : "", i);
  g_string_append (text, "}}");
  schema = mb_schema_new_from_text (text->str, &error);
  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
}

static void
test_numbers (void)
{
  g_autoptr(MbSchema) schema = make ("{'multipleOf':4.9e-324}");
  g_autoptr(MbSchema) large = make ("{'multipleOf':1.7e308,'maxLength':1e300,'minimum':-1e308}");
  g_autoptr(JsonNode) value = json_node_init_double (json_node_alloc (), 1.7e308);

  g_test_summary ("The largest and the smallest of numbers take no longer than others");

  g_assert_false (mb_schema_validate (schema, value, NULL));
  assert_valid (large, value);
}

static void
test_names (void)
{
  g_autoptr(GString) text = g_string_new ("{\"additionalProperties\":false,\"properties\":{");
  g_autoptr(GString) members = g_string_new ("{");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Names of which only the middle differs are found, too");

  for (guint i = 0; i < 4000; i++)
    {
      g_string_append_printf (text, "%s\"beginning-%04u-ending-ending\":{\"type\":\"integer\"}",
                              i > 0 ? "," : "", i);
      g_string_append_printf (members, "%s\"beginning-%04u-ending-ending\":1", i > 0 ? "," : "", i);
    }
  g_string_append (text, "}}");
  g_string_append (members, "}");
  schema = make (text->str);
  mb_schema_validate_text (schema, members->str, &error);
  g_assert_no_error (error);
  g_assert_false (mb_schema_validate_text (schema, "{\"beginning-4000-ending-ending\":1}", NULL));
}

static void
test_long_keys (void)
{
  g_autoptr(GString) text = g_string_new ("{\"properties\":{\"");
  g_autoptr(MbSchema) schema = NULL;

  g_test_summary ("A long name above many schemas is not stored with each of them");

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (text, 'k');
  g_string_append (text, "\":{\"allOf\":[{}");
  for (guint i = 0; i < 20000; i++)
    g_string_append (text, ",{}");
  g_string_append (text, "]}}}");
  schema = make (text->str);
  g_assert_true (mb_schema_validate_text (schema, "{}", NULL));
#if COUNTS_ALLOCATIONS
  /* 100 kB for each of the 20,000 would be 2 GB. */
  g_assert_cmpuint (mallinfo2 ().uordblks, <, 200 * 1024 * 1024);
#endif
}

static void
test_too_many (void)
{
  g_autoptr(GString) text = g_string_new ("{\"anyOf\":[{}");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A schema of too many schemas is refused");

  for (guint i = 0; i < 60000; i++)
    g_string_append (text, ",{}");
  g_string_append (text, "]}");
  schema = mb_schema_new_from_text (text->str, &error);
  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
}

static void
test_long_uris (void)
{
  g_autofree char *long_id = g_strnfill (5000, 'x');
  g_autofree char *text = g_strdup_printf ("{\"id\":\"http://x.example/%s\"}", long_id);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (text, &error);

  g_test_summary ("URIs, which every schema with a name keeps, cannot be of any length");

  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID);
}

static void
test_dynamic_anchors (void)
{
  g_autoptr(GString) text =
    g_string_new ("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                  "\"$id\":\"https://x.example/\",\"$ref\":\"r0\",\"$defs\":{");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Dynamic anchors of which each is found by the one before are bounded");

  /* The schema that refers to the next name is itself reached by a dynamic reference only. */
  for (guint i = 0; i < 4000; i++)
    g_string_append_printf (text, "%s\"r%u\":{\"$id\":\"r%u\",\"$dynamicRef\":\"#a%u\",\"$defs\":{"
                            "\"x\":{\"$dynamicAnchor\":\"a%u\"},\"y\":{\"$dynamicAnchor\":\"a%u\","
                            "\"items\":{\"$ref\":\"r%u\"}}}}",
                            i > 0 ? "," : "", i, i, i, i, i > 0 ? i - 1 : 100000, (i + 1) % 4000);
  g_string_append (text, "}}");
  schema = mb_schema_new_from_text (text->str, &error);
  if (schema == NULL)
    g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
}

static void
test_no_allocation (void)
{
  static const struct
  {
    const char *schema;
    const char *value;
  } cases[] = {
    { "{'type':'object','properties':{'a':{'type':'string','minLength':1,'pattern':'^x+$'}},'required':['a'],"
      "'additionalProperties':false,'patternProperties':{'^b':{}}}", "{'a':'xxx','b':1}" },
    { "{'items':{'oneOf':[{'type':'integer','multipleOf':2},{'enum':['a','b',[1],{'c':1}]}]},'uniqueItems':true}",
      "[2,4,'a',[1],{'c':1}]" },
    { "{'$schema':'http://json-schema.org/draft-07/schema#','propertyNames':{'pattern':'^[a-z]+$'},"
      "'if':{'required':['a']},'then':{'maxProperties':2},'contains':{},'not':{'type':'array'}}",
      "{'a':1,'b':2}" },
    { "{'$schema':'https://json-schema.org/draft/2020-12/schema','allOf':[{'properties':{'a':true}}],"
      "'anyOf':[{'properties':{'b':true}},false],'unevaluatedProperties':false,'$dynamicAnchor':'x',"
      "'dependentSchemas':{'a':{'$dynamicRef':'#y'}},'$defs':{'y':{'$dynamicAnchor':'y'}}}",
        "{'a':1,'b':2}" },
    { "{'$schema':'https://json-schema.org/draft/2020-12/schema','prefixItems':[{}],'contains':{'type':'null'},"
      "'unevaluatedItems':{'type':'string'}}", "['a',null,'b']" },
    { "{'pattern':'(?=a)\\\\\\\\bab'}", "'ab'" },
  };

  g_test_summary ("The check of a valid value allocates nothing");

  if (!COUNTS_ALLOCATIONS || g_getenv ("LD_PRELOAD") != NULL)
    {
      g_test_skip ("the allocator is not ours");
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *pattern = g_strdelimit (g_strdup (cases[i].schema), "'", '"');
      g_autofree char *text = g_strdelimit (g_strdup (cases[i].value), "'", '"');
      g_autoptr(GError) error = NULL;
      g_autoptr(MbSchema) schema = NULL;
      g_autoptr(JsonNode) value = mb_json_from_text (text, &error);
      guint before;

      g_assert_no_error (error);
      g_strdelimit (pattern, "\\", '\\');
      schema =
        mb_schema_new_from_text (i == 5 ? "{\"pattern\":\"(?=a)\\\\bab\"}" : pattern, &error);
      g_assert_no_error (error);
      /* The first one makes what the thread keeps for PCRE2. */
      assert_valid (schema, value);

      before = n_allocations;
      for (guint j = 0; j < 10; j++)
        if (!mb_schema_validate (schema, value, NULL))
          g_assert_not_reached ();
      g_assert_cmpuint (n_allocations, ==, before);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/schema-limits/branching", test_branching);
  g_test_add_func ("/schema-limits/doubling", test_doubling);
  g_test_add_func ("/schema-limits/unique", test_unique);
  g_test_add_func ("/schema-limits/budget-is-exact", test_budget_is_exact);
  g_test_add_func ("/schema-limits/depth", test_depth);
  g_test_add_func ("/schema-limits/long-chain", test_long_chain);
  g_test_add_func ("/schema-limits/regex", test_regex);
  g_test_add_func ("/schema-limits/regex-compile", test_regex_compile);
  g_test_add_func ("/schema-limits/numbers", test_numbers);
  g_test_add_func ("/schema-limits/names", test_names);
  g_test_add_func ("/schema-limits/long-keys", test_long_keys);
  g_test_add_func ("/schema-limits/too-many", test_too_many);
  g_test_add_func ("/schema-limits/long-uris", test_long_uris);
  g_test_add_func ("/schema-limits/dynamic-anchors", test_dynamic_anchors);
  g_test_add_func ("/schema-limits/no-allocation", test_no_allocation);

  return g_test_run ();
}
