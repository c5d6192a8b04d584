/* test-schema-drafts.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every keyword, in every draft that has it, and what the drafts do differently. */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json.h"
#include "minibus/mb-schema-loader.h"

enum
{
  D4 = 1 << 0,
  D6 = 1 << 1,
  D7 = 1 << 2,
  D19 = 1 << 3,
  D20 = 1 << 4,
  UP_TO_7 = D4 | D6 | D7,
  UP_TO_19 = UP_TO_7 | D19,
  SINCE_6 = D6 | D7 | D19 | D20,
  SINCE_7 = D7 | D19 | D20,
  SINCE_19 = D19 | D20,
  ALL = D4 | SINCE_6,
};

/* In all JSON here, ' stands for ". */
typedef struct
{
  guint       drafts;
  const char *schema;
  const char *valid[10];
  const char *invalid[10];
} Rule;

typedef struct
{
  const char *name;
  const Rule *rules;
  guint       n_rules;
} Group;

static const Rule types[] = {
  { ALL, "{'type':'null'}", { "null" }, { "0", "false", "''", "[]", "{}" } },
  { ALL, "{'type':'boolean'}", { "true", "false" }, { "null", "0", "'true'" } },
  { ALL, "{'type':'string'}", { "''", "'1'" }, { "1", "null", "['']" } },
  { ALL, "{'type':'array'}", { "[]", "[1]" }, { "{}", "null" } },
  { ALL, "{'type':'object'}", { "{}", "{'a':1}" }, { "[]", "null" } },
  { ALL, "{'type':'number'}", { "1", "1.5", "-1e300" }, { "'1'", "true" } },
  { ALL, "{'type':'integer'}", { "1", "-5", "9223372036854775807", "1e30" },
    { "1.5", "1e-3", "'1'" } },
  { D4, "{'type':'integer'}", { "1" }, { "1.0", "-3.0" } },
  { SINCE_6, "{'type':'integer'}", { "1.0", "-3.0", "1e2" }, { "1.1" } },
  { ALL, "{'type':['integer','null']}", { "1", "null" }, { "'1'", "1.5" } },
  { SINCE_6, "true", { "1", "null", "{}" }, { NULL } },
  { SINCE_6, "false", { NULL }, { "1", "null", "{}" } },
  { ALL, "{}", { "1", "null", "{}" }, { NULL } },
};

static const Rule values[] = {
  { ALL, "{'enum':[1,'a',null,[1,2],{'a':[0]},false]}",
    { "1", "1.0", "'a'", "null", "[1,2]", "[1.0,2]", "{'a':[0]}", "false" },
    { "2", "'b'", "true", "0", "[2,1]", "{'a':[false]}", "{'a':[0],'b':1}", "''" } },
  { ALL, "{'enum':[9007199254740993]}", { "9007199254740993" },
    { "9007199254740992", "9007199254740992.0" } },
  { ALL, "{'enum':[]}", { NULL }, { "1", "null" } },
  { SINCE_6, "{'const':{'a':1,'b':[true]}}", { "{'b':[true],'a':1.0}" },
    { "{'a':1}", "{'a':1,'b':[1]}" } },
  { SINCE_6, "{'const':0}", { "0", "0.0", "-0.0" }, { "false", "null", "''" } },
  { SINCE_6, "{'const':null}", { "null" }, { "0", "'null'" } },
  { SINCE_6, "{'const':'caf\303\251'}", { "'caf\303\251'" }, { "'cafe\314\201'" } },
  { D4, "{'const':1}", { "1", "2" }, { NULL } },
};

static const Rule numbers[] = {
  { ALL, "{'minimum':2}", { "2", "2.0", "1e300", "'1'" }, { "1", "1.999" } },
  { ALL, "{'maximum':2.5}", { "2", "2.5", "null" }, { "3", "2.5001" } },
  { D4, "{'minimum':2,'exclusiveMinimum':true}", { "3", "2.1" }, { "2", "2.0" } },
  { D4, "{'maximum':2,'exclusiveMaximum':true}", { "1" }, { "2", "3" } },
  { D4, "{'minimum':2,'exclusiveMinimum':false}", { "2" }, { "1" } },
  { SINCE_6, "{'exclusiveMinimum':2}", { "2.1", "3" }, { "2", "1" } },
  { SINCE_6, "{'exclusiveMaximum':2}", { "1.9" }, { "2", "2.0", "3" } },
  { SINCE_6, "{'minimum':1,'exclusiveMinimum':1}", { "2" }, { "1", "0" } },
  { ALL, "{'minimum':9007199254740993}", { "9007199254740993", "9007199254740994.0" },
    { "9007199254740992.0" } },
  { ALL, "{'maximum':9223372036854775807}", { "9223372036854775807" }, { "9223372036854775808" } },
  { ALL, "{'multipleOf':2}", { "4", "0", "-6", "4.0", "'x'" }, { "3", "4.5" } },
  { ALL, "{'multipleOf':0.0001}", { "0.0075", "1", "12391239123" }, { "0.00751" } },
  { ALL, "{'multipleOf':0.1}", { "0.3", "1.1", "4.35e1" }, { "0.35", "4.351" } },
  { ALL, "{'multipleOf':0.5}", { "1e308", "-1.5" }, { "1.25" } },
  { ALL, "{'multipleOf':0.123456789}", { "0.246913578" }, { "1e308" } },
  { ALL, "{'multipleOf':1e-8}", { "12391239123", "0.00000001" }, { "0.000000001" } },
  { ALL, "{'multipleOf':3e20}", { "6e20", "0" }, { "1e20", "3" } },
};

