package web_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"rolecall.example/web/webtest"
)

// TestTwoWritersOfOneVersion: of two requests at once that begin from the same version, one makes its change and the other
// one is 412, in both styles of answers. What is stored is the change of the first.
func TestTwoWritersOfOneVersion(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]struct {
		method, path, read string
		between            string // a third state, so that both of the others change something
		bodies             [2]string
		stored             [2]string // what the answer to read has after each of them
	}{
		"member roles": {
			http.MethodPut, members + "/member/roles", members + "/member/roles",
			`{"roles":[]}`,
			[2]string{`{"roles":["organization-auditor"]}`, `{"roles":["organization-user-admin"]}`},
			[2]string{`"roles":[{"name":"organization-auditor"`, `"roles":[{"name":"organization-user-admin"`},
		},
		"role": {
			http.MethodPut, roles, roles + "/ci",
			`{"name":"ci","display_name":"CI"}`,
			[2]string{`{"name":"ci","display_name":"First"}`, `{"name":"ci","display_name":"Second"}`},
			[2]string{`"display_name":"First"`, `"display_name":"Second"`},
		},
		"organization": {
			http.MethodPatch, "/organizations/default", "/organizations/default",
			`{"display_name":"Between"}`,
			[2]string{`{"display_name":"First"}`, `{"display_name":"Second"}`},
			[2]string{`"display_name":"First"`, `"display_name":"Second"`},
		},
	} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.SDK} {
			t.Run(name+" "+way.String(), func(t *testing.T) {
				t.Parallel()
				s := webtest.New(t)
				withRole(role{"ci", "CI", nil})(t, s)
				for round := range 10 {
					done(t, s, webtest.Request{Method: r.method, Path: r.path, JSON: r.between})
					etag := s.Get(t, webtest.Owner, r.read).Header.Get("ETag")
					var answers [2]*webtest.Response
					var both sync.WaitGroup
					begin := make(chan struct{})
					for i, body := range r.bodies {
						both.Go(func() {
							<-begin
							answers[i] = s.Send(t, way, webtest.Request{
								Method: r.method, Path: r.path, As: webtest.Owner, JSON: body, Header: http.Header{"If-Match": {etag}},
							})
						})
					}
					close(begin)
					both.Wait()
					got := []int{answers[0].StatusCode, answers[1].StatusCode}
					won := slices.Index(got, http.StatusOK)
					if won < 0 || got[1-won] != http.StatusPreconditionFailed {
						t.Fatalf("round %d: If-Match %s was answered %v", round, etag, got)
					}
					if text := s.Get(t, webtest.Owner, r.read).Text(); !strings.Contains(text, r.stored[won]) {
						t.Errorf("round %d: stored is %s, want %s", round, text, r.stored[won])
					}
				}
			})
		}
	}
}
