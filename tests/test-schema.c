/* test-schema.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json.h"
#include "minibus/mb-schema-loader.h"
#include "minibus/mb-schema-private.h"

/* In all JSON here, ' stands for ". */
static char *
requote (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}

static MbSchema *
make (const char *text)
{
  g_autofree char *json = requote (text);
  g_autoptr(GError) error = NULL;
  MbSchema *schema = mb_schema_new_from_text (json, &error);

  g_assert_no_error (error);

  return schema;
}

static JsonNode *
parse (const char *text)
{
  g_autofree char *json = requote (text);
  g_autoptr(GError) error = NULL;
  JsonNode *node = mb_json_from_text (json, &error);

  g_assert_no_error (error);

  return node;
}

static void
assert_message (const char *schema_text,
                const char *value_text,
                const char *message)
{
  g_autoptr(MbSchema) schema = make (schema_text);
  g_autoptr(JsonNode) value = parse (value_text);
  g_autoptr(GError) error = NULL;

  g_assert_false (mb_schema_validate (schema, value, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_messages (void)
{
  g_test_summary ("The error says where, what is there, what would be right, and by which rule");

  assert_message ("{'type':'integer'}", "'x'",
                  "The value is \"x\", but must be of type integer. (rule: /type)");
  assert_message ("{'type':['null','number']}", "true",
                  "The value is true, but must be of type null or number. (rule: /type)");
  assert_message ("{'properties':{'a/b':{'items':{'minimum':5}}}}", "{'a/b':[7,4]}",
                  "The value at “/a~1b/1” is 4, but must be at least 5. (rule: /properties/a~1b/items/minimum)");
  assert_message ("{'minimum':5,'exclusiveMinimum':true}", "5",
                  "The value is 5, but must be greater than 5. (rule: /minimum)");
  assert_message ("{'maximum':2.5}", "3",
                  "The value is 3, but must be at most 2.5. (rule: /maximum)");
  assert_message ("{'multipleOf':0.1}", "0.25",
                  "The value is 0.25, but must be a multiple of 0.1. (rule: /multipleOf)");
  assert_message ("{'enum':[1,'a']}", "2",
                  "The value is 2, but must be one of [1, \"a\"]. (rule: /enum)");
  assert_message ("{'$schema':'http://json-schema.org/draft-07/schema#','const':[1]}", "[2]",
                  "The value is [2], but must be [1]. (rule: /const)");
  assert_message ("{'minLength':3}", "'ab'",
                  "The value is \"ab\", which has 2 characters, but must have at least 3. (rule: /minLength)");
  assert_message ("{'maxLength':1}", "'ab'",
                  "The value is \"ab\", which has 2 characters, but must have at most 1. (rule: /maxLength)");
  assert_message ("{'pattern':'^a$'}", "'b'",
                  "The value is \"b\", but must match the regular expression \"^a$\". (rule: /pattern)");
  assert_message ("{'minItems':2}", "[1]",
                  "The value has 1 items, but must have at least 2. (rule: /minItems)");
  assert_message ("{'maxItems':0}", "[1]",
                  "The value has 1 items, but must have at most 0. (rule: /maxItems)");
  assert_message ("{'uniqueItems':true}", "[1,2,1.0]",
                  "The value must have no two equal items, but items 0 and 2 are both 1. (rule: /uniqueItems)");
  assert_message ("{'items':[{}],'additionalItems':false}", "[1,2]",
                  "The value has 2 items, but must have at most 1. (rule: /additionalItems)");
  assert_message ("{'required':['a','b']}", "{'a':1}",
                  "The value has no member “b”, which is required. (rule: /required)");
  assert_message ("{'additionalProperties':false}", "{'a':1}",
                  "The value has a member “a”, which is not allowed. (rule: /additionalProperties)");
  assert_message ("{'dependencies':{'a':['b']}}", "{'a':1}",
                  "The value has a member “a” and so must have a member “b”, too. (rule: /dependencies)");
  assert_message ("{'minProperties':1}", "{}",
                  "The value has 0 members, but must have at least 1. (rule: /minProperties)");
  assert_message ("{'not':{'type':'null'}}", "null",
                  "The value is null, but must not satisfy the schema {\"type\": \"null\"}. (rule: /not)");
  assert_message ("{'anyOf':[{'type':'null'},{'type':'array'}]}", "1",
                  "The value is 1, but must satisfy at least one of 2 schemas, and satisfies none. (rule: /anyOf)");
  assert_message ("{'oneOf':[{},{'type':'array'},{'type':'integer'}]}", "1",
                  "The value is 1, but must satisfy exactly one of 3 schemas, and satisfies those at 0 and 2. "
                  "(rule: /oneOf)");
  assert_message ("{'definitions':{'x':{'type':'null'}},'items':{'$ref':'#/definitions/x'}}", "[1]",
                  "The value at “/0” is 1, but must be of type null. (rule: /items/$ref/type)");
  assert_message ("{'$schema':'http://json-schema.org/draft-06/schema#','properties':{'a':false}}",
                  "{'a':1}",
                  "The value at “/a” is 1, but no value is allowed here. (rule: /properties/a)");
  assert_message ("{'$schema':'http://json-schema.org/draft-06/schema#','contains':{'type':'null'}}", "[1]",
                  "The value must have at least 1 items that satisfy “contains”, but has 0. (rule: /contains)");
}

static void
test_message_is_tame (void)
{
  g_autoptr(MbSchema) schema = make ("{'type':'integer','additionalProperties':false}");
  g_autoptr(MbSchema) closed = make ("{'additionalProperties':false}");
  g_autoptr(GString) text = g_string_new ("{\"a\\nb");
  g_autoptr(GError) error = NULL;

  g_test_summary ("What a message quotes is short, and holds no control characters");

  g_assert_false (mb_schema_validate_text (schema, "\"a\\u001b[31m\\nb\\u202e\"", &error));
  g_assert_cmpstr (error->message, ==,
                   "The value is \"a\\u001b[31m\\u000ab\\u202e\", but must be of type integer. (rule: /type)");
  g_clear_error (&error);

  for (guint i = 0; i < 20000; i++)
    g_string_append (text, "\303\251");
  g_string_append (text, "\":1}");
  g_assert_false (mb_schema_validate_text (closed, text->str, &error));
  g_assert_cmpuint (strlen (error->message), <, 1000);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\n'));
}

static JsonObject *
get_unit (JsonNode   *report,
          const char *list,
          guint       i)
{
  return json_array_get_object_element (json_object_get_array_member (json_node_get_object (report),
                                                                      list), i);
}

static void
test_report (void)
{
  g_autoptr(MbSchema) schema = make ("{'$schema':'https://json-schema.org/draft/2020-12/schema',"
                                     "'$id':'https://x.example/s','properties':{'a':{'$ref':'#/$defs/i'},'b':"
                                     "{'anyOf':[{'type':'null'},{'minimum':5}]}},'required':['c'],"
                                     "'$defs':{'i':{'type':'integer','title':'I'}}}");
  g_autoptr(JsonNode) bad = parse ("{'b':1,'a':'x'}");
  g_autoptr(JsonNode) good = parse ("{'c':1,'a':2}");
  g_autoptr(JsonNode) report = NULL;
  g_autoptr(JsonNode) annotations = NULL;
  g_autoptr(GError) error = NULL;
  JsonObject *unit;

  g_test_summary ("A report lists all errors, or all annotations, in the form “basic”");

  report = mb_schema_report (schema, bad, &error);
  g_assert_no_error (error);
  g_assert_false (json_object_get_boolean_member (json_node_get_object (report), "valid"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (report),
                                                                         "errors")), ==, 5);
  unit = get_unit (report, "errors", 0);
  g_assert_cmpstr (json_object_get_string_member (unit, "keywordLocation"), ==,
                   "/properties/b/anyOf");
  unit = get_unit (report, "errors", 3);
  g_assert_cmpstr (json_object_get_string_member (unit, "keywordLocation"), ==,
                   "/properties/a/$ref/type");
  g_assert_cmpstr (json_object_get_string_member (unit, "absoluteKeywordLocation"), ==,
                   "https://x.example/s#/$defs/i/type");
  g_assert_cmpstr (json_object_get_string_member (unit, "instanceLocation"), ==, "/a");
  g_assert_cmpstr (json_object_get_string_member (unit, "error"), ==,
                   "The value at “/a” is \"x\", but must be of type integer.");
  unit = get_unit (report, "errors", 4);
  g_assert_cmpstr (json_object_get_string_member (unit, "keywordLocation"), ==, "/required");

  annotations = mb_schema_report (schema, good, &error);
  g_assert_no_error (error);
  g_assert_true (json_object_get_boolean_member (json_node_get_object (annotations), "valid"));
  unit = get_unit (annotations, "annotations", 0);
  g_assert_cmpstr (json_object_get_string_member (unit, "keywordLocation"), ==,
                   "/properties/a/$ref/title");
  g_assert_cmpstr (json_object_get_string_member (unit, "annotation"), ==, "I");
  unit = get_unit (annotations, "annotations", 1);
  g_assert_cmpstr (json_object_get_string_member (unit, "keywordLocation"), ==, "/properties");
}

static void
test_max_errors (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(JsonNode) value = parse ("[1,2,3,4,5,6]");
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(JsonNode) report = NULL;

  g_test_summary ("A report has no more errors than asked for");

  mb_schema_loader_set_max_errors (loader, 4);
  schema = mb_schema_loader_load_text (loader, "{\"items\":{\"type\":\"null\"}}", NULL);
  report = mb_schema_report (schema, value, NULL);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (report),
                                                                         "errors")), ==, 4);
}

