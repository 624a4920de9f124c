package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// scimClient is an identity provider that tells one organization who is in it.
type scimClient struct {
	t           *testing.T
	site        *webtest.Site
	base, token string
}

// newDirectory makes an organization without people, and a token of its directory.
func newDirectory(t *testing.T, s *webtest.Site, name string) *scimClient {
	t.Helper()
	if name != webtest.Default {
		done(t, s, webtest.Request{Method: http.MethodPost, Path: "/organizations", As: webtest.Owner, JSON: fmt.Sprintf(`{"name":%q}`, name)})
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/organizations/" + name + "/directory/tokens", As: webtest.Owner, JSON: `{}`})
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(res.Body, &made); err != nil || made.Token == "" {
		t.Fatalf("no token: %d %s", res.StatusCode, res.Body)
	}
	base := "/organizations/" + name + "/scim/v2"
	if name == webtest.Default {
		base = "/scim/v2"
	}
	return &scimClient{t, s, base, made.Token}
}

// send sends a request, and checks that the answer is one of SCIM.
func (c *scimClient) send(method, path, body string, header ...string) *webtest.Response {
	c.t.Helper()
	h := http.Header{"Authorization": {"Bearer " + c.token}, "Accept": {"application/scim+json"}}
	r := webtest.Request{Method: method, Path: c.base + path, Header: h}
	if body != "" {
		h.Set("Content-Type", "application/scim+json")
		r.JSON = body
	}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	res := c.site.Do(c.t, r)
	if kind := res.Header.Get("Content-Type"); len(res.Body) > 0 && kind != "application/scim+json" {
		c.t.Errorf("%s %s: Content-Type is %q", method, path, kind)
	}
	return res
}

// want sends a request and checks the status. It returns the body.
func (c *scimClient) want(status int, method, path, body string, header ...string) map[string]any {
	c.t.Helper()
	res := c.send(method, path, body, header...)
	if res.StatusCode != status {
		c.t.Errorf("%s %s %s: %d %s, want %d", method, path, body, res.StatusCode, res.Body, status)
	}
	var o map[string]any
	if len(res.Body) > 0 {
		if err := json.Unmarshal(res.Body, &o); err != nil {
			c.t.Fatalf("%s %s: %v %s", method, path, err, res.Body)
		}
	}
	if status >= 400 && (o["status"] != fmt.Sprint(status) || o["detail"] == "") {
		c.t.Errorf("%s %s: %v", method, path, o)
	}
	return o
}

func (c *scimClient) make(path, body string) string {
	c.t.Helper()
	id, _ := c.want(http.StatusCreated, http.MethodPost, path, body)["id"].(string)
	return id
}

// total is how many a filter chooses.
func (c *scimClient) total(path, filter string) int {
	c.t.Helper()
	n, _ := c.want(http.StatusOK, http.MethodGet, path+"?count=0&filter="+escape(filter), "")["totalResults"].(float64)
	return int(n)
}

func escape(text string) string {
	return strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D", "+", "%2B").Replace(text)
}

// at is a value within a document: "emails 0 value".
func at(o any, path string) any {
	for key := range strings.FieldsSeq(path) {
		switch v := o.(type) {
		case map[string]any:
			o = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				return nil
			}
			o = v[i]
		default:
			return nil
		}
	}
	return o
}