static const Rule strings[] = {
  { ALL, "{'minLength':2}", { "'ab'", "'\360\237\220\262\360\237\220\262'", "5" },
    { "'a'", "'\360\237\220\262'", "''" } },
  { ALL, "{'maxLength':2}", { "'ab'", "'\360\237\220\262\360\237\220\262'", "'e\314\201'" },
    { "'abc'" } },
  { SINCE_6, "{'minLength':2.0,'maxLength':3.0}", { "'ab'" }, { "'a'", "'abcd'" } },
  { ALL, "{'maxLength':1e30}", { "'abcdef'" }, { NULL } },
  { ALL, "{'pattern':'^a+$'}", { "'aaa'", "1" }, { "'b'", "'a\\n'", "''" } },
  { ALL, "{'pattern':'b'}", { "'abc'" }, { "'ac'" } },
};

static const Rule arrays[] = {
  { ALL, "{'minItems':1}", { "[1]", "{}" }, { "[]" } },
  { ALL, "{'maxItems':1}", { "[]", "[1]" }, { "[1,2]" } },
  { ALL, "{'uniqueItems':true}",
    { "[1,2]", "[1,true]", "[0,false]", "[[1],[2]]", "['1',1]", "[{'a':1},{'a':2}]", "[]" },
    { "[1,1.0]", "[{'a':1,'b':2},{'b':2,'a':1}]", "[[[1]],[[1.0]]]", "['a','b','a']",
      "[1,2,3,4,5,6,7,8,9,10,11,12,1]", "[null,null]" } },
  { ALL, "{'uniqueItems':false}", { "[1,1]" }, { NULL } },
  { ALL, "{'items':{'type':'integer'}}", { "[1,2]", "[]", "{'0':'x'}" }, { "[1,'x']" } },
  { UP_TO_19, "{'items':[{'type':'integer'},{'type':'string'}]}", { "[1,'a',null]", "[1]", "[]" },
    { "['a']", "[1,2]" } },
  { UP_TO_19, "{'items':[{'type':'integer'}],'additionalItems':false}", { "[1]", "[]" },
    { "[1,2]" } },
  { UP_TO_19, "{'items':[{}],'additionalItems':{'type':'integer'}}", { "['a',1]" },
    { "['a','b']" } },
  { UP_TO_19, "{'items':{'type':'integer'},'additionalItems':false}", { "[1,2,3]" }, { "['a']" } },
  { UP_TO_19, "{'additionalItems':false}", { "[1,2,3]" }, { NULL } },
  { SINCE_6, "{'items':false}", { "[]" }, { "[1]" } },
  { D20, "{'prefixItems':[{'type':'integer'}],'items':{'type':'string'}}", { "[1,'a']", "[]" },
    { "['a']", "[1,2]" } },
  { D20, "{'prefixItems':[true],'items':false}", { "[1]" }, { "[1,2]" } },
  { D20, "{'additionalItems':false}", { "[1]" }, { NULL } },
  { D19, "{'prefixItems':[false]}", { "[1]" }, { NULL } },
  { SINCE_6, "{'contains':{'type':'integer'}}", { "['a',1]", "{}" }, { "[]", "['a']" } },
  { D4, "{'contains':{'type':'integer'}}", { "[]" }, { NULL } },
  { SINCE_19, "{'contains':{'type':'integer'},'minContains':2}", { "[1,2]", "[1,'a',2,3]" },
    { "[1]", "[]" } },
  { SINCE_19, "{'contains':{'type':'integer'},'maxContains':2}", { "[1,2,'a']" },
    { "[1,2,3]", "[]" } },
  { SINCE_19, "{'contains':{'type':'integer'},'minContains':0}", { "[]", "['a']" }, { NULL } },
  { SINCE_19, "{'contains':{'type':'integer'},'minContains':0,'maxContains':1}", { "[]", "[1]" },
    { "[1,2]" } },
  { SINCE_19, "{'minContains':5,'maxContains':1}", { "[]", "[1,2]" }, { NULL } },
  { D7, "{'contains':{'type':'integer'},'minContains':2}", { "[1]" }, { NULL } },
};

