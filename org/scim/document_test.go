package scim_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/org/scim"
)

func TestParseDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `[]`, `"x"`, `null`, `{"a":1}{}`, `{"a":1,"A":2}`, `{"a":{"b":1,"B":1}}`, "{\"a\":\"\xff\"}", `{"a":01}`, `{a:1}`, `{"a":1,}`,
		strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40), `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	} {
		_, err := scim.ParseDocument([]byte(text))
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != scim.InvalidSyntax {
			t.Errorf("%.60s: %v, want invalidSyntax", text, err)
		}
	}
	const text = `{"a":1.50,"b":[true,null,{"C":"<&>é"}],"d":12345678901234567890}`
	if got := document(t, text).JSON(); got != text {
		t.Errorf("%s came back as %s", text, got)
	}
	d, err := scim.DocumentOf(text)
	if err != nil || d.JSON() != text {
		t.Errorf("%s was stored as %s: %v", text, d.JSON(), err)
	}
}

func TestReadUser(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, email, name string }{
		{barbara, "Babs@example.com", "Babs Jensen"},
		{`{"userName":"a","emails":[{"value":"1@x"},{"value":"2@x","type":"Work"},{"value":"3@x","primary":"True"}]}`, "3@x", ""},
		{`{"userName":"a","emails":[{"value":"1@x"},{"value":"2@x","type":"Work"},{"value":"3@x","primary":false}]}`, "2@x", ""},
		{`{"userName":"a","emails":[{"type":"work"},{"value":"1@x"},{"value":"2@x"}]}`, "1@x", ""},
		{`{"userName":"a","emails":["1@x"]}`, "1@x", ""},
		{`{"userName":"a","emails":{"value":"1@x"}}`, "1@x", ""},
		{`{"userName":"a@x.example","name":{"givenName":"A","familyName":"B"}}`, "a@x.example", "A B"},
		{`{"userName":"A <a@x.example>","name":{"formatted":"Dr A","givenName":"A"}}`, "", "Dr A"},
		{`{"userName":"a","emails":null,"name":null,"active":null,"externalId":null}`, "", ""},
	} {
		u, err := scim.ReadUser(document(t, tt.text), true)
		if err != nil || u.Email != tt.email || u.Name != tt.name || !u.Active {
			t.Errorf("%.60s: %q, %q, %t, %v; want %q, %q", tt.text, u.Email, u.Name, u.Active, err, tt.email, tt.name)
		}
	}
	for _, active := range []string{`false`, `"False"`, `"FALSE"`, `null`} {
		for _, stored := range []bool{true, false} {
			u, err := scim.ReadUser(document(t, `{"userName":"a","active":`+active+`}`), stored)
			if want := active == "null" && stored; err != nil || u.Active != want || u.Document["active"] != want {
				t.Errorf("active %s: %t, %v", active, u.Active, err)
			}
		}
	}
	if u, _ := scim.ReadUser(document(t, `{"userName":"a"}`), false); u.Active { // left out of a PUT
		t.Error("a document that says nothing lets somebody back in")
	}
	u, _ := scim.ReadUser(document(t, `{"userName":"a","PassWord":"secret","ID":"x","groups":[1],"meta":{},"mispelt":[1],"Active":true}`), true)
	if got := u.Document.JSON(); got != `{"Active":true,"mispelt":[1],"userName":"a"}` {
		t.Errorf("kept: %s", got)
	}
	const wrong = `{"schemas":["urn:x"],"userName":"","externalId":7,"displayName":[],"active":"no","name":"x","emails":[{"value":1}]}`
	_, err := scim.ReadUser(document(t, wrong), true)
	for _, of := range []string{"schemas", "userName", "externalId", "displayName", "active", "name must", "emails"} {
		if err == nil || !strings.Contains(err.Error(), of) {
			t.Errorf("%v does not name %s", err, of)
		}
	}
	for _, text := range []string{`{}`, `{"userName":"` + strings.Repeat("é", 256) + `"}`, `{"userName":"a","x":"` + strings.Repeat("x", 32<<10) + `"}`} {
		if _, err := scim.ReadUser(document(t, text), true); err == nil {
			t.Errorf("%.40s was taken", text)
		}
	}
	if _, err := scim.ReadUser(document(t, `{"userName":"`+strings.Repeat("é", 255)+`"}`), true); err != nil {
		t.Error(err)
	}
}

func TestReadGroup(t *testing.T) {
	t.Parallel()
	g, err := scim.ReadGroup(document(t, `{"displayName":"G","x":1,"members":[{"value":"`+idA.String()+`","display":"a"},"`+idB.String()+`",{"value":"`+idA.String()+`"}]}`))
	if err != nil || len(g.Members) != 2 || g.Members[0] != idA || g.Members[1] != idB || g.Document.JSON() != `{"displayName":"G","x":1}` {
		t.Errorf("%+v %v", g, err)
	}
	for _, text := range []string{`{}`, `{"displayName":" "}`, `{"displayName":"G","members":["x"]}`, `{"displayName":"G","members":[{}]}`, `{"displayName":"G","members":["{` + idA.String() + `}"]}`} {
		if _, err := scim.ReadGroup(document(t, text)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	r := user(t, barbara)
	project := func(query string) string {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		p, err := scim.ParseProjection(q["attributes"], q["excludedAttributes"])
		if err != nil {
			return err.Error()
		}
		d := r.Wire("https://x/scim/v2", p)
		delete(d, "schemas")
		return d.JSON()
	}
	id := `"id":"` + idA.String() + `"`
	for query, want := range map[string]string{
		"attributes=userName":                            `{` + id + `,"userName":"Bjensen"}`,
		"attributes=USERNAME,name.givenName,misspelt":    `{` + id + `,"name":{"givenName":"Barbara"},"userName":"Bjensen"}`,
		"attributes=title&attributes=emails.type":        `{"emails":[{"type":"work"},{"type":"home"}],` + id + `,"title":"Tour Guide"}`,
		"attributes=emails.type,emails.value":            `{"emails":[{"type":"work","value":"Babs@example.com"},{"type":"home","value":"b@home.example"}],` + id + `}`,
		"attributes=" + enterprise + ":department":       `{` + id + `,"` + enterprise + `":{"department":"Tours"}}`,
		"attributes=groups":                              `{"groups":[{"$ref":"https://x/scim/v2/Groups/` + idB.String() + `","display":"Tour guides","type":"direct","value":"` + idB.String() + `"}],` + id + `}`,
		"attributes=a b":                                 `"a b" is no attribute.`,
		"attributes=title&excludedAttributes=title":      `Send attributes or excludedAttributes, not both.`,
		"attributes=meta.location":                       `{` + id + `,"meta":{"location":"https://x/scim/v2/Users/` + idA.String() + `"}}`,
		"attributes=meta.version,meta.created":           `{` + id + `,"meta":{"created":"2026-03-01T12:00:00.000000Z","version":"W/\"7\""}}`,
		"attributes=" + enterprise + "&attributes=title": `{` + id + `,"title":"Tour Guide","` + enterprise + `":{"department":"Tours","employeeNumber":"701","manager":{"value":"26118915"}}}`,
	} {
		if got := project(query); got != want {
			t.Errorf("%s: %s\nwant %s", query, got, want)
		}
	}
	whole := project("")
	for _, cut := range []string{"emails", "name.givenName", enterprise, enterprise + ":department", "emails.value"} {
		got := project("excludedAttributes=" + cut)
		name := cut[max(strings.LastIndexAny(cut, ".:")+1, 0):]
		if cut == enterprise {
			name = cut
		}
		if !strings.Contains(whole, `"`+name+`":`) || strings.Contains(got, `"`+name+`":`) && name != "value" || len(got) >= len(whole) {
			t.Errorf("without %s: %s", cut, got)
		}
	}
	if got := project("excludedAttributes=id,schemas"); got != whole {
		t.Errorf("without what is always there: %s", got)
	}
	if after := project(""); after != whole {
		t.Error("a projection changed the resource")
	}
	schemas, _ := r.Wire("https://x", scim.Projection{})["schemas"].([]any)
	if !slices.Equal(schemas, []any{"urn:ietf:params:scim:schemas:core:2.0:User", enterprise}) {
		t.Errorf("schemas: %v", schemas)
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		attributes, excluded string
		want                 bool
	}{
		{"", "", true}, {"", "members", false}, {"", "MEMBERS", false}, {"", "members.display", true}, {"displayName", "", false}, {"displayName,members.value", "", true},
		{"", "urn:ietf:params:scim:schemas:core:2.0:Group:members", false}, {"urn:ietf:params:scim:schemas:core:2.0:Group", "", true},
	} {
		p, err := scim.ParseProjection([]string{tt.attributes}, []string{tt.excluded})
		if err != nil || p.Wants("members") != tt.want {
			t.Errorf("%+v: %t, %v", tt, p.Wants("members"), err)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query, body  string
		start, count int
	}{
		{"", `{}`, 1, 100}, {"startIndex=0&count=0", `{"startIndex":0,"count":0}`, 1, 0}, {"startIndex=-3&count=-1", `{"startIndex":-3,"COUNT":-1}`, 1, 0},
		{"startIndex=11&count=9999", `{"startIndex":"11","count":9999}`, 11, 500},
	} {
		values, _ := url.ParseQuery(tt.query)
		q, err := scim.ParseQuery(values, scim.Users)
		if err != nil || q.Start != tt.start || q.Count != tt.count {
			t.Errorf("%s: %d, %d, %v", tt.query, q.Start, q.Count, err)
		}
		q, err = scim.ParseSearch(document(t, tt.body), scim.Users)
		if err != nil || q.Start != tt.start || q.Count != tt.count {
			t.Errorf("%s: %d, %d, %v", tt.body, q.Start, q.Count, err)
		}
	}
	q, err := scim.ParseSearch(document(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"a\"","attributes":["userName"]}`), scim.Users)
	if err != nil || len(q.Filter.Keys()) != 1 || q.Projection.Wants("groups") {
		t.Errorf("%+v %v", q, err)
	}
	for query, code := range map[string]string{"count=x": scim.InvalidValue, "startIndex=1.5": scim.InvalidValue, "startIndex=99999999999999": scim.InvalidValue, "filter=x": scim.InvalidFilter, "attributes=!": scim.InvalidValue} {
		values, _ := url.ParseQuery(query)
		_, err := scim.ParseQuery(values, scim.Users)
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != code {
			t.Errorf("%s: %v, want %s", query, err, code)
		}
	}
	for _, body := range []string{`{"filter":1}`, `{"schemas":["x"]}`, `{"attributes":[1]}`, `{"count":true}`} {
		if _, err := scim.ParseSearch(document(t, body), scim.Users); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

// TestDescriptions: what describes the server is read, and names what the code knows.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	const base = "https://x/scim/v2"
	schemas, types, config := scim.Schemas(base), scim.ResourceTypes(base), scim.Config(base)
	for _, id := range []string{scim.SchemaUser, scim.SchemaGroup, strings.ToUpper(enterprise)} {
		d := scim.Describing(schemas, id)
		if attributes, _ := d["attributes"].([]any); len(attributes) == 0 {
			t.Errorf("no schema %s", id)
		}
		meta, _ := d["meta"].(map[string]any)
		if meta["location"] != base+"/Schemas/"+d.Text("id") {
			t.Errorf("%s: %v", id, meta)
		}
	}
	for _, kind := range []scim.Type{scim.Users, scim.Groups} {
		d := scim.Describing(types, kind.String())
		if d.Text("endpoint") != kind.Path() || d.Text("schema") != kind.Schema() {
			t.Errorf("%s: %v", kind, d)
		}
	}
	if len(schemas) != 3 || len(types) != 2 || config["patch"] == nil || scim.Describing(types, "Thing") != nil {
		t.Errorf("%d schemas, %d types, %v", len(schemas), len(types), config)
	}
}