static void
test_equal (void)
{
  g_autoptr(MbSchema) one = make ("{'minimum':1,'enum':[1,{'a':2}],'title':'t'}");
  g_autoptr(MbSchema) same = make ("{'title':'t','enum':[1.0,{'a':2}],'minimum':1.0}");
  g_autoptr(MbSchema) other = make ("{'title':'t','enum':[{'a':2},1],'minimum':1}");
  g_autoptr(MbSchema) large = make ("{'minimum':9007199254740993}");
  g_autoptr(MbSchema) larger = make ("{'minimum':9007199254740992.0}");
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) seven = NULL;
  g_autoptr(MbSchema) formats = NULL;

  g_test_summary ("Schemas are equal if their JSON is, to the last digit, and they mean the same draft");

  g_assert_true (mb_schema_equal (one, one));
  g_assert_true (mb_schema_equal (one, same));
  g_assert_false (mb_schema_equal (one, other));
  g_assert_false (mb_schema_equal (large, larger));

  mb_schema_loader_set_default_draft (loader, MB_SCHEMA_DRAFT_V7);
  seven = mb_schema_loader_load_node (loader, mb_schema_get_node (one), NULL);
  g_assert_false (mb_schema_equal (one, seven));
  mb_schema_loader_set_default_draft (loader, MB_SCHEMA_DRAFT_AUTO);
  mb_schema_loader_set_assert_formats (loader, TRUE);
  formats = mb_schema_loader_load_node (loader, mb_schema_get_node (one), NULL);
  g_assert_false (mb_schema_equal (one, formats));
}

