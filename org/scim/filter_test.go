package scim_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/scim"
)

// cases is how many random cases a test takes.
func cases() int {
	if os.Getenv("ROLECALL_DEEP") != "" {
		return 10_000
	}
	return 300
}

// document reads JSON that a test has written.
func document(t testing.TB, text string) scim.Document {
	t.Helper()
	d, err := scim.ParseDocument([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

var (
	idA = uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001")
	idB = uuid.MustParse("bbbbbbbb-0000-4000-8000-000000000002")
	idC = uuid.MustParse("cccccccc-0000-4000-8000-000000000003")
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// barbara is a user as a directory sends one.
const barbara = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"],
	"userName": "Bjensen", "externalId": "701984", "displayName": "Babs Jensen", "title": "Tour Guide", "active": true, "nickName": "",
	"name": {"givenName": "Barbara", "familyName": "Jensen"},
	"emails": [{"value": "Babs@example.com", "type": "work", "primary": true}, {"value": "b@home.example", "type": "home"}],
	"` + enterprise + `": {"employeeNumber": "701", "department": "Tours", "manager": {"value": "26118915"}},
	"loginCount": 12
}`

func user(t testing.TB, text string) *scim.Resource {
	t.Helper()
	u, err := scim.ReadUser(document(t, text), true)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &scim.Resource{Type: scim.Users, ID: idA, Version: 7, CreatedAt: at, UpdatedAt: at.Add(time.Hour), Document: u.Document, Refs: []scim.Ref{{ID: idB, Display: "Tour guides"}}}
}

func group(members ...uuid.UUID) *scim.Resource {
	r := &scim.Resource{Type: scim.Groups, ID: idC, Version: 1, Document: scim.Document{"displayName": "Guides", "externalId": "g"}, Refs: []scim.Ref{}}
	for _, id := range members {
		r.Refs = append(r.Refs, scim.Ref{ID: id, Display: "somebody"})
	}
	return r
}

func TestFilter(t *testing.T) {
	t.Parallel()
	babs := user(t, barbara)
	for _, tt := range []struct {
		filter string
		want   bool
	}{
		{``, true},
		{`userName eq "bjensen"`, true},
		{`USERNAME Eq "BJENSEN"`, true},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bjensen"`, true},
		{`userName eq bjensen`, true}, // a bare word
		{`userName eq "bjense"`, false},
		{`userName ne "bjensen"`, false},
		{`externalId eq "701984"`, true},
		{`externalId eq 701984`, false}, // a number is no text
		{`id eq "` + idA.String() + `"`, true},
		{`id eq "` + strings.ToUpper(idA.String()) + `"`, false},
		{`title pr`, true},
		{`nickName pr`, false},
		{`misspelt pr`, false},
		{`misspelt eq null`, true},
		{`title eq null`, false},
		{`misspelt ne "x"`, true},
		{`not (title pr)`, false},
		{`title co "our g" and active eq true`, true},
		{`title sw "tour" and title ew "GUIDE"`, true},
		{`active eq "True"`, true}, // as Entra sends it
		{`active eq false or title sw "x"`, false},
		{`active eq false and title pr or userName eq "bjensen"`, true}, // and before or
		{`active eq false and (title pr or userName eq "bjensen")`, false},
		{`emails.value eq "babs@EXAMPLE.com"`, true},
		{`emails co "example.com"`, true},
		{`emails[type eq "work" and value co "@example.com"]`, true},
		{`emails[type eq "home" and value co "@example.com"]`, false},
		{`emails[not (type eq "work") and primary pr]`, false},
		{`emails[type eq "work"].value eq "babs@example.com"`, true},
		{`emails[type eq "home"].value eq "babs@example.com"`, false},
		{`emails.type eq "home" and emails.primary eq true`, true}, // of any
		{`emails pr and not (photos pr)`, true},
		{`name.familyName co "ens"`, true},
		{`name pr`, true},
		{enterprise + `:department eq "tours"`, true},
		{enterprise + `:manager.value eq "26118915"`, true},
		{enterprise + `:manager eq "26118915"`, true},
		{enterprise + ` pr`, true},
		{`groups eq "` + idB.String() + `"`, true},
		{`groups.display sw "tour"`, true},
		{`meta.created eq "2026-03-01T13:00:00+01:00"`, true},
		{`meta.lastModified gt "2026-03-01T12:30:00Z"`, true},
		{`meta.lastModified lt "2026-03-01T12:30:00Z"`, false},
		{`meta.version eq "W/\"7\""`, true},
		{`loginCount ge 12 and loginCount lt 1.3e1 and loginCount le 12.0`, true},
		{`loginCount gt 12`, false},
		{`userName gt "a" and userName lt "c"`, true},
		{`schemas eq "` + enterprise + `"`, true},
		{`  (  userName   eq   "bjensen"  )  `, true},
		{`not (not (userName pr))`, true},
	} {
		f, err := scim.ParseFilter(tt.filter, scim.Users)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
		} else if got := f.Matches(babs); got != tt.want {
			t.Errorf("%s = %t, want %t", tt.filter, got, tt.want)
		}
	}
}

