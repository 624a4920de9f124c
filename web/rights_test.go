package web_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

func rightsOf(t *testing.T, s *webtest.Site, as, user, query string) (a client.RightsAnswer, status int) {
	t.Helper()
	res := s.Do(t, webtest.Request{Path: "/organizations/default/members/" + user + "/rights" + query, As: as})
	if res.StatusCode == 200 {
		res.Decode(&a)
	}
	return a, res.StatusCode
}

func catalogOf(t *testing.T, s *webtest.Site) *client.Catalog {
	t.Helper()
	var c client.Catalog
	s.Get(t, webtest.Owner, "/catalog").Decode(&c)
	return &c
}

func keysOf(t *testing.T, s *webtest.Site) snapshot.KeySet {
	t.Helper()
	res := s.Do(t, webtest.Request{Path: "/.well-known/rolecall-keys"})
	if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || got != "public, max-age=300" {
		t.Errorf("the keys: %d, Cache-Control %q", res.StatusCode, got)
	}
	keys, err := snapshot.ParseJWKS(res.Body)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	return keys
}

// TestRightsAreTheAnswersOfAuthcheck: of every pair, with things of anybody and with one's own, with denies, of the caller and of
// others, of members and of strangers.
func TestRightsAreTheAnswersOfAuthcheck(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete, {ResourceType: "workspace", Action: "read"}}, "member", "admin")
	catalog := catalogOf(t, s)
	yes := 0
	for _, as := range []string{webtest.Owner, webtest.Admin, webtest.Member} {
		for _, user := range []string{"owner", "admin", "member", "me", "rival", "MEMBER@example.com", s.ID(webtest.Admin)} {
			checks := map[string]any{}
			for _, kind := range catalog.Types {
				for _, a := range kind.Actions {
					object := map[string]any{"resource_type": kind.Name}
					if !kind.SiteOnly {
						object["organization_id"] = "default"
					}
					checks[kind.Name+":"+a.Name] = map[string]any{"action": a.Name, "object": object}
					if kind.Owned {
						own := map[string]any{"owner_id": "me"}
						for k, v := range object {
							own[k] = v
						}
						checks["own "+kind.Name+":"+a.Name] = map[string]any{"action": a.Name, "object": own}
					}
				}
			}
			var want map[string]any
			s.Do(t, webtest.Request{Method: "POST", Path: "/authcheck", As: as, JSON: map[string]any{"user": user, "checks": checks}}).Decode(&want)
			a, status := rightsOf(t, s, as, url.PathEscape(user), "")
			problems, _ := json.Marshal(want["errors"])
			if hidden := strings.Contains(string(problems), `"organization:read"`) || strings.Contains(string(problems), `"organization_member:read":{"code":"not_found"`); status == 404 || hidden {
				if !hidden || status != 404 {
					t.Errorf("%s about %s: %d, and authcheck %s", as, user, status, problems)
				}
				continue
			}
			if status != 200 {
				t.Fatalf("%s about %s: %d", as, user, status)
			}
			r, err := client.ReadRights(a.Rights, catalog)
			if err != nil {
				t.Fatal(err)
			}
			if catalog.Numbers <= 128 && len(a.Rights) > 64 {
				t.Errorf("%d characters: %s", len(a.Rights), a.Rights)
			}
			for key := range checks {
				name, own := strings.CutPrefix(key, "own ")
				if got := r.Has(name, own); got != want[key] {
					t.Errorf("%s about %s: %s is %v, authcheck says %v", as, user, key, got, want[key])
				} else if got {
					yes++
				}
			}
			if r.Has("invoice:void", false) || r.Has("", true) {
				t.Error("an unknown permission is allowed")
			}
		}
	}
	if yes < 100 {
		t.Errorf("only %d are allowed", yes)
	}
}