static void
test_node (void)
{
  g_autoptr(JsonNode) node = parse ("{'type':'integer','x':[1,2.5,null,true,'s']}");
  g_autoptr(JsonNode) copy = json_from_string ("{\"type\":\"integer\"}", NULL);
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbSchema) changed = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("The schema keeps a sealed copy; what it was made from may change");

  schema = mb_schema_new_from_node (node, &error);
  g_assert_no_error (error);
  g_assert_true (json_node_is_immutable (mb_schema_get_node (schema)));
  g_assert_true (mb_schema_get_node (schema) != node);
  text = mb_json_to_text (mb_schema_get_node (schema), &error);
  g_assert_cmpstr (text, ==, "{\"type\":\"integer\",\"x\":[1,2.5,null,true,\"s\"]}");

  changed = mb_schema_new_from_node (copy, &error);
  g_assert_no_error (error);
  json_object_set_string_member (json_node_get_object (copy), "type", "string");
  g_assert_true (mb_schema_validate_text (changed, "1", NULL));
}

static void
test_empty_object (void)
{
  g_autoptr(MbSchema) schema = g_object_new (MB_TYPE_SCHEMA, NULL);
  g_autoptr(JsonNode) node = NULL;
  g_autofree char *uri = NULL;
  MbSchemaDraft draft;

  g_test_summary ("A schema made without JSON, as languages can, accepts everything");

  g_assert_true (mb_schema_validate_text (schema, "[1]", NULL));
  g_object_get (schema, "node", &node, "draft", &draft, "uri", &uri, NULL);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  g_assert_cmpint (draft, ==, MB_SCHEMA_DRAFT_V4);
  g_assert_null (uri);
}

