package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// A request that takes too long is answered with 503 in every form, and changed nothing.
func TestTooSlow(t *testing.T) {
	t.Parallel()
	late := false
	s := webtest.New(t, func(o *web.Options) {
		o.After = func(_ time.Duration, then func()) func() bool {
			if late {
				then()
			}
			return func() bool { return true }
		}
	})
	token := s.Token(webtest.Owner)
	late = true
	for _, method := range []string{http.MethodGet, http.MethodPatch} {
		for _, accept := range []string{"application/json", "text/html"} {
			r := httptest.NewRequest(method, "http://rolecall.test/organizations/default", strings.NewReader(`{"description":"too late"}`))
			r.Header.Set("Coder-Session-Token", token)
			r.Header.Set("Accept", accept)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.Handler.ServeHTTP(w, r)
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" || !strings.Contains(w.Body.String(), "at the moment.") {
				t.Errorf("%s as %s: %d, Retry-After %q, %s", method, accept, w.Code, w.Header().Get("Retry-After"), w.Body)
			}
		}
	}
	if !strings.Contains(s.Log.String(), "the request took too long") {
		t.Error("the log does not say why")
	}
	if got := s.Query(t, "SELECT description FROM organizations WHERE name_key = 'default'")[0][0]; got == "too late" {
		t.Error("a request that was answered as too late changed something")
	}
}

// What sends a long list may take as long as it needs, from its beginning. A page may not.
func TestLongListsTakeTheirTime(t *testing.T) {
	t.Parallel()
	var stopped bool
	s := webtest.New(t, func(o *web.Options) {
		o.After = func(wait time.Duration, _ func()) func() bool {
			if wait != 10*time.Second {
				t.Errorf("a request may take %v", wait)
			}
			stopped = false
			return func() bool { stopped = true; return true }
		}
	})
	for path, free := range map[string]bool{
		"/organizations/default/members":                   true,
		"/organizations/default/members?format=csv":        true,
		"/organizations/default/paginated-members?limit=2": false,
		"/organizations/default":                           false,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://rolecall.test"+path, nil)
		r.Header.Set("Coder-Session-Token", s.Token(webtest.Owner))
		r.Header.Set("Accept", "application/json")
		w := &watchedWriter{ResponseRecorder: httptest.NewRecorder()}
		w.first = func() {
			if stopped != free {
				t.Errorf("%s: free of the limit %v, want %v", path, stopped, free)
			}
		}
		s.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// watchedWriter reports the first byte.
type watchedWriter struct {
	*httptest.ResponseRecorder
	first func()
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	if w.first != nil {
		w.first()
		w.first = nil
	}
	return w.ResponseRecorder.Write(b)
}
