package scim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/scim"
)

// patched applies operations to a resource.
func patched(t testing.TB, r *scim.Resource, operations string) (scim.Document, error) {
	t.Helper()
	p, err := scim.ParsePatch(document(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`), r.Type)
	if err != nil {
		return nil, err
	}
	before := r.Whole().JSON()
	d, err := p.Apply(r)
	if after := r.Whole().JSON(); after != before {
		t.Errorf("%s changed the stored resource: %s", operations, after)
	}
	return d, err
}

// small is a user that fits into a line.
const small = `{"userName":"ada","active":true,"title":"Dr","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"a@x"},{"type":"home","value":"h@x","primary":true}],"` + enterprise + `":{"department":"R"}}`

func TestPatchUser(t *testing.T) {
	t.Parallel()
	const mails = `"emails":[{"type":"work","value":"a@x"},{"primary":true,"type":"home","value":"h@x"}],`
	for _, tt := range []struct{ name, operations, want string }{ // want: what differs, as part of the document; "-x": it has no x
		{"Okta deactivates", `{"op":"replace","value":{"active":false}}`, `"active":false`},
		{"Entra deactivates", `{"op":"Replace","path":"active","value":"False"}`, `"active":false`},
		{"Entra activates", `{"op":"Add","path":"active","value":"tRUE"}`, `"active":true`},
		{"a text with its path", `{"op":"Replace","path":"title","value":"Prof"}`, `"title":"Prof"`},
		{"in any case", `{"OP":"REPLACE","PATH":"TITLE","VALUE":"Prof"}`, `"title":"Prof"`},
		{"as the only value of a list", `{"op":"Replace","path":"title","value":[{"$ref":null,"value":"Prof"}]}`, `"title":"Prof"`},
		{"part of the name", `{"op":"replace","path":"name.familyName","value":"L"}`, `"name":{"familyName":"L","givenName":"Ada"}`},
		{"the name keeps what is not sent", `{"op":"replace","path":"name","value":{"familyName":"L"}}`, `"name":{"familyName":"L","givenName":"Ada"}`},
		{"the last part goes", `{"op":"remove","path":"name.givenName"}`, `-"name"`},
		{"dotted without a path", `{"op":"Add","value":{"name.familyName":"L","displayName":"A L"}}`, `"name":{"familyName":"L","givenName":"Ada"}`},
		{"urn without a path", `{"op":"Add","value":{"` + enterprise + `:department":"S","` + enterprise + `:costCenter":"1"}}`, `"` + enterprise + `":{"costCenter":"1","department":"S"}`},
		{"an extension without a path", `{"op":"replace","value":{"` + enterprise + `":{"costCenter":"1"}}}`, `"` + enterprise + `":{"costCenter":"1","department":"R"}`},
		{"part of an extension", `{"op":"Replace","path":"` + enterprise + `:department","value":"S"}`, `"` + enterprise + `":{"department":"S"}`},
		{"the last of an extension", `{"op":"Remove","path":"` + enterprise + `:department"}`, `-"` + enterprise + `":`},
		{"a whole extension", `{"op":"Remove","path":"` + enterprise + `"}`, `-"` + enterprise + `":`},
		{"nothing of an extension", `{"op":"Remove","path":"urn:a:b:1.0:User:x"}`, `"` + enterprise + `":{"department":"R"}`},
		{"manager by id", `{"op":"Add","path":"` + enterprise + `:manager","value":"m1"}`, `"manager":{"value":"m1"}`},
		{"manager as object", `{"op":"Add","path":"` + enterprise + `:manager","value":{"value":"m1"}}`, `"manager":{"value":"m1"}`},
		{"an extension that nobody knows", `{"op":"add","path":"urn:okta:x:1.0:user:custom:flag","value":true}`, `"urn:okta:x:1.0:user:custom":{"flag":true}`},
		{"an address", `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x"}`, `"emails":[{"type":"work","value":"n@x"},`},
		{"an address that is not there", `{"op":"Add","path":"emails[type eq \"other\"].value","value":"o@x"}`, `{"type":"other","value":"o@x"}]`},
		{"a number where there are none", `{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}`, `"phoneNumbers":[{"type":"mobile","value":"1"}]`},
		{"primary as a text", `{"op":"Add","path":"roles[primary eq \"True\"].value","value":"r"}`, `"roles":[{"primary":true,"value":"r"}]`},
		{"two parts of a new address", `{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"X"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"Y"}`, `"addresses":[{"country":"Y","locality":"X","type":"work"}]`},
		{"an address goes", `{"op":"Remove","path":"emails[type eq \"work\"].value"}`, `"emails":[{"primary":true,"type":"home","value":"h@x"}]`},
		{"an address goes whole", `{"op":"Remove","path":"emails[value ew \"x\" and not (primary eq true)]"}`, `"emails":[{"primary":true,"type":"home","value":"h@x"}]`},
		{"addresses that are not there", `{"op":"Remove","path":"emails[type eq \"nope\"]"}`, mails},
		{"all addresses", `{"op":"Remove","path":"emails"}`, `-"emails"`},
		{"all addresses, by nothing", `{"op":"Replace","path":"emails","value":[]}`, `-"emails"`},
		{"an address by its value", `{"op":"Remove","path":"emails","value":[{"value":"a@x"}]}`, `"emails":[{"primary":true,"type":"home","value":"h@x"}]`},
		{"addresses anew", `{"op":"Replace","path":"emails","value":[{"value":"n@x"}]}`, `"emails":[{"value":"n@x"}]`},
		{"an address that is there", `{"op":"Add","path":"emails","value":[{"type":"work","value":"a@x"}]}`, mails},
		{"another primary", `{"op":"Add","path":"emails","value":{"value":"n@x","primary":true}}`, `{"primary":false,"type":"home","value":"h@x"},{"primary":true,"value":"n@x"}]`},
		{"a mark of primary", `{"op":"Replace","path":"emails[type eq \"work\"].primary","value":"True"}`, `"emails":[{"primary":true,"type":"work","value":"a@x"},{"primary":false,"type":"home"`},
		{"unset by null", `{"op":"Replace","path":"title","value":null}`, `-"title"`},
		{"what is not there", `{"op":"Remove","path":"nickName"}`, `"title":"Dr"`},
		{"its own id", `{"op":"replace","value":{"id":"` + idA.String() + `","title":"Prof"}}`, `"title":"Prof"`},
		{"one after the other", `{"op":"add","path":"nickName","value":"a"},{"op":"replace","path":"nickName","value":"b"},{"op":"remove","path":"title"}`, `"nickName":"b"`},
	} {
		d, err := patched(t, user(t, small), tt.operations)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		u, err := scim.ReadUser(d, true)
		lacks, absent := strings.CutPrefix(tt.want, "-")
		if got := u.Document.JSON(); err != nil || absent == strings.Contains(got, lacks) {
			t.Errorf("%s: %v\n%s\nwant %s", tt.name, err, got, tt.want)
		}
	}
}

func TestPatchRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ operations, code string }{
		{`{"op":"move","path":"title","value":"x"}`, scim.InvalidSyntax},
		{`{"path":"title","value":"x"}`, scim.InvalidSyntax},
		{`"x"`, scim.InvalidSyntax},
		{``, scim.InvalidSyntax},
		{`{"op":"remove"}`, scim.NoTarget},
		{`{"op":"replace","value":"x"}`, scim.InvalidValue},
		{`{"op":"add","value":null}`, scim.InvalidValue},
		{`{"op":"replace","path":7,"value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"nonsense","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","value":{"nonsense":"x"}}`, scim.InvalidPath},
		{`{"op":"replace","path":"name.nonsense","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"title.x","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"emails[type eq]","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"emails[type eq \"work\"","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"emails[type eq \"work\"]value","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"password","value":"x"}`, scim.InvalidPath},
		{`{"op":"replace","path":"id","value":"x"}`, scim.Mutability},
		{`{"op":"replace","value":{"id":"` + idB.String() + `"}}`, scim.Mutability},
		{`{"op":"remove","path":"groups"}`, scim.Mutability},
		{`{"op":"add","path":"groups","value":[{"value":"x"}]}`, scim.Mutability},
		{`{"op":"replace","path":"meta.version","value":"x"}`, scim.Mutability},
		{`{"op":"replace","path":"active","value":"no"}`, scim.InvalidValue},
		{`{"op":"replace","path":"active","value":0}`, scim.InvalidValue},
		{`{"op":"replace","path":"active","value":null}`, scim.InvalidValue},
		{`{"op":"remove","path":"active"}`, scim.InvalidValue},
		{`{"op":"add","path":"title"}`, scim.InvalidValue},
		{`{"op":"replace","path":"title","value":["a","b"]}`, scim.InvalidValue},
		{`{"op":"replace","path":"title","value":{"a":"b"}}`, scim.InvalidValue},
		{`{"op":"replace","path":"name","value":"x"}`, scim.InvalidValue},
		{`{"op":"replace","path":"emails[value sw \"q\"].type","value":"x"}`, scim.NoTarget},
		{`{"op":"replace","path":"emails[type eq \"work\"]","value":"x"}`, scim.InvalidValue},
		{`{"op":"replace","path":"title","value":"kept?"},{"op":"replace","path":"nonsense","value":"x"}`, scim.InvalidPath},
	} {
		_, err := patched(t, user(t, small), tt.operations)
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != tt.code {
			t.Errorf("%s: %v, want %s", tt.operations, err, tt.code)
		}
	}
	for _, operations := range []string{`{"op":"remove","path":"userName"}`, `{"op":"replace","path":"userName","value":""}`, `{"op":"replace","path":"userName","value":7}`} {
		d, err := patched(t, user(t, small), operations)
		if err == nil {
			_, err = scim.ReadUser(d, true)
		}
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != scim.InvalidValue {
			t.Errorf("%s: %v, want invalidValue", operations, err)
		}
	}
}

func TestPatchGroup(t *testing.T) {
	t.Parallel()
	value := func(ids ...uuid.UUID) string {
		var all []string
		for _, id := range ids {
			all = append(all, `{"value":"`+id.String()+`"}`)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	one := func(id uuid.UUID) string { return `members[value eq \"` + id.String() + `\"]` }
	for _, tt := range []struct {
		name, operations string
		want             []uuid.UUID // of a group of A and B
		quick            bool        // without reading the group
	}{
		{"Okta adds", `{"op":"add","path":"members","value":` + value(idC) + `}`, []uuid.UUID{idA, idB, idC}, true},
		{"again", `{"op":"add","path":"members","value":` + value(idA) + `}`, []uuid.UUID{idA, idB}, true},
		{"Okta removes", `{"op":"remove","path":"` + one(idA) + `"}`, []uuid.UUID{idB}, true},
		{"Okta replaces", `{"op":"replace","path":"members","value":` + value(idC) + `}`, []uuid.UUID{idC}, false},
		{"Entra removes by values", `{"op":"Remove","path":"members","value":` + value(idA) + `}`, []uuid.UUID{idB}, true},
		{"in the other case", `{"op":"Remove","path":"members","value":[{"value":"` + strings.ToUpper(idA.String()) + `"}]}`, []uuid.UUID{idB}, true},
		{"by a bare id", `{"op":"Remove","path":"members","value":["` + idA.String() + `"]}`, []uuid.UUID{idB}, true},
		{"by one object", `{"op":"Remove","path":"members","value":{"value":"` + idA.String() + `"}}`, []uuid.UUID{idB}, true},
		{"who is not in it", `{"op":"Remove","path":"members","value":` + value(idC) + `}`, []uuid.UUID{idA, idB}, true},
		{"nobody", `{"op":"Remove","path":"members","value":[]}`, []uuid.UUID{idA, idB}, true},
		{"all", `{"op":"remove","path":"members"}`, nil, false},
		{"all, with null", `{"op":"remove","path":"members","value":null}`, nil, false},
		{"all by an empty list", `{"op":"replace","path":"members","value":[]}`, nil, false},
		{"without a path", `{"op":"add","value":{"members":` + value(idC) + `}}`, []uuid.UUID{idA, idB, idC}, true},
		{"two of them", `{"op":"Remove","path":"members","value":` + value(idA) + `},{"op":"Add","path":"members","value":` + value(idC, idA) + `}`, []uuid.UUID{idB, idC, idA}, true},
		{"added and removed", `{"op":"add","path":"members","value":` + value(idC) + `},{"op":"remove","path":"` + one(idC) + `"}`, []uuid.UUID{idA, idB}, true},
		{"renamed", `{"op":"replace","value":{"id":"` + idC.String() + `","displayName":"New"}}`, []uuid.UUID{idA, idB}, false},
		{"by type", `{"op":"remove","path":"members[type eq \"User\"]"}`, []uuid.UUID{idA, idB}, false},
	} {
		r := group(idA, idB)
		d, err := patched(t, r, tt.operations)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		g, err := scim.ReadGroup(d)
		if err != nil || !slices.Equal(g.Members, tt.want) {
			t.Errorf("%s: %v %v, want %v", tt.name, g.Members, err, tt.want)
		}
		p, _ := scim.ParsePatch(document(t, `{"Operations":[`+tt.operations+`]}`), scim.Groups)
		add, remove, ok := p.Members()
		if ok != tt.quick {
			t.Errorf("%s: quick is %t", tt.name, ok)
		}
		if ok {
			sameMembers(t, tt.name, []uuid.UUID{idA, idB}, add, remove, tt.want)
		}
	}
	for operations, code := range map[string]string{
		`{"op":"add","path":"members","value":null}`:                                                 scim.InvalidValue,
		`{"op":"replace","path":"members","value":null}`:                                             scim.InvalidValue,
		`{"op":"add","path":"members"}`:                                                              scim.InvalidValue,
		`{"op":"replace","path":"members.value","value":"x"}`:                                        scim.Mutability,
		`{"op":"replace","path":"` + one(idA) + `.value","value":"` + idC.String() + `"}`:            scim.Mutability,
		`{"op":"remove","path":"displayNam"}`:                                                        scim.InvalidPath,
		`{"op":"replace","value":{"id":"` + idA.String() + `","displayName":"x"}}`:                   scim.Mutability,
		`{"op":"replace","path":"userName","value":"x"}`:                                             scim.InvalidPath,
		`{"op":"add","path":"members","value":[{"value":"not one of ours"}]}`:                        scim.InvalidValue,
		`{"op":"add","path":"members","value":[{"display":"x"},7,{"value":"` + idC.String() + `"}]}`: scim.InvalidValue,
	} {
		d, err := patched(t, group(idA), operations)
		if err == nil {
			_, err = scim.ReadGroup(d)
		}
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != code {
			t.Errorf("%s: %v, want %s", operations, err, code)
		}
	}
}

// sameMembers checks that a change by its two lists gives what the change of the document gives.
func sameMembers(t *testing.T, name string, before, add, remove, want []uuid.UUID) {
	t.Helper()
	after := slices.DeleteFunc(slices.Clone(before), func(id uuid.UUID) bool { return slices.Contains(remove, id) })
	for _, id := range add {
		if !slices.Contains(after, id) {
			after = append(after, id)
		}
	}
	text := func(ids []uuid.UUID) string {
		var all []string
		for _, id := range ids {
			all = append(all, id.String())
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	if text(after) != text(want) {
		t.Errorf("%s: + %v - %v gives %v, want %v", name, add, remove, after, want)
	}
}