static void
test_draft (void)
{
  static const struct
  {
    const char    *uri;
    MbSchemaDraft  draft;
  } known[] = {
    { "http://json-schema.org/draft-04/schema#", MB_SCHEMA_DRAFT_V4 },
    { "http://json-schema.org/draft-04/schema", MB_SCHEMA_DRAFT_V4 },
    { "http://json-schema.org/draft-06/schema#", MB_SCHEMA_DRAFT_V6 },
    { "http://json-schema.org/draft-07/schema#", MB_SCHEMA_DRAFT_V7 },
    { "https://json-schema.org/draft/2019-09/schema", MB_SCHEMA_DRAFT_V2019_09 },
    { "https://json-schema.org/draft/2020-12/schema", MB_SCHEMA_DRAFT_V2020_12 },
    { "https://json-schema.org/draft/2020-12/schema#", MB_SCHEMA_DRAFT_V2020_12 },
  };
  g_autoptr(MbSchema) none = make ("{}");
  g_autoptr(MbSchema) unknown = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("$schema chooses the draft; without it, it is Draft 4; an unknown one is an error");

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"$schema\":\"%s\"}", known[i].uri);
      g_autoptr(MbSchema) schema = make (text);

      g_assert_cmpint (mb_schema_get_draft (schema), ==, known[i].draft);
    }
  g_assert_cmpint (mb_schema_get_draft (none), ==, MB_SCHEMA_DRAFT_V4);

  unknown =
    mb_schema_new_from_text ("{\"$schema\":\"http://json-schema.org/draft-03/schema#\"}", &error);
  g_assert_null (unknown);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNKNOWN_DRAFT);
  g_assert_nonnull (strstr (error->message, "draft-03"));
}

static void
assert_refused (const char *text,
                int         code,
                const char *part)
{
  g_autofree char *json = requote (text);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (json, &error);

  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, code);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” does not say “%s”", error->message, part);
}

static void
test_references (void)
{
  g_test_summary ("References that lead nowhere, or in circles, are errors of the schema");

  assert_refused ("{'items':{'$ref':'#/nowhere'}}", MB_SCHEMA_ERROR_UNRESOLVED, "“/items/$ref”");
  assert_refused ("{'items':{'$ref':'#name'}}", MB_SCHEMA_ERROR_UNRESOLVED, "#name");
  assert_refused ("{'$ref':'http://127.0.0.1:9/x.json'}", MB_SCHEMA_ERROR_UNRESOLVED,
                  "never fetched");
  assert_refused ("{'$ref':'other.json'}", MB_SCHEMA_ERROR_UNRESOLVED, "other.json");
  assert_refused ("{'$ref':'#'}", MB_SCHEMA_ERROR_INVALID, "refers to itself");
  assert_refused ("{'definitions':{'a':{'allOf':[{'$ref':'#/definitions/b'}]},'b':{'anyOf':[{'$ref':"
                  "'#/definitions/a'}]}},'items':{'$ref':'#/definitions/a'}}",
                  MB_SCHEMA_ERROR_INVALID,
                  "refers to itself");
  assert_refused ("{'x':1,'$ref':'#/x'}", MB_SCHEMA_ERROR_INVALID, "is used as a schema");
  assert_refused ("{'properties':{'a':{'pattern':'('}}}", MB_SCHEMA_ERROR_INVALID,
                  "/properties/a/pattern");
  assert_refused ("{'patternProperties':{'(?i)a':{}}}", MB_SCHEMA_ERROR_INVALID,
                  "/patternProperties");
}