// TestRightsHideWhoMayNotBeAsked: a suspended person, one who is not there, one out of reach, and an organization that is not
// there or not to be read look alike, to the byte.
func TestRightsHideWhoMayNotBeAsked(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	ask := func(as, organization, user string) string {
		res := s.Do(t, webtest.Request{Path: "/organizations/" + organization + "/members/" + user + "/rights", As: as})
		return fmt.Sprint(res.StatusCode, " ", string(res.Body))
	}
	none := ask(webtest.Owner, "default", "nobody")
	if !strings.HasPrefix(none, "404") {
		t.Fatal(none)
	}
	if got := ask(webtest.Owner, "default", "member"); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
	if _, _, err := s.Service.SetStatus(t.Context(), s.Service.Operator(), "member", org.StatusSuspended, nil); err != nil {
		t.Fatal(err)
	}
	for _, who := range [][3]string{
		{webtest.Owner, "default", "member"},
		{webtest.Owner, "gone", "admin"},
		{webtest.Rival, "default", "rival"},
		{webtest.Admin, "other", "rival"},
		{webtest.Rival, "default", "admin"},
		{webtest.Outsider, "default", "admin"},
		{webtest.Outsider, "default", "gone"},
	} {
		if got := ask(who[0], who[1], who[2]); got != none {
			t.Errorf("%v: %s", who, got)
		}
	}
	if res := s.Do(t, webtest.Request{Path: "/organizations/default/members/admin/rights"}); res.StatusCode != 401 {
		t.Errorf("a stranger: %d", res.StatusCode)
	}
}

