package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// writesEach is how many changes each writer makes, at least, while one version is in force. Four write.
const writesEach = 5

// TestCatalogsChangeUnderTraffic: two servers of one database, whose catalog changes again and again while people are given
// roles and roles are written. Whatever is asked, nothing fails for that, and each answer is of one version: what is
// shredded in one of the two is burned in the other.
func TestCatalogsChangeUnderTraffic(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	replicas := []*webtest.Site{s, s.Replica(t)}
	putCatalog(t, s, 1, fuelCatalog(t, "shred_it"))
	for i := range replicas {
		putFuel(t, s, i, 0)
	}
	changes := 6
	if os.Getenv("ROLECALL_DEEP") != "" {
		changes = 50
	}
	traffic := newTraffic()
	var all sync.WaitGroup
	for i, r := range replicas {
		all.Go(func() { traffic.write(t, 2*i, func(n int) *webtest.Response { return putFuel(t, r, i, n) }) })
		all.Go(func() { traffic.write(t, 2*i+1, func(n int) *webtest.Response { return giveFuel(t, r, i, n) }) })
		all.Go(func() { traffic.read(t, r, i) })
	}
	for n := range changes {
		traffic.awaitWrites()
		r, version := replicas[n%2], n+2
		if n%2 == 0 {
			putCatalog(t, r, version, fuelCatalog(t, "burn_it", "shred_it"))
			continue
		}
		res := r.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/catalog/rollback", As: webtest.Owner, JSON: `{"version":2}`, Header: http.Header{"If-Match": {fmt.Sprintf(`"%d"`, version)}}})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("change %d: %d %s", n, res.StatusCode, res.Body)
		}
	}
	traffic.awaitWrites()
	traffic.end()
	all.Wait()
	t.Logf("%d versions, %d changes of roles and of who holds them, %d reads", changes, traffic.sum(), traffic.reads)
	if want := (changes + 1) * writesEach * len(traffic.writes); traffic.sum() < want {
		t.Errorf("%d changes were accepted, want %d at least", traffic.sum(), want)
	}
	if found, err := s.Service.CheckIntegrity(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
	if dbtest.OnServer() {
		if n := s.Query(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]; n != "0" {
			t.Errorf("%s deadlocks", n)
		}
	}
}

// fuelCatalog is the default catalog with things that can be seen and done away with, in a way that has a name.
func fuelCatalog(t *testing.T, way string, before ...string) string {
	t.Helper()
	next := *rbac.Default().Document()
	next.Types = append(next.Types[:len(next.Types):len(next.Types)], rbac.DocumentType{
		Name: "fuel", Label: "Fuel", Plural: "Fuels", Actions: []rbac.DocumentTypeAction{{Name: "see"}, {Name: way, RenamedFrom: before}},
	})
	next.Roles = append([]rbac.DocumentRole{}, next.Roles...)
	for i := range next.Roles {
		if r := &next.Roles[i]; r.Name == "owner" {
			r.Site = append(r.Site[:len(r.Site):len(r.Site)], "fuel:see", "fuel:"+way)
		}
	}
	return string(catalogfile.WriteYAML(&next))
}

// putCatalog puts a catalog in force, in place of the version that is.
func putCatalog(t *testing.T, s *webtest.Site, version int, file string) {
	t.Helper()
	res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/catalog", As: webtest.Owner, JSON: file, Header: http.Header{
		"Content-Type": {"application/yaml"}, "If-Match": {fmt.Sprintf(`"%d"`, version)},
	}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("version %d: %d %s", version, res.StatusCode, res.Body)
	}
}

// putFuel writes a custom role, by the name that is an old one in every other version.
func putFuel(t *testing.T, s *webtest.Site, replica, n int) *webtest.Response {
	t.Helper()
	return s.Do(t, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Owner, JSON: fmt.Sprintf(`{"name":"stoker-%d","display_name":"Stoker %d","organization_permissions":[
		{"resource_type":"fuel","action":"see","negate":false},{"resource_type":"fuel","action":"shred_it","negate":%v}]}`, replica, n, n%2 == 0)})
}

// giveFuel gives and takes a custom role, in the console and as a program.
func giveFuel(t *testing.T, s *webtest.Site, replica, n int) *webtest.Response {
	t.Helper()
	who, held := []string{"member", "admin"}[replica], []string{"organization-auditor"}
	if n%2 == 0 {
		held = append(held, fmt.Sprintf("stoker-%d", replica))
	}
	r := webtest.Request{Method: http.MethodPut, Path: members + "/" + who + "/roles", As: webtest.Owner, JSON: map[string]any{"roles": held}}
	if n%3 == 0 {
		r.Form = url.Values{"roles": {"1"}, "role": held}
		return s.Send(t, webtest.Fragment, r)
	}
	return s.Do(t, r)
}