const (
	patchSchema = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
	userSchema  = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`
	groupSchema = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
)

// TestSCIMOkta sends what Okta does for a person who joins, is renamed, gets into a group, and leaves.
func TestSCIMOkta(t *testing.T) {
	t.Parallel()
	c := newDirectory(t, webtest.New(t), "okta")
	if l := c.want(200, "GET", `/Users?filter=`+escape(`userName eq "isaac@okta.example"`)+`&startIndex=1&count=100`, ""); l["totalResults"] != 0.0 || at(l, "Resources") == nil {
		t.Errorf("nobody yet: %v", l)
	}
	const person = `{` + userSchema + `,"userName":"isaac@okta.example","name":{"givenName":"Isaac","familyName":"Brock"},"emails":[{"primary":true,"value":"isaac@okta.example","type":"work"}],` +
		`"displayName":"Isaac Brock","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true}`
	res := c.send("POST", "/Users", person)
	var made map[string]any
	if err := json.Unmarshal(res.Body, &made); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", res.StatusCode, res.Body)
	}
	id, _ := made["id"].(string)
	tag := res.Header.Get("ETag")
	if tag == "" || res.Header.Get("Location") != at(made, "meta location") || !strings.HasSuffix(res.Header.Get("Location"), "/organizations/okta/scim/v2/Users/"+id) || at(made, "meta version") != tag {
		t.Errorf("%v %v", res.Header, made)
	}
	if made["locale"] != "en-US" || made["active"] != true || made["password"] != nil || strings.Contains(string(res.Body), "1mz050nq") {
		t.Errorf("%s", res.Body)
	}
	if e := c.want(409, "POST", "/Users", strings.ReplaceAll(person, "isaac@", "ISAAC@")); e["scimType"] != "uniqueness" {
		t.Errorf("%v", e)
	}
	if n := c.total("/Users", `userName eq "Isaac@OKTA.example"`); n != 1 {
		t.Errorf("found %d", n)
	}
	if u := c.want(200, "GET", "/Users/"+id, ""); at(u, "emails 0 value") != "isaac@okta.example" {
		t.Errorf("%v", u)
	}
	if u := c.want(200, "PUT", "/Users/"+id, strings.Replace(person, `"Isaac"`, `"Ike"`, 1)); at(u, "name givenName") != "Ike" || at(u, "active") != true {
		t.Errorf("%v", u)
	}
	g := c.make("/Groups", `{`+groupSchema+`,"displayName":"Test SCIMv2","members":[{"value":"`+id+`","display":"isaac@okta.example"}]}`)
	if u := c.want(200, "GET", "/Users/"+id, ""); at(u, "groups 0 value") != g || at(u, "groups 0 display") != "Test SCIMv2" {
		t.Errorf("%v", u)
	}
	patch := func(path, operations string) {
		t.Helper()
		c.want(204, "PATCH", path, `{`+patchSchema+`,"Operations":[`+operations+`]}`)
	}
	members := func() int {
		t.Helper()
		list, _ := c.want(200, "GET", "/Groups/"+g, "")["members"].([]any)
		return len(list)
	}
	patch("/Groups/"+g, `{"op":"replace","value":{"id":"`+g+`","displayName":"Renamed"}}`)
	patch("/Groups/"+g, `{"op":"remove","path":"members[value eq \"`+id+`\"]"}`)
	if n := members(); n != 0 {
		t.Errorf("%d members", n)
	}
	patch("/Groups/"+g, `{"op":"add","path":"members","value":[{"value":"`+id+`","display":"x"}]}`)
	if n := members(); n != 1 || c.total("/Groups", `displayName eq "renamed"`) != 1 {
		t.Errorf("%d members", n)
	}
	patch("/Groups/"+g, `{"op":"replace","path":"members","value":[]}`)
	if n := members(); n != 0 {
		t.Errorf("%d members", n)
	}
	patch("/Users/"+id, `{"op":"replace","value":{"active":false}}`)
	if u := c.want(200, "GET", "/Users/"+id, ""); u["active"] != false {
		t.Errorf("%v", u)
	}
	patch("/Users/"+id, `{"op":"replace","value":{"active":true}}`)
	c.want(204, "DELETE", "/Groups/"+g, "")
	c.want(404, "GET", "/Groups/"+g, "")
	c.want(204, "DELETE", "/Users/"+id, "")
	c.want(404, "DELETE", "/Users/"+id, "")
	c.want(404, "PUT", "/Users/"+id, person)
	c.want(404, "PATCH", "/Users/"+id, `{`+patchSchema+`,"Operations":[{"op":"replace","value":{"active":false}}]}`)
}

