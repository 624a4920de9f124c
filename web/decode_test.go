package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// received is a call whose body is yet to be read.
func received(contentType, body string, session bool) *call {
	r := httptest.NewRequest(http.MethodPut, "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return &call{echo: echo.New().NewContext(r, httptest.NewRecorder()), route: &Route{}, session: session}
}

// told is an error as the caller sees it, for comparison.
func told(err error) string {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*org.Error](err)
	if !ok {
		return "not ours: " + err.Error()
	}
	s := http.StatusText(e.Kind.Status())
	for _, f := range e.Fields {
		s += "; " + f.Field + " " + f.Detail
	}
	return s
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const js, form = "application/json", "application/x-www-form-urlencoded"
	nested := func(n int) string { return `{"roles":[],"id":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	tests := []struct {
		name, contentType, body string
		session                 bool
		status                  int // 0: accepted
	}{
		{"json", js, `{"roles":[]}`, false, 0},
		{"json with charset", js + "; charset=UTF-8", `{"roles":[]}`, false, 0},
		{"upper case type", "Application/JSON", `{"roles":[]}`, false, 0},
		{"unknown fields that are empty", js, `{"roles":[],"a":null,"b":false,"c":0,"d":"","e":[],"f":{},"g":-0.0e7}`, false, 0},
		{"fields of an answer", js, `{"roles":[],"id":"x","organization_id":{"a":[1,null,true]}}`, false, 0},
		{"null list", js, `{"roles":null}`, false, 0},
		{"white space", js, " \n{\"roles\":[]}\t ", false, 0},
		{"as deep as allowed", js, nested(maxDepth - 1), false, 0}, // the object is a level too
		{"form of a session", form, "roles=1&role=a", true, 0},
		{"no boxes ticked", form, "roles=1", true, 0},

		{"form of a stranger", form, "roles=1&role=a", false, 415},
		{"multipart", "multipart/form-data; boundary=x", "--x--", true, 415},
		{"xml", "application/xml", "<roles/>", true, 415},
		{"plain text", "text/plain", `{"roles":[]}`, false, 415},
		{"no type", "", `{"roles":[]}`, false, 415},
		{"another charset", js + "; charset=latin1", `{"roles":[]}`, false, 415},
		{"another parameter", js + ";x=text/plain", `{"roles":[]}`, false, 415},
		{"broken type", "application/json;;charset", `{"roles":[]}`, false, 415},
		{"wrong type beats size", "text/plain", strings.Repeat("x", maxBody+1), false, 415},

		{"no body at all", "", "", false, 400},
		{"empty", js, "", false, 400},
		{"blank", js, "  ", false, 400},
		{"null", js, "null", false, 400},
		{"list", js, `["a"]`, false, 400},
		{"no roles", js, `{}`, false, 400},
		{"an unknown field", js, `{"roles":[],"user_id":"x"}`, false, 400},
		{"an unknown object", js, `{"roles":[],"x":{"a":null}}`, false, 400},
		{"an unknown list", js, `{"roles":[],"x":[null]}`, false, 400},
		{"an unknown number", js, `{"roles":[],"x":0.001}`, false, 400},
		{"a version in JSON", js, `{"roles":[],"version":3}`, false, 400},
		{"capital field", js, `{"ROLES":["a"]}`, false, 400},
		{"twin keys", js, `{"roles":["a"],"roles":["b"]}`, false, 400},
		{"twins in case", js, `{"roles":["a"],"Roles":["b"]}`, false, 400},
		{"twins by the long s", js, `{"roles":["a"],"roleſ":["b"]}`, false, 400},
		{"twins by an escape", js, `{"roles":["a"],"\u0072oles":["b"]}`, false, 400},
		{"twins deep inside", js, `{"roles":[],"x":[{"a":1,"A":2}]}`, false, 400},
		{"two values", js, `{"roles":[]}{"roles":["a"]}`, false, 400},
		{"rest", js, `{"roles":[]} x`, false, 400},
		{"cut off", js, `{"roles":["a"`, false, 400},
		{"not UTF-8", js, "{\"roles\":[\"\xff\"]}", false, 400},
		{"text", js, `{"roles":"a"}`, false, 400},
		{"object", js, `{"roles":{"0":"a"}}`, false, 400},
		{"number in the list", js, `{"roles":["a",1]}`, false, 400},
		{"null in the list", js, `{"roles":[null]}`, false, 400},
		{"too deep", js, nested(maxDepth), false, 400},
		{"far too deep", js, nested(400_000), false, 400},
		{"too many", js, `{"roles":["a"` + strings.Repeat(`,"a"`, maxRoles) + `]}`, false, 400},
		{"form without marker", form, "role=a", true, 400},
		{"form not UTF-8", form, "roles=1&role=%ff", true, 400},
		{"form badly encoded", form, "roles=1&role=%zz", true, 400},
		{"version twice", form, "roles=1&version=1&version=2", true, 400},

		{"too large", js, `{"roles":["` + strings.Repeat("a", maxBody) + `"]}`, false, 413},
		{"form too large", form, "roles=1&x=" + strings.Repeat("a", maxBody), true, 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := received(tt.contentType, tt.body, tt.session)
			_, err := decode(c, c.rolesInput).Read()
			if tt.status == 0 {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			if got := org.KindOf(err).Status(); got != tt.status {
				t.Errorf("got %d (%v), want %d", got, err, tt.status)
			}
		})
	}
}

func TestDecodeRoles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body string
		want                    org.RolesInput
	}{
		{"json", typeJSON, `{"roles":["b","a"]}`, org.RolesInput{Roles: []string{"b", "a"}}},
		{"null", typeJSON, `{"roles":null}`, org.RolesInput{}},
		{"form", typeForm, "roles=1&role=b&role=a&version=3-ab", org.RolesInput{Roles: []string{"b", "a"}, From: org.Versions{"3-ab"}}},
		{"one box", typeForm, "roles=1&role=a", org.RolesInput{Roles: []string{"a"}}},
		{"no box", typeForm, "roles=1&version=", org.RolesInput{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := received(tt.contentType, tt.body, true)
			got, err := decode(c, c.rolesInput).Read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []string
		want  org.Versions
	}{
		{nil, nil},
		{[]string{""}, org.Versions{}}, // a condition that says nothing holds for nothing
		{[]string{" , "}, org.Versions{}},
		{[]string{`"3-ab"`}, org.Versions{"3-ab"}},
		{[]string{"3-ab"}, org.Versions{"3-ab"}},
		{[]string{"*"}, org.Versions{org.AnyVersion}},
		{[]string{`"1-ab", "2-ab"`}, org.Versions{"1-ab", "2-ab"}},
		{[]string{`"1-ab","x"`, `W/"2-ab"`, `"3-ab"`}, org.Versions{"1-ab", "x", "3-ab"}},
		{[]string{`W/"3-ab"`}, org.Versions{}},
		{[]string{`"*"`}, org.Versions{}},
		{[]string{`""`}, org.Versions{}},
		{[]string{`"a,3,b"`}, org.Versions{"a,3,b"}},
	} {
		c := received(typeJSON, `{"roles":[]}`, false)
		c.request().Header["If-Match"] = tt.lines
		got, err := decode(c, c.rolesInput).Read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got.From); diff != "" {
			t.Errorf("If-Match %q (-want +got)\n%s", tt.lines, diff)
		}
		want := org.Stale
		if tt.want == nil {
			want = org.Conflict
		}
		if got := org.KindOf(c.precondition(&org.Error{Kind: org.Conflict, Outdated: true})); got != want {
			t.Errorf("If-Match %q: a conflict is of kind %d, want %d", tt.lines, got, want)
		}
		if got := org.KindOf(c.precondition(&org.Error{Kind: org.Conflict})); got != org.Conflict {
			t.Errorf("If-Match %q: a name that is taken is of kind %d", tt.lines, got)
		}
	}
}

// TestDecodeNamesFields: every field of the wrong type is listed by its path.
func TestDecodeNamesFields(t *testing.T) {
	t.Parallel()
	c := received(typeJSON, `{"name":1,"organization_permissions":[{"action":true},7],"user_permissions":{}}`, false)
	_, err := c.decodeRole(uuid.Nil).Read()
	want := "Bad Request; name must be a string; user_permissions must be a list of objects; " +
		"organization_permissions[1] must be an object; organization_permissions[0].action must be a string"
	if diff := cmp.Diff(want, told(err)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecodeRoleFromJSON(t *testing.T) {
	t.Parallel()
	acme, other := uuid.New(), uuid.New()
	const permission = `{"resource_type":"template","action":"read","negate":true}`
	read := []rbac.Permission{{ResourceType: "template", Action: "read", Negate: true}}
	tests := []struct {
		name, body   string
		organization uuid.UUID
		want         org.RoleInput
		told         string
	}{
		{
			"array", `{"name":"a","display_name":"A","organization_permissions":[` + permission + `]}`, uuid.Nil,
			org.RoleInput{Name: "a", DisplayName: "A", Organization: read}, "",
		},
		{
			"every list", `{"site_permissions":[` + permission + `],"user_permissions":[` + permission + `]}`, uuid.Nil,
			org.RoleInput{Site: read, User: read}, "",
		},
		{
			"map", `{"organization_permissions":{"` + acme.String() + `":[` + permission + `]}}`, acme,
			org.RoleInput{Organization: read}, "",
		},
		{"empty map", `{"organization_permissions":{}}`, uuid.Nil, org.RoleInput{}, ""},
		{"null", `{"organization_permissions":null,"site_permissions":null}`, acme, org.RoleInput{}, ""},
		{
			"map with another organization", `{"organization_permissions":{"` + other.String() + `":[]}}`, acme, org.RoleInput{},
			"Bad Request; organization_permissions." + other.String() + " is not the organization of this role",
		},
		{
			"map in a site role", `{"organization_permissions":{"` + uuid.Nil.String() + `":[]}}`, uuid.Nil, org.RoleInput{},
			"Bad Request; organization_permissions." + uuid.Nil.String() + " is not the organization of this role",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := received(typeJSON, tt.body, false).decodeRole(tt.organization).Read()
			if diff := cmp.Diff(tt.told, told(err)); diff != "" {
				t.Errorf("error (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got, equateEmpty); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// equateEmpty takes a missing list for an empty one.
var equateEmpty = cmp.Transformer("empty", func(in []rbac.Permission) map[int]rbac.Permission {
	out := map[int]rbac.Permission{}
	for i, p := range in {
		out[i] = p
	}
	return out
})

func TestDecodeRoleFromForm(t *testing.T) {
	t.Parallel()
	stored := &org.Role{
		Name: "ci", DisplayName: "CI",
		Organization: []rbac.Permission{
			{ResourceType: "template", Action: "read"},
			{ResourceType: "template", Action: "delete", Negate: true},
			{ResourceType: "gone", Action: "poke"},
		},
	}
	tests := []struct {
		name, body string
		stored     *org.Role
		want       org.RoleInput
		told       string
	}{
		{
			"nothing changed", "name=ci&version=7-ab", stored,
			org.RoleInput{Name: "ci", DisplayName: "CI", From: org.Versions{"7-ab"}, Organization: stored.Organization}, "",
		},
		{
			"cells", "name=ci&display_name=&org.template.read=&org.template.delete=allow&org.*.read=deny&org.gone.poke=", stored,
			org.RoleInput{Name: "ci", Organization: []rbac.Permission{
				{ResourceType: "*", Action: "read", Negate: true}, {ResourceType: "template", Action: "delete"},
			}}, "",
		},
		{
			"new", "name=ci&display_name=CI&new=1&version=&org.template.read=allow&org.x=allow&other.a.b=allow", nil,
			org.RoleInput{
				Name: "ci", DisplayName: "CI", MustCreate: true,
				Organization: []rbac.Permission{{ResourceType: "template", Action: "read"}},
			}, "",
		},
		{
			"site role", "name=ci&site.user.read=allow&user.file.read=deny", nil,
			org.RoleInput{
				Name: "ci", Site: []rbac.Permission{{ResourceType: "user", Action: "read"}},
				User: []rbac.Permission{{ResourceType: "file", Action: "read", Negate: true}},
			}, "",
		},
		{"unknown value", "org.template.read=yes", nil, org.RoleInput{}, `Bad Request; org.template.read must be allow, deny or nothing, not "yes"`},
		{"both", "org.template.read=allow&org.template.read=deny", nil, org.RoleInput{}, "Bad Request; org.template.read was given more than once"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := received(typeForm, tt.body, true).decodeRole(uuid.Nil).Read()
			got = got.Over(tt.stored)
			if tt.want.Description == nil {
				tt.want.Description = new(string) // of no stored role, or of one without
			}
			if diff := cmp.Diff(tt.told, told(err)); diff != "" {
				t.Errorf("error (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got, equateEmpty); diff != "" && tt.told == "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzDecode: what the strict reader takes, encoding/json takes too and understands the same way.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"roles":["a"]}`, `{"roles":[]} `, `{"a":{"b":[1,2.5e3,"\u00e9",null,true]}}`, `{"a":1,"A":2}`, `[]`, `{"":""}`,
		"{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"K":1,"k":2}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := parseJSON([]byte(body))
		if err != nil {
			if _, ours := errors.AsType[*org.Error](err); !ours {
				t.Errorf("%q failed with an error that is not ours: %v", body, err)
			}
			return
		}
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("%q was taken, but encoding/json says %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-encoding/json +ours)\n%s", body, diff)
		}
	})
}