static const Rule objects[] = {
  { ALL, "{'minProperties':1}", { "{'a':1}", "[]" }, { "{}" } },
  { ALL, "{'maxProperties':1}", { "{}", "{'a':1}" }, { "{'a':1,'b':2}" } },
  { ALL, "{'required':['a','b']}", { "{'a':1,'b':null,'c':1}", "[]" }, { "{'a':1}", "{}" } },
  { SINCE_6, "{'required':[]}", { "{}" }, { NULL } },
  { ALL, "{'properties':{'a':{'type':'integer'},'__proto__':{'type':'string'}}}",
    { "{'a':1}", "{}", "{'b':'x'}", "{'__proto__':'x'}" }, { "{'a':'x'}", "{'__proto__':1}" } },
  { ALL, "{'patternProperties':{'^a':{'type':'integer'},'b$':{'minimum':5}}}",
    { "{'ax':1}", "{'x':'y'}", "{'ab':6}" }, { "{'ax':'x'}", "{'ab':4}", "{'b':1}" } },
  { ALL, "{'properties':{'a':{}},'patternProperties':{'^x':{}},'additionalProperties':false}",
    { "{'a':1,'xy':2}" }, { "{'b':1}", "{'a':1,'yx':1}" } },
  { ALL, "{'additionalProperties':{'type':'integer'}}", { "{'a':1}" }, { "{'a':'x'}" } },
  { SINCE_6, "{'propertyNames':{'maxLength':2,'pattern':'^[a-z]*$'}}", { "{'ab':1}", "{}", "[1]" },
    { "{'abc':1}", "{'A':1}" } },
  { SINCE_6, "{'propertyNames':{'enum':['a','b']}}", { "{'a':1}" }, { "{'c':1}" } },
  { SINCE_6, "{'propertyNames':{'const':'a'}}", { "{'a':1}" }, { "{'b':1}" } },
  { SINCE_6, "{'propertyNames':{'not':{'anyOf':[{'const':'a'},{'minLength':3}]}}}", { "{'b':1}" },
    { "{'a':1}", "{'abc':1}" } },
  { SINCE_6, "{'propertyNames':{'type':'integer'}}", { "{}" }, { "{'1':1}" } },
  { SINCE_6, "{'propertyNames':false}", { "{}" }, { "{'a':1}" } },
  { D4, "{'propertyNames':false}", { "{'a':1}" }, { NULL } },
  { ALL, "{'dependencies':{'a':['b','c']}}", { "{'b':1}", "{'a':1,'b':2,'c':3}" },
    { "{'a':1}", "{'a':1,'b':1}" } },
  { ALL, "{'dependencies':{'a':{'required':['b']}}}", { "{'a':1,'b':2}", "{}" }, { "{'a':1}" } },
  { SINCE_6, "{'dependencies':{'a':false,'b':true,'c':[]}}", { "{'b':1}", "{'c':1}" },
    { "{'a':1}" } },
  { SINCE_19, "{'dependentRequired':{'a':['b'],'x':[]}}", { "{'a':1,'b':2}", "{'x':1}" },
    { "{'a':1}" } },
  { SINCE_19, "{'dependentSchemas':{'a':{'maxProperties':1},'f':false}}",
    { "{'a':1}", "{'b':1,'c':2}" }, { "{'a':1,'b':2}", "{'f':1}" } },
  { UP_TO_7, "{'dependentRequired':{'a':['b']},'dependentSchemas':{'a':{'required':['z']}}}",
    { "{'a':1}" }, { NULL } },
};

static const Rule logic[] = {
  { ALL, "{'allOf':[{'type':'integer'},{'minimum':2}]}", { "2" }, { "1", "'x'", "2.5" } },
  { ALL, "{'anyOf':[{'type':'integer'},{'minimum':2}]}", { "1", "2.5", "'x'" }, { "1.5" } },
  { ALL, "{'oneOf':[{'type':'integer'},{'minimum':2}]}", { "1", "2.5" }, { "3", "1.5" } },
  { ALL, "{'not':{'type':'integer'}}", { "'x'" }, { "1" } },
  { ALL, "{'not':{'not':{'type':'integer'}}}", { "1" }, { "'x'" } },
  { SINCE_7, "{'if':{'type':'integer'},'then':{'minimum':2},'else':{'type':'string'}}",
    { "2", "'x'" }, { "1", "null" } },
  { SINCE_7, "{'then':false,'else':false}", { "1" }, { NULL } },
  { SINCE_7, "{'if':true}", { "1" }, { NULL } },
  { UP_TO_7 & ~D7, "{'if':true,'then':{'minimum':2}}", { "1" }, { NULL } },
  { SINCE_6, "{'allOf':[true,false]}", { NULL }, { "1" } },
  { SINCE_6, "{'anyOf':[false,true]}", { "1" }, { NULL } },
  { SINCE_6, "{'oneOf':[true,true]}", { NULL }, { "1" } },
};