// traffic counts what goes on while the catalog changes.
type traffic struct {
	mu     sync.Mutex
	moved  sync.Cond
	writes [4]int // by writer
	reads  int
	over   bool
}

func newTraffic() *traffic {
	tr := &traffic{}
	tr.moved.L = &tr.mu
	return tr
}

func (tr *traffic) sum() (n int) {
	for _, k := range tr.writes {
		n += k
	}
	return n
}

func (tr *traffic) end() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.over = true
	tr.moved.Broadcast()
}

func (tr *traffic) ended() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.over
}

// awaitWrites waits until each writer has made its changes from now on.
func (tr *traffic) awaitWrites() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	until := tr.writes
	for i := range until {
		for tr.writes[i] < until[i]+writesEach && !tr.over {
			tr.moved.Wait()
		}
	}
}

// write makes one change after the other, each of which must be accepted.
func (tr *traffic) write(t *testing.T, writer int, once func(n int) *webtest.Response) {
	for n := 1; !tr.ended(); n++ {
		res := once(n)
		if res.StatusCode != http.StatusOK || !ofOneVersion(lower(res)) {
			t.Errorf("writer %d: %d %s", writer, res.StatusCode, res.Body)
			tr.end()
			return
		}
		tr.mu.Lock()
		tr.writes[writer]++
		tr.moved.Broadcast()
		tr.mu.Unlock()
	}
}

// lower is an answer as it was sent, names and labels alike.
func lower(res *webtest.Response) string { return strings.ToLower(string(res.Body)) }

// ofOneVersion says whether an answer does not mix the names of two.
func ofOneVersion(text string) bool {
	return !strings.Contains(text, "shred_it") || !strings.Contains(text, "burn_it")
}

// around is what stands beside the names of the two versions.
func around(text string) string {
	if !strings.Contains(text, "burn_it") {
		return text
	}
	var b strings.Builder
	for _, name := range []string{"shred_it", "burn_it"} {
		if i := strings.Index(text, name); i >= 0 {
			fmt.Fprintf(&b, "…%s…\n", text[max(0, i-100):min(len(text), i+100)])
		}
	}
	return b.String()
}

// read asks for one thing after the other.
func (tr *traffic) read(t *testing.T, s *webtest.Site, replica int) {
	role := fmt.Sprintf("%s/stoker-%d", roles, replica)
	asked := []struct {
		way  webtest.Way
		r    webtest.Request
		says string // in any version
	}{
		{webtest.JSON, webtest.Request{Path: role}, `"fuel"`},
		{webtest.JSON, webtest.Request{Path: roles}, `"fuel"`},
		{webtest.Page, webtest.Request{Path: role}, "fuel"},
		{webtest.Page, webtest.Request{Path: role + "/history"}, "fuel"},
		{webtest.JSON, webtest.Request{Path: members + "/member?explain&resource_type=fuel&action=see"}, `"allowed"`},
		{webtest.JSON, webtest.Request{Path: members + "/member/permissions"}, `"fuel"`},
		{webtest.Page, webtest.Request{Path: members + "/member?resource_type=fuel&action=see"}, "fuel"},
		{webtest.JSON, webtest.Request{Path: "/api/v2/organizations/default/lint"}, ""},
		{webtest.Page, webtest.Request{Path: "/audit"}, ""},
		{webtest.JSON, webtest.Request{Path: "/api/v2/users?limit=3"}, `"users"`},
		{webtest.JSON, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", JSON: `{"checks":{"it":{"object":{"resource_type":"fuel"},"action":"shred_it"}}}`}, `"it":true`},
	}
	for n := 0; !tr.ended(); n++ {
		a := asked[n%len(asked)]
		a.r.As = webtest.Owner
		res := s.Send(t, a.way, a.r)
		if res.StatusCode != http.StatusOK || !strings.Contains(lower(res), a.says) || a.r.Path != "/audit" && !ofOneVersion(lower(res)) {
			t.Errorf("replica %d, %s %s: %d, says %v, %s", replica, a.way, a.r.Path, res.StatusCode, strings.Contains(lower(res), a.says), around(lower(res)))
			tr.end()
			return
		}
		tr.mu.Lock()
		tr.reads++
		tr.mu.Unlock()
	}
}