static void
test_uris (void)
{
  /* The examples of RFC 3986, section 5.4, but for fragments, which are cut off before */
  static const char *const examples[][2] = {
    { "g:h", "g:h" }, { "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" },
    { "g/", "http://a/b/c/g/" }, { "/g", "http://a/g" }, { "//g", "http://g" },
    { "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" }, { ";x", "http://a/b/c/;x" },
    { "", "http://a/b/c/d;p?q" }, { ".", "http://a/b/c/" }, { "./", "http://a/b/c/" },
    { "..", "http://a/b/" }, { "../", "http://a/b/" }, { "../g", "http://a/b/g" },
    { "../..", "http://a/" }, { "../../", "http://a/" }, { "../../g", "http://a/g" },
    { "../../../g", "http://a/g" }, { "/./g", "http://a/g" }, { "/../g", "http://a/g" },
    { "g.", "http://a/b/c/g." }, { "..g", "http://a/b/c/..g" }, { "./../g", "http://a/b/g" },
    { "./g/.", "http://a/b/c/g/" }, { "g/./h", "http://a/b/c/g/h" }, { "g/../h", "http://a/b/c/h" },
    { "g;x=1/../y", "http://a/b/c/y" }, { "HTTP:g", "http:g" },
  };
  static const char *const others[][3] = {
    { "http://a", "b", "http://a/b" }, { "urn:x:y", "", "urn:x:y" }, { "urn:x:y", "z", "urn:z" },
    { "file:///a/b", "c", "file:///a/c" }, { "minibus:/schema", "a/b", "minibus:/a/b" },
  };

  g_test_summary ("Relative URIs are resolved as RFC 3986 says");

  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autofree char *uri = _mb_uri_resolve ("http://a/b/c/d;p?q", examples[i][0]);

      g_assert_cmpstr (uri, ==, examples[i][1]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *uri = _mb_uri_resolve (others[i][0], others[i][1]);

      g_assert_cmpstr (uri, ==, others[i][2]);
    }

  g_assert_null (_mb_uri_resolve (NULL, "relative"));
  g_assert_null (_mb_uri_resolve ("http://a/", "with space"));
  g_assert_null (_mb_uri_resolve ("http://a/", "line\n"));
}

static void
test_text_error (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = mb_schema_new_from_text ("{\"type\":}", &error);
  g_autoptr(MbSchema) any = make ("{}");

  g_test_summary ("A text that is not JSON is an error of JSON, not of the schema");

  g_assert_null (schema);
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX);
  g_clear_error (&error);
  g_assert_false (mb_schema_validate_text (any, "[1,]", &error));
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX);
}