static const Rule references[] = {
  { UP_TO_7,
    "{'definitions':{'a':{'type':'integer'}},'properties':{'x':{'$ref':'#/definitions/a'}}}",
    { "{'x':1}" }, { "{'x':'y'}" } },
  { SINCE_19, "{'$defs':{'a':{'type':'integer'}},'properties':{'x':{'$ref':'#/$defs/a'}}}",
    { "{'x':1}" }, { "{'x':'y'}" } },
  { ALL, "{'properties':{'x':{'$ref':'#'}},'additionalProperties':false}", { "{'x':{'x':{}}}" },
    { "{'x':{'y':1}}" } },
  { ALL, "{'p~q':{'r/s':{'t%u':{'type':'integer'}}},'items':{'$ref':'#/p~0q/r~1s/t%25u'}}",
    { "[1]" }, { "['x']" } },
  { ALL, "{'x':[{},{'type':'integer'}],'items':{'$ref':'#/x/1'}}", { "[1]" }, { "['x']" } },
  /* What is beside a reference counts since 2019-09. */
  { UP_TO_7, "{'definitions':{'a':{}},'items':{'$ref':'#/definitions/a','type':'integer'}}",
    { "['x']" }, { NULL } },
  { SINCE_19, "{'$defs':{'a':{'minimum':2}},'items':{'$ref':'#/$defs/a','type':'integer'}}",
    { "[2]" }, { "['x']", "[1]" } },
  /* Names of schemas */
  { D4,
    "{'id':'http://x.example/root','definitions':{'a':{'id':'a.json','type':'integer'}},'items':{'$ref':'http://x.example/a.json'}}", { "[1]" }, { "['x']" } },
  { D4, "{'definitions':{'a':{'id':'#foo','type':'integer'}},'items':{'$ref':'#foo'}}", { "[1]" },
    { "['x']" } },
  { D6 | D7,
    "{'$id':'http://x.example/root','definitions':{'a':{'$id':'a.json','type':'integer'}},'items':{'$ref':'a.json'}}", { "[1]" }, { "['x']" } },
  { D6 | D7, "{'definitions':{'a':{'$id':'#foo','type':'integer'}},'items':{'$ref':'#foo'}}",
    { "[1]" }, { "['x']" } },
  { D6 | D7,
    "{'$id':'http://x.example/base/','definitions':{'o':{'$id':'a.json','type':'string'},'i':{'$id':'http://x.example/a.json','type':'integer'}},"
             "'allOf':[{'$id':'http://x.example/','$ref':'a.json'}]}", { "'x'" }, { "1" } },
  { SINCE_19,
    "{'$id':'https://x.example/root','$defs':{'a':{'$id':'sub/a','$defs':{'b':{'$anchor':'foo','type':'integer'}}}},'items':{'$ref':'sub/a#foo'}}", { "[1]" }, { "['x']" } },
  { SINCE_19, "{'$defs':{'a':{'$anchor':'foo','type':'integer'}},'items':{'$ref':'#foo'}}",
    { "[1]" }, { "['x']" } },
  { SINCE_19,
    "{'$id':'urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed','$defs':{'a':{'type':'integer'}},'items':{'$ref':'urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed#/$defs/a'}}", { "[1]" }, { "['x']" } },
  /* What only looks like a name or a reference */
  { ALL,
    "{'properties':{'$ref':{'type':'integer'},'id':{'type':'integer'},'$id':{'type':'integer'}}}",
    { "{'$ref':1,'id':1,'$id':1}" }, { "{'$ref':'x'}", "{'id':'x'}", "{'$id':'x'}" } },
  { SINCE_6, "{'const':{'$ref':'#/nowhere'}}", { "{'$ref':'#/nowhere'}" }, { "1" } },
  { ALL, "{'enum':[{'$ref':'#/nowhere'}]}", { "{'$ref':'#/nowhere'}" }, { "1" } },
  /* The metaschema of the draft itself */
  { D4, "{'$ref':'http://json-schema.org/draft-04/schema#'}",
    { "{'minLength':1}", "{'exclusiveMinimum':true,'minimum':1}" },
    { "{'minLength':-1}", "{'exclusiveMinimum':true}", "{'type':'any'}", "true" } },
  { D6, "{'$ref':'http://json-schema.org/draft-06/schema#'}",
    { "{'minLength':1}", "{'exclusiveMinimum':1}", "true" },
    { "{'minLength':-1}", "{'exclusiveMinimum':true}", "{'items':{'type':'any'}}" } },
  { D7, "{'$ref':'http://json-schema.org/draft-07/schema#'}", { "{'if':{}}", "true" },
    { "{'if':1}", "{'definitions':{'a':{'type':1}}}" } },
  { D19, "{'$ref':'https://json-schema.org/draft/2019-09/schema'}",
    { "{'$anchor':'a','items':[{}]}", "true" },
    { "{'$anchor':'#a'}", "{'items':[{'items':[1]}]}", "{'$defs':{'a':{'minContains':-1}}}" } },
  { D20, "{'$ref':'https://json-schema.org/draft/2020-12/schema'}",
    { "{'$anchor':'a','prefixItems':[{}]}", "true" },
    { "{'items':[{}]}", "{'not':{'not':{'enum':1}}}", "{'$id':'a#b'}" } },
};

