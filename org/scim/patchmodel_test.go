package scim_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org/scim"
)

// model is a user as the slow reference has one: nothing of it is JSON.
type model struct {
	title, given, department string
	active                   bool
	mails                    []mail
}

type mail struct {
	kind, value string
	primary     bool
}

func (m *model) json() string {
	all := []string{`"userName":"u"`, fmt.Sprintf(`"active":%t`, m.active)}
	text := func(format, v string) {
		if v != "" {
			all = append(all, fmt.Sprintf(format, v))
		}
	}
	text(`"title":%q`, m.title)
	text(`"name":{"givenName":%q}`, m.given)
	text(`"`+enterprise+`":{"department":%q}`, m.department)
	var mails []string
	for _, e := range m.mails {
		o := fmt.Sprintf(`{"value":%q`, e.value)
		if e.kind != "" {
			o += fmt.Sprintf(`,"type":%q`, e.kind)
		}
		if e.primary {
			o += `,"primary":true`
		}
		mails = append(mails, o+"}")
	}
	if len(mails) > 0 {
		all = append(all, `"emails":[`+strings.Join(mails, ",")+"]")
	}
	return "{" + strings.Join(all, ",") + "}"
}

// step makes a random operation, and does the same to the model.
func (m *model) step(r *rand.Rand) string {
	value, kind := pick(r, "a", "b", "c"), pick(r, "work", "home")
	set := pick(r, "add", "Replace", "REPLACE", "Add")
	text := func(at *string, path string) string {
		if r.IntN(3) == 0 {
			*at = ""
			return fmt.Sprintf(`{"op":"remove","path":%q}`, path)
		}
		*at = value
		if r.IntN(2) == 0 {
			return fmt.Sprintf(`{"op":%q,"value":{%q:%q}}`, set, path, value)
		}
		return fmt.Sprintf(`{"op":%q,"path":%q,"value":%q}`, set, path, value)
	}
	switch r.IntN(8) {
	case 0:
		return text(&m.title, pick(r, "title", "Title"))
	case 1:
		return text(&m.given, "name.givenName")
	case 2:
		return text(&m.department, enterprise+":department")
	case 3:
		m.active = r.IntN(2) == 0
		return fmt.Sprintf(`{"op":%q,"path":"active","value":%s}`, set, pick(r, fmt.Sprintf("%t", m.active), fmt.Sprintf(`"%t"`, m.active)))
	case 4: // of a kind
		found := false
		for i := range m.mails {
			if m.mails[i].kind == kind {
				m.mails[i].value, found = value, true
			}
		}
		if !found {
			m.mails = append(m.mails, mail{kind: kind, value: value})
		}
		return fmt.Sprintf(`{"op":%q,"path":"emails[type eq \"%s\"].value","value":%q}`, set, kind, value)
	case 5: // added, as the primary one
		e := mail{kind, value, true}
		if !slices.Contains(m.mails, e) {
			for i := range m.mails {
				m.mails[i].primary = false
			}
			m.mails = append(m.mails, e)
		}
		return fmt.Sprintf(`{"op":"add","path":"emails","value":[{"type":%q,"value":%q,"primary":true}]}`, kind, value)
	case 6: // removed by value
		m.mails = slices.DeleteFunc(m.mails, func(e mail) bool { return e.value == value })
		return pick(r, fmt.Sprintf(`{"op":"Remove","path":"emails","value":[{"value":%q}]}`, value), fmt.Sprintf(`{"op":"remove","path":"emails[value eq \"%s\"]"}`, value))
	default: // replaced
		m.mails = []mail{{kind: kind, value: value}}
		return fmt.Sprintf(`{"op":%q,"path":"emails","value":[{"type":%q,"value":%q}]}`, "replace", kind, value)
	}
}

// TestRandomPatches holds PATCH to the slow reference.
func TestRandomPatches(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 643))
	for range cases() {
		m := &model{active: true}
		stored := user(t, m.json())
		for range 4 {
			before := m.json()
			var operations []string
			for range 1 + r.IntN(4) {
				operations = append(operations, m.step(r))
			}
			d, err := patched(t, stored, strings.Join(operations, ","))
			if err != nil {
				t.Fatalf("%s of %s: %v", operations, before, err)
			}
			u, err := scim.ReadUser(d, false)
			if err != nil {
				t.Fatal(err)
			}
			u.Document = strip(u.Document)
			if got, want := u.Document.JSON(), document(t, m.json()).JSON(); got != want {
				t.Fatalf("%s\nof %s\ngives %s\nwant  %s", strings.Join(operations, "\n"), before, got, want)
			}
			stored.Document = u.Document
		}
	}
}

// strip takes away what the model does not have: the schemas, and marks that say no.
func strip(d scim.Document) scim.Document {
	delete(d, "schemas")
	mails, _ := d["emails"].([]any)
	for _, e := range mails {
		if o, ok := e.(map[string]any); ok && o["primary"] == false {
			delete(o, "primary")
		}
	}
	return d
}

func FuzzPatch(f *testing.F) {
	f.Add(`{"op":"Add","path":"emails[type eq \"work\"].value","value":"x"}`)
	f.Add(`{"op":"replace","value":{"name.givenName":"x","` + enterprise + `:manager":"y","active":"False"}}`)
	f.Add(`{"op":"remove","path":"members","value":[{"value":"x"}]}`)
	f.Fuzz(func(t *testing.T, operation string) {
		d, err := scim.ParseDocument([]byte(`{"Operations":[` + operation + `]}`))
		if err != nil {
			return
		}
		for _, r := range []*scim.Resource{user(t, barbara), group(idA)} {
			p, err := scim.ParsePatch(d, r.Type)
			if err != nil {
				continue
			}
			p.Members()
			before := r.Whole().JSON()
			after, err := p.Apply(r)
			if r.Whole().JSON() != before {
				t.Errorf("%s changed what is stored", operation)
			}
			if err == nil {
				_, _ = scim.ReadUser(after, true)
				_, _ = scim.ReadGroup(after)
			}
		}
	})
}