func TestFilterRefused(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{
		`userName`, `userName eq`, `userName like "x"`, `eq "x"`, `"x" eq userName`, `userName eq "x`, `userName eq "x" and`, `and userName pr`,
		`(userName pr`, `userName pr)`, `emails[type eq "work"`, `emails[]`, `emails[type eq "work"].`, `emails[a[b pr]]`, `emails.type[value pr]`, `not userName`,
		`userName eq "a" userName eq "b"`, `userName co 1`, `active gt true`, `title lt null`, `meta.created gt "yesterday"`, `user name pr`,
		`userName eq "\x"`, "userName eq \"\x00\"", `a..b pr`, `1a pr`, `urn: pr`, `urn:a:b:! pr`, `()`,
		strings.Repeat("(", 18) + "a pr" + strings.Repeat(")", 18),
		strings.Repeat(`a pr and `, 64) + `a pr`,
		`a eq "` + strings.Repeat("x", 4<<10) + `"`,
	} {
		_, err := scim.ParseFilter(filter, scim.Users)
		if e, ok := errors.AsType[*org.Error](err); !ok || e.Code != scim.InvalidFilter || e.Kind != org.Invalid {
			t.Errorf("%.100s: %v, want invalidFilter", filter, err)
		}
	}
	for _, filter := range []string{
		strings.Repeat("(", 16) + "a pr" + strings.Repeat(")", 16), strings.Repeat(`a pr and `, 63) + `a pr`,
	} {
		if _, err := scim.ParseFilter(filter, scim.Users); err != nil {
			t.Errorf("%.100s: %v", filter, err)
		}
	}
}

func TestFilterKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ filter, want string }{
		{``, ``},
		{`userName eq "BJensen"`, `userName=bjensen`},
		{`USERNAME eq "x" and externalId eq "Y"`, `externalId=Y userName=x`},
		{`displayName eq "A" and id eq "B"`, `id=B displayName=a`},
		{`userName eq "x" or externalId eq "y"`, ``},
		{`not (userName eq "x")`, ``},
		{`userName ne "x"`, ``},
		{`externalId eq null`, ``},
		{`userName eq ""`, ``},
		{`emails eq "A@x"`, `emails.value=a@x`},
		{`emails[type eq "work" and value eq "A@x"] and active eq true`, `emails.value=a@x`},
		{`emails[type eq "work"].value eq "A@x"`, `emails.value=a@x`},
		{`emails[type eq "work" or value eq "A@x"]`, ``},
		{`members eq "X"`, `members.value=X`},
		{`members[value eq "X"] and id eq "g"`, `id=g members.value=X`},
		{enterprise + `:userName eq "x"`, ``},
	} {
		of := scim.Users
		if strings.Contains(tt.filter, "members") {
			of = scim.Groups
		}
		f, err := scim.ParseFilter(tt.filter, of)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, k := range f.Keys() {
			keys = append(keys, k.Attribute+"="+k.Value)
		}
		if got := strings.Join(keys, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.filter, got, tt.want)
		}
		if got := f.Uses("members"); got != strings.Contains(tt.filter, "members") {
			t.Errorf("%s uses members: %t", tt.filter, got)
		}
	}
}

// guest is a user for random filters: what it has is not JSON, so that a filter can be worked out without the package.
type guest struct {
	name, external, title string
	active                bool
	mails                 [][2]string // type and value
}