static const Rule recursive[] = {
  /* Without an anchor, $recursiveRef is $ref. */
  { D19, "{'properties':{'foo':{'$recursiveRef':'#'}},'additionalProperties':false}",
    { "{'foo':{'foo':{}}}" }, { "{'foo':{'bar':1}}" } },
  { D19, "{'$id':'https://x.example/a','anyOf':[{'type':'boolean'},"
         "{'type':'object','additionalProperties':{'anyOf':[{'type':'string'},{'$recursiveRef':'#'}]}}]}",
    { "true", "{'a':'x'}", "{'a':{'b':true}}" }, { "1", "{'a':1}" } },
  /* The outermost schema with the anchor is meant. */
  { D19,
    "{'$id':'https://x.example/outer','$recursiveAnchor':true,'$ref':'inner','required':['name'],"
         "'$defs':{'inner':{'$id':'inner','$recursiveAnchor':true,'type':'object','properties':{'child':{'$recursiveRef':'#'}}}}}",
    { "{'name':1}", "{'name':1,'child':{'name':2}}" }, { "{}", "{'name':1,'child':{}}" } },
  { D19,
    "{'$id':'https://x.example/outer','$recursiveAnchor':false,'$ref':'inner','required':['name'],"
         "'$defs':{'inner':{'$id':'inner','$recursiveAnchor':true,'type':'object','properties':{'child':{'$recursiveRef':'#'}}}}}",
    { "{'name':1}", "{'name':1,'child':{}}" }, { "{}", "{'name':1,'child':3}" } },
  { D19,
    "{'$id':'https://x.example/outer','$recursiveAnchor':true,'$ref':'inner','required':['name'],"
         "'$defs':{'inner':{'$id':'inner','type':'object','properties':{'child':{'$recursiveRef':'#'}}}}}",
    { "{'name':1,'child':{}}" }, { "{}", "{'name':1,'child':3}" } },
  /* A tree that others make strict */
  { D19,
    "{'$id':'https://x.example/strict','$recursiveAnchor':true,'$ref':'tree','unevaluatedProperties':false,"
         "'$defs':{'tree':{'$id':'tree','$recursiveAnchor':true,'properties':{'data':true,'children':{'items':{'$recursiveRef':'#'}}}}}}",
    { "{'children':[{'data':1}]}" }, { "{'children':[{'daat':1}]}", "{'daat':1}" } },
  { D20,
    "{'$id':'https://x.example/strict','$dynamicAnchor':'node','$ref':'tree','unevaluatedProperties':false,"
         "'$defs':{'tree':{'$id':'tree','$dynamicAnchor':'node','properties':{'data':true,'children':{'items':{'$dynamicRef':'#node'}}}}}}",
    { "{'children':[{'data':1}]}" }, { "{'children':[{'daat':1}]}", "{'daat':1}" } },
  { D20,
    "{'$id':'https://x.example/list','$ref':'generic','$defs':{'t':{'$dynamicAnchor':'T','type':'string'},"
         "'generic':{'$id':'generic','items':{'$dynamicRef':'#T'},'$defs':{'any':{'$dynamicAnchor':'T'}}}}}",
    { "['a']", "[]" }, { "[1]" } },
  { D20,
    "{'$id':'https://x.example/list','$ref':'generic','$defs':{'t':{'$anchor':'T','type':'string'},"
         "'generic':{'$id':'generic','items':{'$dynamicRef':'#T'},'$defs':{'any':{'$dynamicAnchor':'T'}}}}}",
    { "['a']", "[1]" }, { NULL } },
  { D20,
    "{'$id':'https://x.example/list','$ref':'generic','$defs':{'t':{'$dynamicAnchor':'T','type':'string'},"
         "'generic':{'$id':'generic','items':{'$dynamicRef':'#/$defs/any'},'$defs':{'any':{'$dynamicAnchor':'T','type':'integer'}}}}}",
    { "[1]" }, { "['a']" } },
  { D19, "{'$defs':{'a':{'$dynamicAnchor':'T'}},'$dynamicRef':'#nowhere'}", { "1" }, { NULL } },
  { D20, "{'$recursiveRef':'#/nowhere'}", { "1" }, { NULL } },
};

