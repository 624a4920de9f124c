//go:build unix

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"rolecall.example/web/webtest"
)

// cpuTime is the time that this process has kept the cores busy, which other programs on the machine do not add to. A
// test that goes by it must not run in parallel with others.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// C12, T65: bodies that are too large, too deep or too many are refused before they cost much.
func TestC12_OversizedBodies(t *testing.T) {
	s := webtest.New(t)
	put := func(body string) webtest.Request {
		return webtest.Request{As: webtest.Owner, Path: members + "/roles", JSON: body, Unchecked: true}
	}
	many := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"a megabyte and more":    {`{"name":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"deep lists":             {strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000), 400},
		"deep objects":           {`{"name":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}", 400},
		"10^6 levels":            {strings.Repeat("[", 1_000_000), 400},
		"many permissions":       {`{"name":"x","organization_permissions":[` + many(`{}`, 300_000) + "]}", 400},
		"many keys":              {`{"name":"x","organization_permissions":{` + many(`"a":[]`, 1) + "}}", 400},
		"many organizations":     {`{"name":"x","organization_permissions":{` + manyKeys(50_000) + "}}", 400},
		"a number of many digit": {`{"name":"x","version":1` + strings.Repeat("0", 1_000_000) + "}", 0},
	} {
		begin := cpuTime(t)
		res := s.Do(t, put(tt.body))
		if res.StatusCode != tt.status && (tt.status != 0 || res.StatusCode >= 500) {
			t.Errorf("%s: got %d, want %d: %.200s", name, res.StatusCode, tt.status, res.Body)
		}
		if took := cpuTime(t) - begin; took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if len(res.Body) > 100_000 {
			t.Errorf("%s: the refusal has %d bytes", name, len(res.Body))
		}
	}
	form := url.Values{"name": {"x"}}
	for i := range 70_000 {
		form.Add("org.t"+string(rune('a'+i%26))+".a"+strings.Repeat("b", i%7)+string(rune('a'+i/26%26)), "allow")
	}
	begin := cpuTime(t)
	if res := s.Send(t, webtest.Page, webtest.Request{Method: "PUT", Path: members + "/roles", As: webtest.Owner, Form: form, Unchecked: true}); res.StatusCode != 400 && res.StatusCode != 413 {
		t.Errorf("a form of 70,000 fields: got %d", res.StatusCode)
	}
	if took := cpuTime(t) - begin; took > 2*time.Second {
		t.Errorf("a form of 70,000 fields: took %v", took)
	}
	checks := webtest.Request{Method: "POST", As: webtest.Member, Path: "/authcheck", JSON: `{"checks":{` + manyKeys(20_000) + "}}"}
	if res := s.Do(t, checks); res.StatusCode != 400 || len(res.Body) > 100_000 {
		t.Errorf("20,000 checks: got %d, %d bytes", res.StatusCode, len(res.Body))
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + strings.Repeat("y", i%5) + string(rune('a'+i%26)) + strings.Repeat("z", 0))
		b.WriteString(time.Duration(i).String() + `":[]`)
	}
	return b.String()
}

// C12, T65: headers that take long to read do not.
func TestC12_LongHeaders(t *testing.T) {
	s := webtest.New(t)
	for _, name := range []string{"Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "If-Match", "Cookie", "Authorization", "Hx-Current-Url", "User-Agent", "Coder-Session-Token"} {
		for _, part := range []string{"a-b;q=0.1,", "x=y;", "-", "\"", "*/*;q=1e300,"} {
			begin := cpuTime(t)
			res := s.Do(t, webtest.Request{Path: members, As: webtest.Admin, Header: http.Header{name: {strings.Repeat(part, 16<<10/len(part))}}, Unchecked: true})
			if took := cpuTime(t) - begin; res.StatusCode >= 500 || took > 500*time.Millisecond {
				t.Errorf("%s of many %q: got %d after %v", name, part, res.StatusCode, took)
			}
		}
	}
	for _, query := range []string{strings.Repeat("%25_", 2500), strings.Repeat("a", 10_000), strings.Repeat("%00", 3000)} {
		begin := cpuTime(t)
		res := s.Do(t, webtest.Request{Path: members + "?q=" + query, As: webtest.Admin, Unchecked: true})
		if took := cpuTime(t) - begin; res.StatusCode >= 500 || took > 500*time.Millisecond {
			t.Errorf("a search for %.20s…: got %d after %v", query, res.StatusCode, took)
		}
	}
}