// TestSCIMEntra sends what Entra does, its spellings included.
func TestSCIMEntra(t *testing.T) {
	t.Parallel()
	c := newDirectory(t, webtest.New(t), webtest.Default)
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	id := c.make("/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","`+enterprise+`"],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Test_User_ab6490ee@entra.example","active":true,`+
		`"emails":[{"primary":true,"type":"work","value":"Test_User_fd0ea19b@entra.example"}],"meta":{"resourceType":"User"},"name":{"formatted":"givenName familyName","familyName":"familyName","givenName":"givenName"},"roles":[],"`+enterprise+`":{"department":"Eng"}}`)
	other := c.make("/Users", `{`+userSchema+`,"userName":"second@entra.example","externalId":"second"}`)
	for filter, want := range map[string]int{
		`externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`: 1, `externalId eq "0A21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`: 0, `userName eq "test_user_ab6490ee@entra.example"`: 1,
		`emails[type eq "work"].value eq "test_user_fd0ea19b@entra.example"`: 1, `emails.value eq "nobody@entra.example"`: 0, `userName sw "SECOND" or name.familyName pr`: 2, `not (active eq true)`: 0,
		enterprise + `:department eq "eng" and active eq "True"`: 1, `userName pr`: 2, `meta.created gt "2020-01-01T00:00:00Z"`: 2,
	} {
		if got := c.total("/Users", filter); got != want {
			t.Errorf("%s: %d, want %d", filter, got, want)
		}
	}
	for _, tt := range []struct {
		operation, path string
		want            any
	}{
		{`{"op":"Replace","path":"active","value":"False"}`, "active", false},
		{`{"op":"Replace","path":"active","value":"True"}`, "active", true},
		{`{"op":"Add","path":"name.givenName","value":"New"}`, "name givenName", "New"},
		{`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"up@entra.example"}`, "emails 0 value", "up@entra.example"},
		{`{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"12"}`, "phoneNumbers 0 value", "12"},
		{`{"op":"Replace","path":"` + enterprise + `:department","value":"Sales"}`, enterprise + " department", "Sales"},
		{`{"op":"Add","path":"` + enterprise + `:manager","value":"` + other + `"}`, enterprise + " manager value", other},
		{`{"op":"Replace","value":{"displayName":"D","name.familyName":"F","` + enterprise + `:costCenter":"C"}}`, enterprise + " costCenter", "C"},
		{`{"op":"Remove","path":"displayName"}`, "displayName", nil},
	} {
		c.want(204, "PATCH", "/Users/"+id, `{`+patchSchema+`,"Operations":[`+tt.operation+`]}`)
		if u := c.want(200, "GET", "/Users/"+id, ""); at(u, tt.path) != tt.want {
			t.Errorf("%s: %v", tt.operation, u)
		}
	}
	g := c.make("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159","displayName":"displayName","meta":{"resourceType":"Group"}}`)
	if l := c.want(200, "GET", "/Groups?excludedAttributes=members&filter="+escape(`displayName eq "DISPLAYNAME"`), ""); l["totalResults"] != 1.0 || at(l, "Resources 0 members") != nil || at(l, "Resources 0 id") != g {
		t.Errorf("%v", l)
	}
	members := func() (ids []any) {
		t.Helper()
		list, _ := c.want(200, "GET", "/Groups/"+g, "")["members"].([]any)
		for _, m := range list {
			ids = append(ids, at(m, "value"))
		}
		return ids
	}
	patch := func(operation string) {
		t.Helper()
		c.want(204, "PATCH", "/Groups/"+g, `{`+patchSchema+`,"Operations":[`+operation+`]}`)
	}
	patch(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + id + `"},{"value":"` + other + `"}]}`)
	if n := c.total("/Groups", `id eq "`+g+`" and members eq "`+other+`"`); n != 1 || len(members()) != 2 {
		t.Errorf("%d, %v", n, members())
	}
	patch(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"` + other + `"}]}`)
	if ids := members(); len(ids) != 1 || ids[0] != id {
		t.Errorf("the others must remain: %v", ids)
	}
	if u := c.want(200, "PATCH", "/Groups/"+g+"?attributes=displayName", `{`+patchSchema+`,"Operations":[{"op":"Replace","path":"displayName","value":"New"}]}`); u["displayName"] != "New" || u["members"] != nil {
		t.Errorf("%v", u)
	}
	patch(`{"op":"Remove","path":"members"}`)
	if ids := members(); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
}