static const Rule unevaluated[] = {
  { SINCE_19, "{'unevaluatedProperties':false}", { "{}", "[1]", "1" }, { "{'a':1}" } },
  { SINCE_19, "{'unevaluatedProperties':{'type':'integer'}}", { "{'a':1}" }, { "{'a':'x'}" } },
  { UP_TO_7, "{'unevaluatedProperties':false,'unevaluatedItems':false}", { "{'a':1}", "[1]" },
    { NULL } },
  { SINCE_19, "{'properties':{'a':{}},'patternProperties':{'^x':{}},'unevaluatedProperties':false}",
    { "{'a':1,'x':2}" }, { "{'b':1}" } },
  { SINCE_19, "{'additionalProperties':true,'unevaluatedProperties':false}", { "{'a':1}" },
    { NULL } },
  { SINCE_19, "{'allOf':[{'properties':{'a':{}}}],'unevaluatedProperties':false}", { "{'a':1}" },
    { "{'b':1}" } },
  { SINCE_19,
    "{'anyOf':[{'properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'b':{}},'required':['b']}],'unevaluatedProperties':false}",
    { "{'a':1}", "{'b':1}", "{'a':1,'b':2}" }, { "{'a':1,'c':1}", "{'a':'x','b':1}" } },
  { SINCE_19,
    "{'oneOf':[{'properties':{'a':{}},'required':['a']},{'properties':{'b':{}},'required':['b']}],'unevaluatedProperties':false}",
    { "{'a':1}", "{'b':1}" }, { "{'a':1,'b':2}", "{'a':1,'c':1}" } },
  { SINCE_19,
    "{'not':{'not':{'properties':{'a':{}},'required':['a']}},'unevaluatedProperties':false}",
    { NULL }, { "{'a':1}" } },
  { SINCE_19,
    "{'if':{'properties':{'a':{'const':1}},'required':['a']},'then':{'properties':{'b':{}}},'else':{'properties':{'c':{}}},'unevaluatedProperties':false}",
    { "{'a':1,'b':2}", "{'c':1}" }, { "{'a':1,'c':1}", "{'b':1}", "{'a':2,'c':1}" } },
  { SINCE_19, "{'if':{'properties':{'a':{}}},'unevaluatedProperties':false}", { "{'a':1}" },
    { "{'b':1}" } },
  { SINCE_19,
    "{'dependentSchemas':{'a':{'properties':{'a':{},'b':{}}}},'unevaluatedProperties':false}",
    { "{'a':1,'b':1}" }, { "{'b':1}", "{'a':1,'c':1}" } },
  { SINCE_19,
    "{'$ref':'#/$defs/x','$defs':{'x':{'properties':{'a':{}}}},'unevaluatedProperties':false}",
    { "{'a':1}" }, { "{'b':1}" } },
  /* Cousins do not see each other. */
  { SINCE_19, "{'allOf':[{'properties':{'a':{}}},{'unevaluatedProperties':false}]}", { "{}" },
    { "{'a':1}" } },
  { SINCE_19, "{'allOf':[{'unevaluatedProperties':true}],'unevaluatedProperties':false}",
    { "{'a':1}" }, { NULL } },
  { SINCE_19,
    "{'properties':{'x':{'properties':{'a':{}},'unevaluatedProperties':false}},'unevaluatedProperties':false}", { "{'x':{'a':1}}" }, { "{'x':{'b':1}}", "{'a':1}" } },
  { SINCE_19, "{'propertyNames':{'maxLength':3},'unevaluatedProperties':false}", { "{}" },
    { "{'a':1}" } },

  { SINCE_19, "{'unevaluatedItems':false}", { "[]", "{'a':1}" }, { "[1]" } },
  { SINCE_19, "{'unevaluatedItems':{'type':'integer'}}", { "[1]" }, { "['x']" } },
  { SINCE_19, "{'items':{'type':'integer'},'unevaluatedItems':false}", { "[1,2]" }, { "['x']" } },
  { D19, "{'items':[{}],'unevaluatedItems':false}", { "[1]" }, { "[1,2]" } },
  { D19, "{'items':[{}],'additionalItems':{},'unevaluatedItems':false}", { "[1,2]" }, { NULL } },
  { D19, "{'allOf':[{'items':[{},{}]}],'items':[{}],'unevaluatedItems':false}", { "[1,2]" },
    { "[1,2,3]" } },
  { D20, "{'prefixItems':[{}],'unevaluatedItems':false}", { "[1]" }, { "[1,2]" } },
  { D20,
    "{'anyOf':[{'prefixItems':[{'const':1}]},{'prefixItems':[{},{'const':2}]}],'unevaluatedItems':false}", { "[1]", "[1,2]", "[5,2]" }, { "[1,3]", "[1,2,3]" } },
  { D20, "{'contains':{'type':'integer'},'unevaluatedItems':{'type':'string'}}", { "[1,'a']" },
    { "[1,null]", "['a']" } },
  { D19, "{'contains':{'type':'integer'},'unevaluatedItems':{'type':'string'}}", { NULL },
    { "[1,'a']", "['a']" } },
  { D20,
    "{'allOf':[{'contains':{'multipleOf':2}},{'contains':{'multipleOf':3}}],'unevaluatedItems':{'multipleOf':5}}", { "[2,3,4,5,6]" }, { "[2,3,4,7,8]" } },
  { D20,
    "{'if':{'contains':{'const':'a'}},'then':{'if':{'contains':{'const':'b'}}},'unevaluatedItems':false}", { "[]", "['a','a']", "['a','b']" }, { "['b']", "['a','c']" } },
  { SINCE_19, "{'not':{'items':{'const':9}},'unevaluatedItems':false}", { NULL }, { "[1]" } },
};