static void
test_registry (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbSchema) whole = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("References lead to documents of the registry, which are kept by the schema");

  mb_schema_loader_add_text (loader, "https://x.example/types#",
                             "{\"definitions\":{\"n\":{\"type\":\"integer\"},\"l\":{\"items\":{\"$ref\":"
                             "\"more.json\"}}}}", &error);
  g_assert_no_error (error);
  mb_schema_loader_add_text (loader, NULL,
                             "{\"id\":\"https://x.example/more.json\",\"type\":\"string\"}",
                             &error);
  g_assert_no_error (error);
  schema = mb_schema_loader_load_text (loader,
                                       "{\"properties\":{\"a\":{\"$ref\":\"https://x.example/types#/definitions/n\"},"
                                       "\"b\":{\"$ref\":\"https://x.example/types#/definitions/l\"}}}", &error);
  g_assert_no_error (error);
  whole = mb_schema_loader_load_uri (loader, "https://x.example/more.json", &error);
  g_assert_no_error (error);
  g_clear_object (&loader);

  g_assert_true (mb_schema_validate_text (schema, "{\"a\":1,\"b\":[\"x\"]}", &error));
  g_assert_no_error (error);
  g_assert_false (mb_schema_validate_text (schema, "{\"a\":\"x\"}", NULL));
  g_assert_false (mb_schema_validate_text (schema, "{\"b\":[1]}", &error));
  g_assert_cmpstr (error->message, ==, "The value at “/b/0” is 1, but must be of type string. "
                   "(rule: /properties/b/$ref/items/$ref/type)");
  g_assert_false (mb_schema_validate_text (whole, "1", NULL));
}

static void
test_embedded (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A schema with a URI of its own is found within a document, beside broken ones, too");

  mb_schema_loader_add_text (loader, "https://x.example/bad", "{\"type\":5}", &error);
  mb_schema_loader_add_text (loader, "https://x.example/bundle",
                             "{\"definitions\":{\"a\":{\"id\":\"https://y.example/int\","
                             "\"type\":\"integer\"}}}", &error);
  g_assert_no_error (error);
  schema = mb_schema_loader_load_text (loader, "{\"$ref\":\"https://y.example/int\"}", &error);
  g_assert_no_error (error);
  g_assert_true (mb_schema_validate_text (schema, "1", NULL));
  g_assert_false (mb_schema_validate_text (schema, "\"x\"", NULL));
}

static void
test_registry_errors (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A document needs an absolute URI, and a broken one is an error of who refers to it");

  g_assert_false (mb_schema_loader_add_text (loader, "relative.json", "{}", &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (mb_schema_loader_add_text (loader, "https://x.example/a#frag", "{}", &error));
  g_clear_error (&error);
  g_assert_false (mb_schema_loader_add_text (loader, NULL, "{}", &error));
  g_clear_error (&error);

  g_assert_true (mb_schema_loader_add_text (loader, "https://x.example/bad", "{\"type\":5}",
                                            &error));
  g_assert_no_error (error);
  schema = mb_schema_loader_load_text (loader, "{\"$ref\":\"https://x.example/bad\"}", &error);
  g_assert_null (schema);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "https://x.example/bad"));
}

static void
test_vocabularies (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbSchema) asserting = NULL;
  g_autoptr(MbSchema) demanding = NULL;
  g_autoptr(MbSchema) circular = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A metaschema of the registry chooses the keywords that count");

  mb_schema_loader_add_text (loader, "https://x.example/no-validation",
                             "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$vocabulary\":{"
                             "\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
                             "\"https://json-schema.org/draft/2020-12/vocab/applicator\":true,"
                             "\"https://x.example/vocab\":false}}", &error);
  mb_schema_loader_add_text (loader, "https://x.example/formats",
                             "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$vocabulary\":{"
                             "\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
                             "\"https://json-schema.org/draft/2020-12/vocab/format-assertion\":true}}", &error);
  mb_schema_loader_add_text (loader, "https://x.example/demanding",
                             "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$vocabulary\":{"
                             "\"https://x.example/vocab\":true}}", &error);
  mb_schema_loader_add_text (loader, "https://x.example/itself",
                             "{\"$schema\":\"https://x.example/itself\"}", &error);
  g_assert_no_error (error);

  schema =
    mb_schema_loader_load_text (loader,
                                "{\"$schema\":\"https://x.example/no-validation\",\"minimum\":5,"
                                "\"properties\":{\"a\":false}}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (mb_schema_get_draft (schema), ==, MB_SCHEMA_DRAFT_V2020_12);
  g_assert_true (mb_schema_validate_text (schema, "1", NULL));
  g_assert_false (mb_schema_validate_text (schema, "{\"a\":1}", NULL));

  asserting = mb_schema_loader_load_text (loader, "{\"$schema\":\"https://x.example/formats\","
                                          "\"format\":\"ipv4\"}", &error);
  g_assert_no_error (error);
  g_assert_false (mb_schema_validate_text (asserting, "\"x\"", NULL));

  demanding =
    mb_schema_loader_load_text (loader, "{\"$schema\":\"https://x.example/demanding\"}", &error);
  g_assert_null (demanding);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  circular =
    mb_schema_loader_load_text (loader, "{\"$schema\":\"https://x.example/itself\"}", &error);
  g_assert_null (circular);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNKNOWN_DRAFT);
}

