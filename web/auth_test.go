package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	const fallback = "/fallback"
	same := []string{
		"/", "/organizations/acme/members?q=a%26b&limit=25", "/organizations/a%20b", "/x?next=//evil.example", "/x?u=https://evil.example",
		"/organizations/a%2Fb/members",
	}
	for _, path := range same {
		if got := localPath(path, fallback); got != path {
			t.Errorf("%q: got %q", path, got)
		}
	}
	refused := []string{
		"", "x", "//e.x", "///e.x", `/\e.x`, `\\e.x`, "/%5ce.x", "/%5Ce.x", "https:e.x", "https://e.x", "javascript:1", "http:///e.x",
		"/a//..//e.x", "/a/../b", "/%2e%2e/x", "/./x", "/%2f/e.x", "/%2fe.x", "/%0d%0aLocation:%20x", "/a%00", "/a\tb", "/\te.x", "\t//e.x", " //e.x",
		"/a\nb", "/login", "/login?next=/x", "/login/", "/logout", "/setup", "/theme", "mailto:a@e.x", "/a?b=\\", "/%zz", "//", "?x", "#x",
	}
	for _, path := range refused {
		if got := localPath(path, fallback); got != fallback {
			t.Errorf("%q: got %q", path, got)
		}
	}
	if got := localPath("/x?y#z", fallback); got != "/x?y" {
		t.Errorf("a fragment stayed: %q", got)
	}
}

func TestTokensOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header http.Header
		want   []string
	}{
		{"none", nil, nil},
		{"own header", http.Header{"Coder-Session-Token": {"a"}}, []string{"a"}},
		{"bearer", http.Header{"Authorization": {"Bearer b"}}, []string{"b"}},
		{"bearer in lower case", http.Header{"Authorization": {"bearer  b"}}, []string{"b"}},
		{"basic", http.Header{"Authorization": {"Basic Yg=="}}, nil},
		{"basic beside one's own", http.Header{"Coder-Session-Token": {"a"}, "Authorization": {"Basic Yg=="}}, []string{"a"}},
		{"empty", http.Header{"Coder-Session-Token": {""}}, nil},
		{"bearer of nothing", http.Header{"Authorization": {"Bearer "}}, nil},
		{"cookie", http.Header{"Cookie": {"coder_session_token=a"}}, nil},
		{"the same in both", http.Header{"Coder-Session-Token": {"a"}, "Authorization": {"Bearer a"}}, []string{"a"}},
		{"another in both", http.Header{"Coder-Session-Token": {"a"}, "Authorization": {"Bearer b"}}, []string{"a", "b"}},
		{"own header twice", http.Header{"Coder-Session-Token": {"a", "a"}}, []string{"a", "a"}},
		{"bearer twice", http.Header{"Authorization": {"Bearer b", "Bearer b"}}, []string{"b", "b"}},
		{"bearer and basic", http.Header{"Authorization": {"Basic Yg==", "Bearer b"}}, []string{"Yg==", "b"}},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/?coder_session_token=x&access_token=x", nil)
		r.Header = tt.header
		if got := tokensOf(r); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPeerAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name    string
		proxies []netip.Prefix
		remote  string
		xff     []string
		want    string
	}{
		{"direct", nil, "192.0.2.1:5", nil, "192.0.2.1"},
		{"direct ignores the header", nil, "127.0.0.1:5", []string{"192.0.2.9"}, "127.0.0.1"},
		{"through a proxy", proxies, "10.0.0.1:5", []string{"192.0.2.9"}, "192.0.2.9"},
		{"through an IPv6 proxy", proxies, "[fd00::1]:5", []string{"2001:db8::9"}, "2001:db8::9"},
		{"forged in front", proxies, "10.0.0.1:5", []string{"203.0.113.1, 192.0.2.9", "10.0.0.2"}, "192.0.2.9"},
		{"not a proxy", proxies, "192.0.2.1:5", []string{"203.0.113.1"}, "192.0.2.1"},
		{"loopback is no proxy by itself", proxies, "127.0.0.1:5", []string{"203.0.113.1"}, "127.0.0.1"},
		{"with a port", proxies, "10.0.0.1:5", []string{"203.0.113.1, 192.0.2.9:4711"}, "192.0.2.9"},
		{"IPv6 with a port", proxies, "10.0.0.1:5", []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		{"IPv6 in brackets", proxies, "10.0.0.1:5", []string{"[2001:db8::9]"}, "2001:db8::9"},
		{"through two proxies with ports", proxies, "[fd00::1]:5", []string{"203.0.113.1, 192.0.2.9:1, 10.0.0.2:7, [fd00::2]:8"}, "192.0.2.9"},
		{"mapped", proxies, "[::ffff:10.0.0.1]:5", []string{"::ffff:192.0.2.9"}, "192.0.2.9"},
		{"proxies alone", proxies, "10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"garbage behind a proxy", proxies, "10.0.0.1:5", []string{"192.0.2.9, unknown, 10.0.0.2:7"}, "10.0.0.2"},
		{"an empty entry", proxies, "10.0.0.1:5", []string{"192.0.2.9,"}, "10.0.0.1"},
		{"a name", proxies, "10.0.0.1:5", []string{"localhost:80"}, "10.0.0.1"},
		{"no port behind it", nil, "192.0.2.1", nil, "192.0.2.1"},
		{"garbage", proxies, "10.0.0.1:5", []string{"<script>"}, "10.0.0.1"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.xff
		s := &Server{Options: Options{TrustedProxies: tt.proxies, Now: time.Now, Log: slog.New(slog.DiscardHandler)}}
		if got := s.peer(r); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestBadHops: a proxy that sends no addresses is logged once a minute, in a line that it cannot break.
func TestBadHops(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Unix(1_700_000_000, 0)
	s := &Server{Options: Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Now: func() time.Time { return now },
		Log: slog.New(slog.NewJSONHandler(&log, nil)),
	}}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:5"
	for i, want := range []int{1, 1, 2} {
		r.Header["X-Forwarded-For"] = []string{"unknown\n{}" + strings.Repeat("x", 100)}
		if got := s.peer(r); got != "10.0.0.1" {
			t.Errorf("got %s", got)
		}
		if got := strings.Count(log.String(), "\n"); got != want {
			t.Errorf("request %d: %d lines, want %d\n%s", i, got, want, log.String())
		}
		now = now.Add(31 * time.Second)
	}
	if strings.Contains(log.String(), strings.Repeat("x", 65)) {
		t.Errorf("the log has the whole entry: %s", log.String())
	}
}

func TestLoopbackHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "127.0.0.1": true, "127.9.9.9:80": true, "[::1]:8080": true, "[::1]": true, "::1": true,
		"": false, "example.com": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "192.0.2.1:80": false, "0.0.0.0": false,
	} {
		if got := loopbackHost(host); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}