static const Rule formats[] = {
  { ALL, "{'format':'date-time'}",
    { "'2020-02-29T23:59:59.1+01:00'", "'1990-12-31T23:59:60Z'", "1" },
    { "'2021-02-29T00:00:00Z'", "'2020-01-01'", "'1990-12-31T22:59:60Z'" } },
  { SINCE_7, "{'format':'date'}", { "'0000-02-29'", "'2000-02-29'" },
    { "'1900-02-29'", "'2000-13-01'", "'2000-1-01'" } },
  { SINCE_7, "{'format':'time'}", { "'12:00:00Z'", "'23:29:60+23:30'" },
    { "'12:00:00'", "'24:00:00Z'", "'12:00:00+24:00'" } },
  { ALL, "{'format':'email'}",
    { "'a.b@example.org'", "'\\'a b\\'@example.org'", "'a@[127.0.0.1]'", "'a@[IPv6:::1]'" },
    { "'a'", "'.a@b'", "'a..b@c'", "'a@[1]'", "'a@'" } },
  { ALL, "{'format':'hostname'}", { "'a-b.example'", "'xn--bcher-kva.example'" },
    { "'-a'", "'a_b'", "''", "'a.'", "'xn--X'" } },
  { ALL, "{'format':'ipv4'}", { "'1.2.3.4'" }, { "'1.2.3'", "'01.2.3.4'", "'256.1.1.1'" } },
  { ALL, "{'format':'ipv6'}", { "'::1'", "'1::8'" }, { "'::1%eth0'", "'1:2'", "'12345::'" } },
  { ALL, "{'format':'uri'}", { "'http://u@[::1]:80/a?b#c'", "'urn:a:b'" },
    { "'/a'", "'http://a b'", "'http://a/%zz'", "'http://[::1'" } },
  { SINCE_6, "{'format':'uri-reference'}", { "'/a'", "''", "'#x'" }, { "'\\\\a'", "'1:b'" } },
  { SINCE_6, "{'format':'uri-template'}", { "'/{a}/{+b,c*}{?d:3}'" }, { "'/{a'", "'{}'", "'a}'" } },
  { SINCE_6, "{'format':'json-pointer'}", { "''", "'/a~1b'" }, { "'a'", "'/~2'" } },
  { SINCE_7, "{'format':'relative-json-pointer'}", { "'0#'", "'10/a'" },
    { "'01'", "'-1'", "'/a'" } },
  { SINCE_7, "{'format':'regex'}", { "'a(b|c)*'" }, { "'('", "'(?i)a'", "'\\\\Z'" } },
  { SINCE_7, "{'format':'idn-email'}", { "'\316\264@\316\264.gr'" }, { "'\316\264'" } },
  { SINCE_7, "{'format':'idn-hostname'}", { "'\316\264.gr'", "'\330\250\331\212'" },
    { "'\314\200a'", "'a\330\250'" } },
  { SINCE_7, "{'format':'iri'}", { "'http://\316\264.gr/\316\264'" }, { "'/\316\264'" } },
  { SINCE_7, "{'format':'iri-reference'}", { "'/\316\264'" }, { "'\\\\'" } },
  { SINCE_19, "{'format':'duration'}", { "'P1Y2M'", "'PT1H'", "'P3W'" },
    { "'P'", "'P1S'", "'P1Y2D'", "'PT'" } },
  { SINCE_19, "{'format':'uuid'}", { "'2eb8aa08-aa98-11ea-b4aa-73b441d16380'" },
    { "'2eb8aa08aa9811eab4aa73b441d16380'" } },
  /* Unknown to the draft, and so a remark */
  { ALL, "{'format':'nonsense'}", { "'x'" }, { NULL } },
  { D4 | D6, "{'format':'date'}", { "'x'" }, { NULL } },
  { UP_TO_7, "{'format':'uuid'}", { "'x'" }, { NULL } },
};

#define GROUP(name) { #name, name, G_N_ELEMENTS (name) }

static const Group groups[] = {
  GROUP (types), GROUP (values), GROUP (numbers), GROUP (strings), GROUP (arrays), GROUP (objects),
  GROUP (logic), GROUP (references), GROUP (recursive), GROUP (unevaluated), GROUP (formats),
};

static char *
requote (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}

static void
check (MbSchema   *schema,
       const char *rule,
       int         draft,
       const char *value,
       gboolean    expected)
{
  g_autofree char *text = requote (value);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(JsonNode) report = NULL;
  gboolean valid = mb_schema_validate_text (schema, text, &error);

  if (valid != expected ||
      (!valid && !g_error_matches (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION)))
    {
      g_test_message ("%s, draft %d: %s should be %s: %s", rule, draft, value, expected ? "valid"
    : "invalid",
                      error != NULL ? error->message : "no error");
      g_test_fail ();
      return;
    }

  node = mb_json_from_text (text, NULL);
  report = mb_schema_report (schema, node, NULL);
  g_assert_nonnull (report);
  if (!expected)
    g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (report),
                                                                           "errors")), >, 0);
}

static void
test_group (gconstpointer data)
{
  const Group *group = data;

  g_test_summary ("The keywords of this group mean in each draft what its specification says");

  for (guint i = 0; i < group->n_rules; i++)
    for (int draft = MB_SCHEMA_DRAFT_V4; draft <= MB_SCHEMA_DRAFT_V2020_12; draft++)
      {
        const Rule *rule = &group->rules[i];
        g_autofree char *text = requote (rule->schema);
        g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
        g_autoptr(MbSchema) schema = NULL;
        g_autoptr(GError) error = NULL;

        if ((rule->drafts & (1 << (draft - MB_SCHEMA_DRAFT_V4))) == 0)
          continue;
        mb_schema_loader_set_default_draft (loader, draft);
        mb_schema_loader_set_assert_formats (loader, group->rules == formats);
        schema = mb_schema_loader_load_text (loader, text, &error);
        g_assert_no_error (error);
        g_assert_cmpint (mb_schema_get_draft (schema), ==, draft);
        for (guint j = 0; rule->valid[j] != NULL; j++)
          check (schema, rule->schema, draft, rule->valid[j], TRUE);
        for (guint j = 0; rule->invalid[j] != NULL; j++)
          check (schema, rule->schema, draft, rule->invalid[j], FALSE);
      }
}