func (g *guest) resource(t testing.TB) *scim.Resource {
	var mails []string
	for _, m := range g.mails {
		mails = append(mails, fmt.Sprintf(`{"type":%q,"value":%q}`, m[0], m[1]))
	}
	return user(t, fmt.Sprintf(`{"userName":%q,"externalId":%q,"title":%q,"active":%t,"emails":[%s]}`, g.name, g.external, g.title, g.active, strings.Join(mails, ",")))
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func newGuest(r *rand.Rand) *guest {
	g := &guest{name: pick(r, "Ada", "ADA", "bob", "Bo"), external: pick(r, "", "x", "X"), title: pick(r, "", "ada", "b"), active: r.IntN(2) == 0}
	for range r.IntN(3) {
		g.mails = append(g.mails, [2]string{pick(r, "work", "home"), pick(r, "ada@x", "b@x")})
	}
	return g
}

// randomFilter makes a filter and what it means.
func randomFilter(r *rand.Rand, depth int) (string, func(*guest) bool) {
	if depth > 0 && r.IntN(3) > 0 {
		a, means := randomFilter(r, depth-1)
		b, also := randomFilter(r, depth-1)
		switch r.IntN(4) {
		case 0:
			return "(" + a + ") and (" + b + ")", func(g *guest) bool { return means(g) && also(g) }
		case 1:
			return "(" + a + ") OR " + "(" + b + ")", func(g *guest) bool { return means(g) || also(g) }
		case 2:
			if strings.Contains(a, " OR ") {
				a = "(" + a + ")"
			}
			return a + " and (" + b + ")", func(g *guest) bool { return means(g) && also(g) }
		default:
			return "not (" + a + ")", func(g *guest) bool { return !means(g) }
		}
	}
	value := pick(r, "ada", "Ada", "b", "x", "work")
	folded := strings.ToLower(value)
	switch r.IntN(9) {
	case 0:
		return `userName eq "` + value + `"`, func(g *guest) bool { return strings.EqualFold(g.name, value) }
	case 1:
		return `externalId eq "` + value + `"`, func(g *guest) bool { return g.external == value }
	case 2:
		return `externalId ne "` + value + `"`, func(g *guest) bool { return g.external != value }
	case 3:
		return `title pr`, func(g *guest) bool { return g.title != "" }
	case 4:
		return `userName co "` + value + `"`, func(g *guest) bool { return strings.Contains(strings.ToLower(g.name), folded) }
	case 5:
		return `active eq true`, func(g *guest) bool { return g.active }
	case 6:
		return `emails[type eq "work" and value sw "` + value + `"]`, func(g *guest) bool {
			return slices.ContainsFunc(g.mails, func(m [2]string) bool { return m[0] == "work" && strings.HasPrefix(m[1], folded) })
		}
	case 7:
		return `title ge "` + value + `"`, func(g *guest) bool { return g.title != "" && g.title >= folded }
	default:
		return `emails.value eq "ada@X"`, func(g *guest) bool {
			return slices.ContainsFunc(g.mails, func(m [2]string) bool { return m[1] == "ada@x" })
		}
	}
}

// TestRandomFilters holds filters to what they mean, and their keys to every resource that they choose.
func TestRandomFilters(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 644))
	chosen := 0
	for range cases() * 3 {
		g := newGuest(r)
		text, means := randomFilter(r, 3)
		f, err := scim.ParseFilter(text, scim.Users)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := f.Matches(g.resource(t)); got != means(g) {
			t.Fatalf("%s of %+v = %t, want %t", text, g, got, means(g))
		}
		if !means(g) {
			continue
		}
		chosen++
		for _, k := range f.Keys() {
			holds := map[string]bool{
				"userName": strings.ToLower(g.name) == k.Value, "externalId": g.external == k.Value,
				"emails.value": slices.ContainsFunc(g.mails, func(m [2]string) bool { return m[1] == k.Value }),
			}
			if !holds[k.Attribute] {
				t.Fatalf("%s chooses %+v, against its key %+v", text, g, k)
			}
		}
	}
	if chosen < cases()/10 {
		t.Errorf("only %d filters chose anybody", chosen)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "a" and not (emails[type eq "work"].value pr)`, `urn:a:2.0:User:b.c ge 1e5`, `a eq "\u00e9`, `((`} {
		f.Add(seed)
	}
	babs := user(f, barbara)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := scim.ParseFilter(text, scim.Users)
		if e, ok := errors.AsType[*org.Error](err); err != nil && (!ok || e.Code != scim.InvalidFilter) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil {
			filter.Matches(babs)
			filter.Keys()
		}
	})
}
