package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// echoPath rewrites a path of the table in Echo's form. It is shared because it is slow to make.
var echoPath = strings.NewReplacer("{", ":", "}", "")

// peer returns the address of the sender of a request: the nearest one that is not a trusted proxy. An entry that is no
// address ends the search, or every client could claim any address.
func (s *Server) peer(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return hostname(r.RemoteAddr)
	}
	addr := at.Addr().Unmap()
	hops := r.Header["X-Forwarded-For"]
	if len(hops) > 0 {
		hops = strings.Split(strings.Join(hops, ","), ",")
	}
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(addr) {
			break
		}
		next, ok := hopAddress(strings.TrimSpace(hop))
		if !ok {
			s.logBadHop(addr, hop)
			break
		}
		addr = next
	}
	return addr.String()
}

// trusts reports whether an address is that of a trusted proxy.
func (s *Server) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
}

// trace returns the request id that a trusted proxy sent, and the request's place in a distributed trace; "" for what
// it did not send. Other senders could make up an id that leads an investigation to another request.
func (s *Server) trace(r *http.Request) (id, parent string) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !s.trusts(at.Addr().Unmap()) {
		return "", ""
	}
	if v := r.Header["X-Request-Id"]; len(v) == 1 && requestID.MatchString(v[0]) {
		id = v[0]
	}
	if v := r.Header["Traceparent"]; len(v) == 1 && traceParent.MatchString(v[0]) {
		parent = v[0]
	}
	return id, parent
}

var (
	requestID   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	traceParent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`) // as W3C has it
)

// hopAddress parses an address as proxies write it: some add the port, and brackets.
func hopAddress(hop string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(hostname(hop))
	return addr.Unmap(), err == nil
}

// logBadHop logs, at most once a minute, a proxy whose callers all count as one.
func (s *Server) logBadHop(proxy netip.Addr, hop string) {
	now := s.Now().Unix()
	if last := s.badHopAt.Load(); now-last < int64(time.Minute/time.Second) || !s.badHopAt.CompareAndSwap(last, now) {
		return
	}
	s.Log.Warn("a trusted proxy sends an X-Forwarded-For without an address: whoever comes through it counts as the proxy",
		"proxy", proxy.String(), "entry", hop[:min(len(hop), 64)])
}

// base returns the URL at which people reach this server, "" if it is not known: a request may name any host, and a
// link to that host would give it a secret.
func (c *call) base() string {
	if a := c.server.AccessURL; a != nil {
		return strings.TrimSuffix(a.String(), "/")
	}
	host := c.request().Host
	if !loopbackHost(host) && (c.server.OwnName == nil || !c.server.OwnName(hostname(host))) {
		return ""
	}
	scheme := "http"
	if c.server.Secure || c.request().TLS != nil {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: host}).String()
}

// absolute returns a path as a URL that can be passed on, or the path alone if the address is not known.
func (c *call) absolute(path string) string { return c.base() + path }

// loopbackHost reports whether a Host header names this machine.
func loopbackHost(host string) bool {
	if host = hostname(host); host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostname strips the port and the brackets from a host.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