/* Malformed schemas, and where they are so. */
static const struct
{
  guint       drafts;
  const char *schema;
  const char *place;
} malformed[] = {
  { ALL, "{'type':'text'}", "“/type”" },
  { ALL, "{'type':1}", "“/type”" },
  { ALL, "{'properties':{'a/b':{'minLength':-1}}}", "“/properties/a~1b/minLength”" },
  { ALL, "{'properties':[]}", "“/properties”" },
  { ALL, "{'required':'a'}", "“/required”" },
  { ALL, "{'required':[1]}", "“/required/0”" },
  { D4, "{'required':[]}", "“/required”" },
  { D4, "{'exclusiveMinimum':true}", "exclusiveMinimum" },
  { D4, "{'minimum':1,'exclusiveMinimum':1}", "“/exclusiveMinimum”" },
  { SINCE_6, "{'exclusiveMinimum':true}", "“/exclusiveMinimum”" },
  { ALL, "{'multipleOf':0}", "“/multipleOf”" },
  { ALL, "{'multipleOf':-1}", "“/multipleOf”" },
  { ALL, "{'allOf':[]}", "“/allOf”" },
  { ALL, "{'anyOf':{}}", "“/anyOf”" },
  { ALL, "{'not':1}", "“/not”" },
  { ALL, "{'items':1}", "“/items”" },
  { D20, "{'items':[{}]}", "“/items”" },
  { ALL, "{'minItems':1.5}", "“/minItems”" },
  { ALL, "{'uniqueItems':1}", "“/uniqueItems”" },
  { ALL, "{'pattern':1}", "“/pattern”" },
  { ALL, "{'enum':1}", "“/enum”" },
  { ALL, "{'format':1}", "“/format”" },
  { ALL, "{'$schema':1}", "“/$schema”" },
  { SINCE_7, "{'if':1}", "“/if”" },
  { SINCE_19, "{'$defs':{'a':{'dependentRequired':{'x':[1]}}}}",
    "“/$defs/a/dependentRequired/x/0”" },
  { SINCE_19, "{'$anchor':'a b'}", "“/$anchor”" },
  { SINCE_19, "{'minContains':-1}", "“/minContains”" },
  { SINCE_19, "{'unevaluatedItems':1}", "“/unevaluatedItems”" },
  { SINCE_19, "{'$id':'a#b'}", "“/$id”" },
  { D4, "true", "The value is true" },
  { ALL, "1", "The value is 1" },
};

static void
test_malformed (void)
{
  g_test_summary ("A schema that is not one of its draft is refused, and the place is named");

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    for (int draft = MB_SCHEMA_DRAFT_V4; draft <= MB_SCHEMA_DRAFT_V2020_12; draft++)
      {
        g_autofree char *text = requote (malformed[i].schema);
        g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
        g_autoptr(MbSchema) schema = NULL;
        g_autoptr(GError) error = NULL;

        if ((malformed[i].drafts & (1 << (draft - MB_SCHEMA_DRAFT_V4))) == 0)
          continue;
        mb_schema_loader_set_default_draft (loader, draft);
        schema = mb_schema_loader_load_text (loader, text, &error);
        if (schema != NULL || !g_error_matches (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID) ||
            strstr (error->message, malformed[i].place) == NULL)
          {
            g_test_message ("%s, draft %d: %s", malformed[i].schema, draft,
                            error != NULL ? error->message : "no error");
            g_test_fail ();
          }
      }
}

static void
test_metaschemas (void)
{
  static const char *const uris[] = {
    "http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/meta/core",
    "https://json-schema.org/draft/2020-12/meta/applicator",
    "https://json-schema.org/draft/2020-12/meta/format-assertion",
  };
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();

  g_test_summary ("Each metaschema is built in, and satisfies itself");

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr(MbSchema) schema = NULL;
      g_autoptr(GError) error = NULL;

      schema = mb_schema_loader_load_uri (loader, uris[i], &error);
      g_assert_no_error (error);
      mb_schema_validate (schema, mb_schema_get_node (schema), &error);
      g_assert_no_error (error);
      g_assert_false (mb_schema_validate_text (schema, "1", NULL));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      g_autofree char *path = g_strconcat ("/schema-drafts/", groups[i].name, NULL);

      g_test_add_data_func (path, &groups[i], test_group);
    }
  g_test_add_func ("/schema-drafts/malformed", test_malformed);
  g_test_add_func ("/schema-drafts/metaschemas", test_metaschemas);

  return g_test_run ();
}
