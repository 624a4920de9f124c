package openapi

import (
	"encoding/json"
	"strings"
	"testing"
)

// whole is a document with one operation, whose answer has the given schema.
func whole(schema, components string) []byte {
	return []byte(`{"openapi": "3.1.0", "info": {"title": "t", "summary": "s", "version": "2", "description": "d", "license": {"name": "MIT"}},
		"servers": [{"url": "/api/v2"}, {"url": "/"}], "security": [{"cookie": []}, {"bearer": []}], "tags": [],
		"paths": {
			"/page": {"servers": [{"url": "/"}], "get": {"operationId": "page", "tags": ["t"], "summary": "s", "responses": {}}},
			"/a": {"get": {"operationId": "a", "tags": ["t"], "summary": "s", "description": "What it does.", "x-who-may": "Owners.", "responses": {
				"200": {"description": "d", "content": {"application/json": {"schema": ` + schema + `}, "text/html": {"schema": {"type": "string"}}}},
				"201": {"description": "d", "content": {"text/html": {"schema": {"type": "string"}}}},
				"204": {"x-style": "sdk", "description": "d"},
				"303": {"description": "d"}}}}},
		"components": {
			"x-examples": {"name": "wendy", "count": 7},
			"securitySchemes": {"cookie": {"type": "apiKey"}, "bearer": {"type": "http"}},
			"responses": {"MethodNotAllowed": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/E"}}}}},
			"schemas": {"E": {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": false}` + components + `}}}`)
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	const empty = `, "Empty": {"enum": [null]}, "SentBack": {}, "B": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/E"}}}, "U": {"type": "string"}`
	tests := []struct{ name, style, schema, want, example string }{
		{"documented", Documented, `{"oneOf": [{"title": "documented", "type": "array", "items": {"type": "integer"}}, {"title": "sdk", "type": "integer"}]}`,
			`{"type":"array","items":{"type":"integer"}}`, `[1]`},
		{"sdk", SDK, `{"oneOf": [{"title": "documented", "type": "array", "items": {"type": "integer"}}, {"title": "sdk", "type": "integer"}]}`, `{"type":"integer"}`, `1`},
		{"a style among others", SDK, `{"oneOf": [{"title": "documented", "type": "boolean"}, {"title": "sdk", "type": "integer"}, {"type": "string", "example": "x"}]}`,
			`{"oneOf":[{"type":"integer"},{"type":"string","example":"x"}]}`, `1`},
		{"of old clients", SDK, `{"oneOf": [{"type": "integer"}, {"deprecated": true, "type": "boolean"}]}`, `{"type":"integer"}`, `1`},
		{"null", SDK, `{"type": ["integer", "null"]}`, `{"type":"integer","nullable":true}`, `1`},
		{"null beside a reference", SDK, `{"oneOf": [{"$ref": "#/components/schemas/E"}, {"type": "null"}]}`,
			`{"type":"object","nullable":true,"allOf":[{"$ref":"#/components/schemas/E"}]}`, `{"name":"wendy"}`},
		{"constant", SDK, `{"const": "a<b"}`, `{"type":"string","enum":["a<b"]}`, `"a<b"`},
		{"open answer", SDK, `{"type": "object", "additionalProperties": false, "properties": {"count": {"type": "integer"}}}`,
			`{"type":"object","properties":{"count":{"type":"integer"}}}`, `{"count":7}`},
		{"closed body", SDK, `{"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Empty"}, "properties": {"id": {"$ref": "#/components/schemas/SentBack"}}}`,
			`{"type":"object","additionalProperties":false}`, `{}`},
		{"closed body, chosen", SDK, `{"oneOf": [{"deprecated": true}, {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Empty"}}]}`,
			`{"type":"object","additionalProperties":false}`, `{}`},
		{"old field", SDK, `{"type": "object", "properties": {"name": {"deprecated": true, "type": "string"}, "count": {"type": "integer"}}}`,
			`{"type":"object","properties":{"name":{"type":"string","deprecated":true},"count":{"type":"integer"}}}`, `{"count":7}`},
		{"formats", SDK, `{"type": "array", "minItems": 2, "items": {"type": "string", "format": "uuid"}}`,
			`{"type":"array","minItems":2,"items":{"type":"string","format":"uuid"}}`, `["7c60d51f-b44e-4682-87d6-449835ea4de6","7c60d51f-b44e-4682-87d6-449835ea4de6"]`},
		{"components that are used", SDK, `{"$ref": "#/components/schemas/B"}`, `{"$ref":"#/components/schemas/B"}`, `{"b":{"name":"wendy"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := API(whole(tt.schema, empty), Options{Style: tt.style})
			if err != nil {
				t.Fatal(err)
			}
			ok, _ := d.Paths[0].Value.Get.Responses.Get("200")
			schema, err := encode(ok.Content[0].Value.Schema)
			if err != nil || string(schema) != tt.want || string(ok.Content[0].Value.Example) != tt.example {
				t.Errorf("got %s with the example %s, want %s with %s: %v", schema, ok.Content[0].Value.Example, tt.want, tt.example, err)
			}
			text, err := d.JSON()
			if err != nil || strings.Contains(string(text), `"U"`) || strings.Contains(string(text), "x-examples") || strings.Contains(string(text), "cookie") {
				t.Errorf("what nothing uses is left: %v %s", err, text)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for style, statuses := range map[string]string{Documented: "200 405", SDK: "200 204 405"} {
		d, err := API(whole(`{"type": "integer"}`, ""), Options{Style: style})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Paths) != 1 || d.OpenAPI != "3.0.3" || len(d.Servers) != 1 || len(d.Security) != 1 {
			t.Errorf("more than the API is left: %d paths, %v, %v", len(d.Paths), d.Servers, d.Security)
		}
		o := d.Paths[0].Value.Get
		var got []string
		for _, e := range o.Responses {
			got = append(got, e.Name)
		}
		if strings.Join(got, " ") != statuses {
			t.Errorf("%s: the answers are %v, want %s", style, got, statuses)
		}
		if o.Description != "What it does.\n\n**Who may:** Owners." {
			t.Errorf("the description is %q", o.Description)
		}
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	d, err := API(whole(`{"type": "array", "items": {"$ref": "#/components/schemas/GrantedType"}}`, `, "GrantedType": {"type": "string"}`),
		Options{Style: SDK, Types: []string{"door", "key"}, Wildcard: "*"})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := d.Components.Schemas.Get("GrantedType")
	if text, _ := encode(s.Enum); string(text) != `["*","door","key"]` {
		t.Errorf("the types are %s", text)
	}
}

// TestRefused: what is not understood must not get lost, and what has no example must be found when the document is written.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"a keyword":              `{"type": "string", "example": "a", "contains": {}}`,
		"a keyword, deep":        `{"type": "object", "properties": {"a": {"type": "integer", "not": {}}}}`,
		"a keyword, additional":  `{"type": "object", "additionalProperties": {"not": {}}}`,
		"a text without example": `{"type": "object", "properties": {"unknown": {"type": "string"}}}`,
		"a list for an object":   `[]`,
		"a property, twice":      `{"type": "object", "properties": {"name": {"type": "string"}, "name": {"type": "integer"}}}`,
	} {
		if _, err := API(whole(schema, ""), Options{Style: SDK}); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestMapKeepsOrder(t *testing.T) {
	t.Parallel()
	const text = `{"b":1,"a":{"z":[],"y":"<&>"},"c":null}`
	var m Map[json.RawMessage]
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if got, err := m.MarshalJSON(); err != nil || string(got) != text {
		t.Errorf("got %s, %v", got, err)
	}
	if _, ok := m.Get("d"); ok {
		t.Error("found what is not there")
	}
}