// TestRightsToken: what the token says, and all that is refused: another key, issuer, reader, organization or time, and a byte
// that is not as it was signed.
func TestRightsToken(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, func(o *web.Options) { o.AccessURL, _ = url.Parse("https://roles.example.com") })
	keys, home := keysOf(t, s), s.Organizations[webtest.Default].ID
	for query, ttl := range map[string]time.Duration{"": time.Minute, "?ttl=1": time.Second, "?ttl=300&audience=api": 5 * time.Minute} {
		a, _ := rightsOf(t, s, webtest.Owner, "admin", query)
		expected := client.Expected{Issuer: "https://roles.example.com"}
		if strings.Contains(query, "audience") {
			expected.Audience = "api"
		}
		c, err := client.VerifyRights(a.Token, keys, expected)
		if err != nil || c.Rights != a.Rights || c.Subject.String() != s.ID(webtest.Admin) || c.Organization != home || c.Revision == 0 {
			t.Errorf("%s: %+v, %v", query, c, err)
		}
		if life := time.Duration(c.ExpiresAt-c.IssuedAt) * time.Second; life != ttl || a.ExpiresAt.Unix() != c.ExpiresAt {
			t.Errorf("%s: it is good for %v, until %v", query, life, a.ExpiresAt)
		}
	}
	for _, query := range []string{"?ttl=0", "?ttl=301", "?ttl=-1", "?ttl=x", "?ttl=1.5", "?audience=" + strings.Repeat("a", 257)} {
		if _, status := rightsOf(t, s, webtest.Owner, "admin", query); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
	a, _ := rightsOf(t, s, webtest.Owner, "admin", "?audience=api")
	good := client.Expected{Issuer: "https://roles.example.com", Audience: "api", Organization: home}
	if _, err := client.VerifyRights(a.Token, keys, good); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, change := range map[string]func(*client.Expected){
		"issuer":       func(e *client.Expected) { e.Issuer = "https://roles.example.org" },
		"no issuer":    func(e *client.Expected) { e.Issuer = "" },
		"audience":     func(e *client.Expected) { e.Audience = "shop" },
		"no audience":  func(e *client.Expected) { e.Audience = "" },
		"organization": func(e *client.Expected) { e.Organization = uuid.New() },
		"late":         func(e *client.Expected) { e.Now = now.Add(67 * time.Second) },
		"early":        func(e *client.Expected) { e.Now = now.Add(-time.Minute) },
	} {
		e := good
		change(&e)
		if c, err := client.VerifyRights(a.Token, keys, e); err == nil || c != (client.RightsClaims{}) {
			t.Errorf("%s: it counts", name)
		}
	}
	if _, err := client.VerifyRights(a.Token, keysOf(t, webtest.NewEmpty(t)), good); err == nil {
		t.Error("the key of another server is taken")
	}
	for i := range len(a.Token) {
		b := []byte(a.Token)
		b[i] ^= 1
		if _, err := client.VerifyRights(string(b), keys, good); err == nil {
			t.Errorf("byte %d does not matter: %q", i, b[i])
		}
	}
	parts := strings.Split(a.Token, ".")
	kid := func(alg, kind string) string {
		var header map[string]any
		text, _ := base64.RawURLEncoding.DecodeString(parts[0])
		if err := json.Unmarshal(text, &header); err != nil || header["alg"] != "EdDSA" || header["typ"] != "rolecall-rights+jwt" {
			t.Fatalf("%v, %v", header, err)
		}
		header["alg"], header["typ"] = alg, kind
		text, _ = json.Marshal(header)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	for name, token := range map[string]string{
		"nothing": "", "alg none": kid("none", "rolecall-rights+jwt") + "." + parts[1] + ".", "alg none, signed": kid("none", "rolecall-rights+jwt") + "." + parts[1] + "." + parts[2],
		"HS256": kid("HS256", "rolecall-rights+jwt") + "." + parts[1] + "." + parts[2], "another type": kid("EdDSA", "JWT") + "." + parts[1] + "." + parts[2],
		"two parts": parts[0] + "." + parts[1], "four parts": a.Token + ".x", "no signature": parts[0] + "." + parts[1] + ".",
	} {
		if _, err := client.VerifyRights(token, keys, good); err == nil {
			t.Errorf("%s: it counts", name)
		}
	}
}

// TestReadRights: zeros at the end may be missing, and whatever is no text of rights of this catalog is refused.
func TestReadRights(t *testing.T) {
	t.Parallel()
	catalog := &client.Catalog{Version: 8, Types: []client.CatalogType{{
		Name: "invoice", RenamedFrom: []string{"bill"}, Actions: []client.CatalogAction{{Name: "read", Number: 0}, {Name: "void", Number: 9, RenamedFrom: []string{"cancel"}}},
	}}}
	encode := base64.RawURLEncoding.EncodeToString
	for text, want := range map[string]string{
		"8..":                          "false false false",
		"8." + encode([]byte{1}) + ".": "true false false",
		"8." + encode([]byte{1, 2}) + "." + encode([]byte{0, 2}):          "true true true",
		"8.." + encode([]byte{0, 2, 0, 0}):                                "false false true",
		"8." + encode([]byte{0, 2, 0}) + "." + encode([]byte{0, 2, 0, 0}): "false true true",
	} {
		r, err := client.ReadRights(text, catalog)
		got := fmt.Sprint(r.Has("invoice:read", false), r.Has("invoice:void", false), r.Has("invoice:void", true))
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
		if r.Has("bill:cancel", true) != r.Has("invoice:void", true) || r.Has("invoice:cancel", false) != r.Has("invoice:void", false) {
			t.Errorf("%s: old names are answered otherwise", text)
		}
	}
	for _, text := range []string{"", "8", "8.", "7..", "08..", "8...", "8.=.", "8.A.", "8.+/.", "x.."} {
		if _, err := client.ReadRights(text, catalog); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// TestRightsEndInTime: a token is not good beyond the end of what the person holds.
func TestRightsEndInTime(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	end := time.Now().Add(20 * time.Second).UTC().Truncate(time.Microsecond)
	s.Exec(t, "UPDATE member_roles SET ends_at = ? WHERE user_id = ? AND role = 'organization-member'", end, s.ID(webtest.Member))
	for _, as := range []string{webtest.Owner, webtest.Member} {
		a, status := rightsOf(t, s, as, "member", "?ttl=300")
		if status != 200 || a.ExpiresAt.After(end) || a.ExpiresAt.Before(end.Add(-time.Second)) {
			t.Errorf("asked by %s: %d, %v; what it says ends at %v", as, status, a.ExpiresAt, end)
		}
	}
	if a, _ := rightsOf(t, s, webtest.Owner, "admin", "?ttl=300"); a.ExpiresAt.Before(end) {
		t.Errorf("of somebody else: %v", a.ExpiresAt)
	}
}