static void
test_drafts_mix (void)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A document, or an embedded one, of another draft is understood as that draft");

  mb_schema_loader_add_text (loader, "https://x.example/old",
                             "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"prefixItems\":[false],"
                             "\"items\":[{\"type\":\"integer\"}]}", &error);
  schema = mb_schema_loader_load_text (loader,
                                       "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$ref\":\"https://x.example/old\","
                                       "\"properties\":{\"a\":{\"$id\":\"https://x.example/older\",\"$schema\":"
                                       "\"https://json-schema.org/draft/2019-09/schema\",\"prefixItems\":[false]}}}", &error);
  g_assert_no_error (error);
  g_assert_true (mb_schema_validate_text (schema, "[1]", NULL));
  g_assert_false (mb_schema_validate_text (schema, "[\"x\"]", NULL));
  g_assert_true (mb_schema_validate_text (schema, "{\"a\":[1]}", NULL));
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("minibus-schema-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "main.json", NULL);
  g_autofree char *other_path = g_build_filename (folder, "part.json", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFile) other = g_file_new_for_path (other_path);
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbSchema) alone = NULL;
  g_autoptr(MbSchema) missing = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *uri = g_file_get_uri (file);

  g_test_summary ("Files are read, and what they refer to is looked for in the registry only");

  g_assert_true (g_file_set_contents (path, "{\"items\":{\"$ref\":\"part.json\"}}", -1, &error));
  g_assert_true (g_file_set_contents (other_path, "{\"type\":\"integer\"}", -1, &error));

  alone = mb_schema_new_from_file (file, NULL, &error);
  g_assert_null (alone);
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNRESOLVED);
  g_clear_error (&error);

  g_assert_true (mb_schema_loader_add_file (loader, NULL, other, NULL, &error));
  g_assert_no_error (error);
  schema = mb_schema_loader_load_file (loader, file, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_schema_get_uri (schema), ==, uri);
  g_assert_false (mb_schema_validate_text (schema, "[\"x\"]", NULL));

  missing = mb_schema_new_from_resource ("/no/such/resource", &error);
  g_assert_null (missing);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  g_unlink (path);
  g_unlink (other_path);
  g_rmdir (folder);
}

static void
test_properties (void)
{
  g_autoptr(MbSchemaLoader) loader = NULL;
  gboolean formats;
  MbSchemaDraft draft;
  guint steps, errors;

  g_test_summary ("The settings of a loader are properties");

  loader =
    g_object_new (MB_TYPE_SCHEMA_LOADER, "default-draft", MB_SCHEMA_DRAFT_V7, "assert-formats",
                  TRUE,
                  "max-steps", 5, "max-errors", 6, NULL);
  g_object_get (loader, "default-draft", &draft, "assert-formats", &formats, "max-steps", &steps,
                "max-errors",
                &errors, NULL);
  g_assert_cmpint (draft, ==, MB_SCHEMA_DRAFT_V7);
  g_assert_true (formats);
  g_assert_cmpuint (steps, ==, 5);
  g_assert_cmpuint (errors, ==, 6);
  g_assert_true (mb_schema_loader_get_assert_formats (loader));
  g_assert_cmpint (mb_schema_loader_get_default_draft (loader), ==, MB_SCHEMA_DRAFT_V7);
  g_assert_cmpuint (mb_schema_loader_get_max_steps (loader), ==, 5);
  g_assert_cmpuint (mb_schema_loader_get_max_errors (loader), ==, 6);
}