// TestSentBackIsDocumented: the fields that a write ignores are those of which the document says so.
func TestSentBackIsDocumented(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	documented := func(schema string) (fields []string) {
		for name, p := range doc.Components.Schemas[schema].Properties {
			if strings.HasSuffix(p.Ref, "/SentBack") {
				fields = append(fields, name)
			}
		}
		slices.Sort(fields)
		return fields
	}
	all := slices.Sorted(slices.Values(sentBack))
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(names, name) })
	}
	for schema, want := range map[string][]string{
		"CustomRoleRequest": all, "UpdateRoles": all, "CreateOrganizationRequest": all, "UpdateOrganizationRequest": all,
		"CreateUserRequest":  without("organization_id", "organization_ids"),
		"FirstUserRequest":   slices.Sorted(slices.Values(append(slices.Clone(all), asOriginal...))),
		"CreateTokenRequest": {"created_at", "id", "updated_at"},
		"AuthCheckRequest":   nil, "BulkRequest": nil, "RestoreRequest": nil,
	} {
		if diff := cmp.Diff(want, documented(schema)); diff != "" {
			t.Errorf("%s (-ignored +documented)\n%s", schema, diff)
		}
	}
}

// TestBodiesAreParsedBefore: what org calls while all other writes wait parses nothing any more.
func TestBodiesAreParsedBefore(t *testing.T) {
	t.Parallel()
	c := received(typeJSON, `{"roles":["a"]}`, false)
	given := decode(c, c.rolesInput)
	c.body.data = []byte("{")
	if got, err := given.Read(); err != nil || !slices.Equal(got.Roles, []string{"a"}) {
		t.Errorf("roles %q, %v", got.Roles, err)
	}
	c = received(typeJSON, `{"name":"ci"}`, false)
	role := c.decodeRole(uuid.Nil)
	c.body.data = []byte("{")
	if got, err := role.Read(); err != nil || got.Name != "ci" {
		t.Errorf("role %q, %v", got.Name, err)
	}
	c = received(typeJSON, `{`, false) // and the error comes when the input is read
	given = decode(c, c.rolesInput)
	c.body.data = []byte(`{"roles":[]}`)
	if _, err := given.Read(); org.KindOf(err) != org.Invalid {
		t.Errorf("a broken body: %v", err)
	}
}