static void
test_odd_nodes (void)
{
  g_autoptr(MbSchema) schema =
    make ("{'type':'object','properties':{'a':{'type':'string','pattern':'x'}},"
          "'items':{},'uniqueItems':true,'enum':[{}]}");
  g_autoptr(JsonNode) object = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonNode) array = json_node_new (JSON_NODE_ARRAY);
  g_autoptr(JsonNode) text = json_node_init_string (json_node_alloc (), NULL);
  g_autoptr(JsonNode) number =
    json_node_init_double (json_node_alloc (), 0.0 / g_ascii_strtod ("0", NULL));
  g_autoptr(MbSchema) numbers = make ("{'type':'number','minimum':1,'multipleOf':0.5,'enum':[1]}");
  g_autoptr(JsonNode) bytes = json_node_init_string (json_node_alloc (), "\xff\xfe");
  g_autoptr(MbSchema) pattern = make ("{'pattern':'(?=x)','minLength':1}");

  g_test_summary ("Nodes that only a program can make, without content, do no harm");

  g_assert_true (mb_schema_validate (schema, object, NULL));
  g_assert_false (mb_schema_validate (schema, array, NULL));
  g_assert_false (mb_schema_validate (schema, text, NULL));
  g_assert_false (mb_schema_validate (numbers, number, NULL));
  g_assert_false (mb_schema_validate (pattern, bytes, NULL));
  g_assert_false (mb_schema_validate (pattern, text, NULL));
}

static gpointer
validate_often (gpointer data)
{
  g_autoptr(JsonNode) good = parse ("{'a':[1,2,3],'b':'abc'}");
  g_autoptr(JsonNode) bad = parse ("{'a':[1,2,2],'b':'abc'}");
  guint n = 0;

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr(GError) error = NULL;

      n += mb_schema_validate (data, good, &error) ? 1 : 0;
      n += mb_schema_validate (data, bad, &error) ? 100 : 0;
    }

  return GUINT_TO_POINTER (n);
}

static void
test_threads (void)
{
  g_autoptr(MbSchema) schema =
    make ("{'properties':{'a':{'uniqueItems':true},'b':{'pattern':'^(?=a)abc$'}}}");
  GThread *threads[4];

  g_test_summary ("One schema serves several threads at once");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("validate", validate_often, schema);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), ==, 2000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/schema/messages", test_messages);
  g_test_add_func ("/schema/message-is-tame", test_message_is_tame);
  g_test_add_func ("/schema/report", test_report);
  g_test_add_func ("/schema/max-errors", test_max_errors);
  g_test_add_func ("/schema/equal", test_equal);
  g_test_add_func ("/schema/node", test_node);
  g_test_add_func ("/schema/empty-object", test_empty_object);
  g_test_add_func ("/schema/draft", test_draft);
  g_test_add_func ("/schema/references", test_references);
  g_test_add_func ("/schema/uris", test_uris);
  g_test_add_func ("/schema/text-error", test_text_error);
  g_test_add_func ("/schema/registry", test_registry);
  g_test_add_func ("/schema/embedded", test_embedded);
  g_test_add_func ("/schema/registry-errors", test_registry_errors);
  g_test_add_func ("/schema/vocabularies", test_vocabularies);
  g_test_add_func ("/schema/drafts-mix", test_drafts_mix);
  g_test_add_func ("/schema/file", test_file);
  g_test_add_func ("/schema/properties", test_properties);
  g_test_add_func ("/schema/odd-nodes", test_odd_nodes);
  g_test_add_func ("/schema/threads", test_threads);

  return g_test_run ();
}
